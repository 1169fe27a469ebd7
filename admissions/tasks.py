"""Thin Celery tasks: ids in, safe to repeat. Postgres says what is owed."""

from celery import shared_task
from django.utils import timezone

from . import messaging
from .models import Message

SWEEP = 500


@shared_task
def send_due_messages() -> int:
    """Hand every due message to a worker; returns how many."""
    due = Message.objects.due(now=timezone.now()).order_by("due_at")
    ids = list(due.values_list("pk", flat=True)[:SWEEP])
    for message_id in ids:
        send_message.delay(message_id)
    return len(ids)


@shared_task
def send_message(message_id: int) -> str | None:
    """Send one message once, however often a worker runs this."""
    return messaging.deliver(message_id)
