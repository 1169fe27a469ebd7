"""Tells a monitor outside, each minute, that letters are swept; its silence rings there.

Beat hands the task out and a worker calls, so that both are proved, and nothing here can be so
broken that nobody is told.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings

from admissions.calendars import safe_http
from admissions.installation import task_runs
from admissions.scheduling.models import CalendarRefused

logger = logging.getLogger(__name__)
SWEEPS = ["admissions.messaging.tasks.send_due_messages"]
SWEPT_WITHIN = timedelta(minutes=3)


def call(now: datetime) -> bool:
    """Call DEAD_MANS_SWITCH_URL if sweeps end well; return whether the monitor took it."""
    if not settings.DEAD_MANS_SWITCH_URL or not is_sweeping(now):
        return False
    try:
        safe_http.fetch_file(settings.DEAD_MANS_SWITCH_URL)
    except CalendarRefused as refused:
        # The address is a secret; the reason is one of ours.
        logger.warning("The monitor outside did not take our call: %s", refused.reason)
        return False
    return True


def is_sweeping(now: datetime) -> bool:
    """Whether every sweep that beat handed out lately has ended well."""
    runs = task_runs.read_last_runs(SWEEPS)
    return all(
        run.last_finished_at is not None and run.last_finished_at >= now - SWEPT_WITHIN
        for run in runs
    )
