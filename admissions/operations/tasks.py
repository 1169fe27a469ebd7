"""Thin tasks: rows that have done their work go; a monitor outside is told that all goes on."""

from celery import shared_task
from django.utils import timezone

from . import cleanup, dead_mans_switch


@shared_task(expires=3000)
def delete_done_rows() -> int:
    """Safe to repeat; returns how many went."""
    return cleanup.delete_done_rows(timezone.now())


@shared_task(expires=55, time_limit=50)
def call_dead_mans_switch() -> bool:
    """Safe to repeat; returns whether the monitor took it."""
    return dead_mans_switch.call(timezone.now())
