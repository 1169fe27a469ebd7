"""Thin tasks: what has run out goes."""

from celery import shared_task
from django.utils import timezone

from . import sessions, throttling


@shared_task(expires=3000)
def delete_expired_rows() -> None:
    """Ended sessions, and failures that count no more; safe to repeat."""
    now = timezone.now()
    sessions.delete_expired_sessions(now)
    throttling.delete_old_counters(now)
