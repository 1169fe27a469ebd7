"""Thin task: what counts no more goes."""

from celery import shared_task
from django.utils import timezone

from . import limits


@shared_task(expires=3000)
def delete_old_counts() -> None:
    """Rows of more than a day ago; safe to repeat."""
    limits.delete_old_counts(timezone.now())
