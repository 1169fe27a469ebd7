"""Thin tasks: what has run out goes."""

from celery import shared_task
from django.utils import timezone

from . import sessions
from .models import CacheEntry


@shared_task(expires=3000)
def delete_expired_rows() -> None:
    """Ended sessions, and what the cache keeps no more; safe to repeat."""
    now = timezone.now()
    sessions.delete_expired_sessions(now)
    CacheEntry.objects.filter(expires__lt=now).delete()
