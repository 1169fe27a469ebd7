"""The Celery app. Redis only wakes workers: what is owed lives in Postgres."""

import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from celery import Celery, Task
from celery.schedules import crontab
from celery.signals import before_task_publish, task_postrun, task_prerun, worker_init
from django.conf import settings
from django.db import close_old_connections

from .workers import queues

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recovery_site.settings")

app = Celery("recovery_site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_queues=queues.QUEUES,
    task_default_queue=queues.SWEEPS,
    task_routes=queues.ROUTES,
    task_time_limit=queues.TIME_LIMIT,
    beat_scheduler="recovery_site.workers.beat:SharedScheduler",
)
app.autodiscover_tasks(
    [
        "admissions.accounts",
        "admissions.alerts",
        "admissions.audit",
        "admissions.booking",
        "admissions.calendars",
        "admissions.messaging",
        "admissions.installation",
        "admissions.operations",
        "admissions.privacy",
        "admissions.rate_limits",
        "recovery_site",
    ]
)
schedule: dict[str, dict[str, Any]] = {
    "send due messages": {
        "task": "admissions.messaging.tasks.send_due_messages",
        "schedule": timedelta(seconds=60),
        # A sweep that waited a minute for a worker has a younger one behind it.
        "options": {"expires": 55},
    },
    "ring alarms": {
        "task": "admissions.messaging.tasks.ring_alarms",
        "schedule": timedelta(seconds=20),
        "options": {"expires": 15},
    },
    "send due pushes": {
        "task": "admissions.alerts.tasks.send_due_pushes",
        "schedule": timedelta(seconds=20),
        "options": {"expires": 15},
    },
    "tell of talks soon": {
        "task": "admissions.booking.tasks.tell_of_talks_soon",
        "schedule": timedelta(seconds=60),
        "options": {"expires": 55},
    },
    "watch shortages": {
        "task": "admissions.messaging.tasks.watch_shortages",
        "schedule": timedelta(minutes=5),
        "options": {"expires": 240},
    },
    "promise the letter of the day": {
        "task": "admissions.messaging.tasks.enqueue_daily_digest",
        "schedule": timedelta(minutes=5),
        "options": {"expires": 240},
    },
    "offer what has opened": {
        "task": "admissions.booking.tasks.offer_opened_slots",
        "schedule": timedelta(seconds=60),
        "options": {"expires": 55},
    },
    "answer who asks for a link": {
        "task": "admissions.booking.tasks.answer_link_requests",
        "schedule": timedelta(seconds=60),
        "options": {"expires": 55},
    },
    "tidy up sessions": {
        "task": "admissions.accounts.tasks.delete_expired_rows",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3000},
    },
    "forget old counts of requests": {
        "task": "admissions.rate_limits.tasks.delete_old_counts",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3000},
    },
    "forget processes that ended": {
        "task": "admissions.installation.tasks.delete_old_heartbeats",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3000},
    },
    "delete what has done its work": {
        "task": "admissions.operations.tasks.delete_done_rows",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3000},
    },
    "tell the monitor outside": {
        "task": "admissions.operations.tasks.call_dead_mans_switch",
        "schedule": timedelta(seconds=60),
        "options": {"expires": 55},
    },
    "seal the audit": {
        "task": "admissions.audit.tasks.seal_audit",
        "schedule": timedelta(seconds=60),
        "options": {"expires": 55},
    },
    "make partitions of the audit": {
        "task": "admissions.audit.tasks.make_audit_partitions",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3000},
    },
    # In UTC: between 1 and 5 in the morning at the center, in winter and summer. Each run goes on
    # where one before it was killed.
    "remove personal data": {
        "task": "admissions.privacy.tasks.remove_expired_data",
        "schedule": crontab(minute="20", hour="9-12"),
        "options": {"expires": 3000},
    },
    "carry out removals": {
        "task": "admissions.privacy.tasks.carry_out_removals",
        "schedule": timedelta(seconds=60),
        "options": {"expires": 55},
    },
    "read calendars that are due": {
        "task": "admissions.calendars.tasks.refresh_due_calendars",
        "schedule": timedelta(seconds=60),
        "options": {"expires": 55},
    },
}

# A booking also wakes some of these; the mark tells a worker which runs are beat's. Set before
# Celery has it: reading it from there would load the settings before gunicorn_conf drops AUDIT_KEY.
for entry in schedule.values():
    entry["options"]["headers"] = {"sent_by": "beat"}
app.conf.beat_schedule = schedule


@before_task_publish.connect
def note_when_it_was_sent(*, headers: dict[str, Any], **_: Any) -> None:
    """For whoever asks how long the oldest task of a queue waits."""
    headers["published_at"] = datetime.now(UTC).isoformat()


@worker_init.connect
def require_audit_key(**_: Any) -> None:
    """End a worker of production that could not seal the audit."""
    if not settings.AUDIT_KEYS:
        sys.exit("A worker of production needs AUDIT_KEY: see README.")


@task_prerun.connect
@task_postrun.connect
def renew_database_connection(*, task: Task, **_: Any) -> None:
    """Between tasks as between requests: one that broke or grew old makes way for a new one."""
    if not task.request.is_eager:
        close_old_connections()
