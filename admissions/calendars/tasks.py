"""Reads the counselors' external calendars that are due."""

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from admissions.scheduling.models import ExternalCalendar

from . import busy_import

SWEEP_LIMIT = 500


def wake_calendar_refresh(calendar: ExternalCalendar) -> None:
    """Once this commits, read the calendar; the sweep does it if Redis is away."""
    transaction.on_commit(lambda: refresh_calendar.delay(calendar.pk), robust=True)


@shared_task
def refresh_due_calendars() -> int:
    """Hand every calendar that is due to a worker; returns how many."""
    due = ExternalCalendar.objects.due(now=timezone.now()).order_by("next_refresh_at")
    ids = list(due.values_list("pk", flat=True)[:SWEEP_LIMIT])
    for calendar_id in ids:
        refresh_calendar.delay(calendar_id)
    return len(ids)


@shared_task
def refresh_calendar(calendar_id: int) -> str | None:
    """Read one calendar anew if it is due, however often a worker runs this."""
    return busy_import.refresh_busy_times(calendar_id)
