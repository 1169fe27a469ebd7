"""Thin task: rows that have done their work go."""

from celery import shared_task
from django.utils import timezone

from . import cleanup


@shared_task(expires=3000)
def delete_done_rows() -> int:
    """Safe to repeat; returns how many went."""
    return cleanup.delete_done_rows(timezone.now())
