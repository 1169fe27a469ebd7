"""Thin tasks: what has run out goes."""

from celery import shared_task
from django.utils import timezone

from . import sessions, throttle


@shared_task(expires=3000)
def tidy_up() -> None:
    """Ended sessions, and failures that count no more; safe to repeat."""
    now = timezone.now()
    sessions.forget_ended(now)
    throttle.forget_old(now)
