"""Thin task: processes that ended long ago are forgotten."""

from celery import shared_task
from django.utils import timezone

from . import heartbeats


@shared_task(expires=3000)
def delete_old_heartbeats() -> None:
    """Safe to repeat."""
    heartbeats.delete_old_heartbeats(timezone.now())
