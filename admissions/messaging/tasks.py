"""Thin Celery tasks: ids in, safe to repeat. Postgres says what is owed."""

from time import monotonic
from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.db.models import Exists
from django.utils import timezone

from admissions.calendars.tasks import SWEEP_LIMIT
from admissions.installation.models import Installation
from admissions.intake.models import ConsultationRequest
from admissions.scheduling import shortages
from admissions.scheduling.models import Shortage

from . import delivery, outbox, staff_mail, transport
from .alarms import ringing
from .models import Message
from .shared_facts import SharedFacts

# Names of queues; recovery_site.workers.queues says who works on them.
MAIL, ALARMS = "mail", "alarms"
# Letters of one task share a line to the mail server, and what is alike in them.
MESSAGES_PER_TASK = 20
# Seconds after which a task begins no further letter: a slow mail server makes tasks small, so that
# other workers help, and the letter in hand has as long as it may take.
BEGIN_WITHIN = 10
# Seconds for one task, less than a lease: a worker of processes kills one that is kept waiting by a
# mail server which never ends a line, before another worker takes up the letter in hand.
SEND_TIME_LIMIT = 80


def wake_delivery(request: ConsultationRequest | None) -> None:
    """Once this commits, send what the request is owed; the sweep does it if Redis is away.

    Without a request, all that is due. Danger rings at once, beside it.
    """
    if request is not None and request.needs_safety_answer:
        transaction.on_commit(ring_alarms.delay, robust=True)
    pk = str(request.pk) if request else None
    transaction.on_commit(lambda: send_due_messages.delay(pk), robust=True)


def wake_delivery_in(request: ConsultationRequest, *, seconds: int) -> None:
    """As wake_delivery, for what waits so long: the sweep does it if Redis is away."""
    pk = str(request.pk)
    transaction.on_commit(
        lambda: send_due_messages.apply_async((pk,), countdown=seconds), robust=True
    )


@shared_task
def send_due_messages(request_id: str | None = None) -> int:
    """Hand every due message, or one request's, to a worker; returns how many.

    Those that a worker left behind go one at a time: beside a letter that kills its
    worker, the next would be left behind again and again, and be taken for its like.
    """
    if request_id is None:
        staff_mail.enqueue_alert_emails(now=timezone.now())
    due = Message.objects.due(now=timezone.now()).filter(
        Exists(Installation.objects.free_to_send())
    )
    fallen_due = due.filter(state__in=Message.PENDING_STATES).order_by("due_at")
    if request_id:
        fallen_due = fallen_due.filter(request=UUID(request_id))
    found = list(fallen_due.values_list("pk", "kind")[:SWEEP_LIMIT])
    hand_out(found)
    if request_id:
        return len(found)
    left_behind = due.filter(state=Message.State.SENDING).order_by("crashes", "due_at")[:1]
    for message in left_behind:
        send_abandoned_message.delay(message.pk)
    return len(found) + len(left_behind)


def hand_out(found: list[tuple[int, str]]) -> None:
    """Hand messages, as (id, kind), to workers, a few for each task."""
    for queue, ids in split_by_queue(found).items():
        for first in range(0, len(ids), MESSAGES_PER_TASK):
            send_messages.apply_async((ids[first : first + MESSAGES_PER_TASK],), queue=queue)


def split_by_queue(found: list[tuple[int, str]]) -> dict[str, list[int]]:
    """Ids by queue, from (id, kind) of messages: what staff is told waits behind no letter."""
    ids: dict[str, list[int]] = {ALARMS: [], MAIL: []}
    for pk, kind in found:
        ids[ALARMS if kind in Message.STAFF_KINDS else MAIL].append(pk)
    return ids


@shared_task
def ring_alarms() -> int:
    """Ring what is due, and hand its emails to workers; the sweep sends what is lost on the way."""
    found = ringing.ring_due_alarms(now=timezone.now())
    for pk in found:
        send_messages.apply_async(([pk],), queue=ALARMS)
    return len(found)


@shared_task
def watch_shortages() -> list[str]:
    """Note since when no phone time is free within a day, and have the directors told once."""
    now = timezone.now()
    short = shortages.update_shortages(now=now)
    outbox.enqueue_shortage_alerts(Shortage.objects.ongoing())
    return short


@shared_task
def enqueue_daily_digest() -> None:
    """Promise the desk its letter of the day, however often this runs."""
    outbox.enqueue_digest(now=timezone.now())


@shared_task(time_limit=SEND_TIME_LIMIT)
def send_messages(ids: list[int]) -> list[str | None]:
    """Send each of a few messages once, however often a worker runs this; returns their states.

    Each is taken in hand alone. Those that are not begun in time go to another task; what a fault
    of Postgres keeps us from, the next sweep finds.
    """
    facts, until = SharedFacts(), monotonic() + BEGIN_WITHIN
    states: list[str | None] = []
    with transport.share_connection():
        for message_id in ids:
            if states and monotonic() >= until:
                break
            states.append(delivery.deliver_message(message_id, facts))
    if rest := ids[len(states) :]:
        hand_out(list(Message.objects.filter(pk__in=rest).values_list("pk", "kind")))
    return states


@shared_task(time_limit=SEND_TIME_LIMIT)
def send_abandoned_message(message_id: int) -> str | None:
    """Send one message that a worker left behind, then see to the next."""
    state = delivery.deliver_message(message_id)
    if state is not None:
        send_due_messages.delay()
    return state
