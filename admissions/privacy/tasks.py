"""Thin tasks: ids in, safe to repeat. Postgres says what is to be removed."""

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from . import removal
from .models import PrivacyRequest

# Seconds. Killed in the middle, the next run goes on.
NIGHTLY_TIME_LIMIT = 3300


def wake_removal(privacy_request_id: int) -> None:
    """Once this commits, have the worker carry it out; the sweep does it if Redis is away."""
    transaction.on_commit(lambda: carry_out_removals.delay(privacy_request_id), robust=True)


@shared_task(expires=3000, time_limit=NIGHTLY_TIME_LIMIT)
def remove_expired_data() -> int:
    """Remove what has been kept long enough; each run of a night goes on where one was killed."""
    return removal.remove_expired_data(now=timezone.now())


@shared_task(time_limit=NIGHTLY_TIME_LIMIT)
def carry_out_removals(privacy_request_id: int | None = None) -> int:
    """Carry out one removal that was ordered, or all; return how many are finished."""
    waiting = PrivacyRequest.objects.to_carry_out().order_by("ordered_at", "pk")
    if privacy_request_id is not None:
        waiting = waiting.filter(pk=privacy_request_id)
    return sum(removal.carry_out_order(pk) for pk in waiting.values_list("pk", flat=True))
