"""Thin Celery tasks: ids in, safe to repeat. Postgres says what is owed."""

from celery import shared_task
from django.db.models import Exists
from django.utils import timezone

from admissions.installation.models import Installation

from . import sending
from .models import AlertPush

# Seconds, less than a lease: a worker that is kept waiting is killed before another takes it up.
PUSH_TIME_LIMIT = 40
SWEEP_LIMIT = 500


@shared_task
def send_due_pushes() -> int:
    """Hand every due push to a worker; return how many. Those of danger go first."""
    due = AlertPush.objects.due(now=timezone.now()).filter(
        Exists(Installation.objects.free_to_send())
    )
    found = due.order_by("expires_at").values_list("pk", flat=True)[:SWEEP_LIMIT]
    for pk in found:
        send_push.delay(pk)
    return len(found)


@shared_task(time_limit=PUSH_TIME_LIMIT)
def send_push(push_id: int) -> str | None:
    """Send one push once, however often a worker runs this."""
    return sending.send_push(push_id)
