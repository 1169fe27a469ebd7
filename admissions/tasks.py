"""Thin Celery tasks: ids in, safe to repeat. Postgres says what is owed."""

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from . import busy, messaging, offers, promises, seals, sending, shortages
from .models import ConsultationRequest, Message, OutsideCalendar, Shortage, Waiting

SWEEP = 500
# Letters of one task share a line to the mail server; few, as one that hangs holds up the rest.
AT_A_TIME = 5


def wake(request: ConsultationRequest | None) -> None:
    """Once this commits, send what the request is owed; the sweep does it if Redis is away.

    Without a request, all that is due.
    """
    pk = str(request.pk) if request else None
    transaction.on_commit(lambda: send_due_messages.delay(pk), robust=True)


def wake_after_freeing(request: ConsultationRequest) -> None:
    """As wake, and offer the time that was freed to those who wait."""
    wake(request)
    wake_offers()


def wake_offers() -> None:
    """Once this commits, offer what has opened, if anyone waits; the sweep does it too."""
    if Waiting.objects.open().exists():
        transaction.on_commit(offer_what_opened.delay, robust=True)


@shared_task
def offer_what_opened() -> int:
    """Offer what has opened to those who wait, and have their letters sent; returns how many."""
    owed = offers.sweep(now=timezone.now())
    for request_id in owed:
        send_due_messages.delay(str(request_id))
    return len(owed)


@shared_task
def send_due_messages(request_id: str | None = None) -> int:
    """Hand every due message, or one request's, to a worker; returns how many.

    Those that a worker left behind go one at a time: beside a letter that kills its
    worker, the next would be left behind again and again, and be taken for its like.
    """
    due = Message.objects.due(now=timezone.now())
    fallen_due = due.filter(state__in=Message.WAITING).order_by("due_at")
    if request_id:
        fallen_due = fallen_due.filter(request=request_id)
    ids = list(fallen_due.values_list("pk", flat=True)[:SWEEP])
    for first in range(0, len(ids), AT_A_TIME):
        send_messages.delay(ids[first : first + AT_A_TIME])
    if request_id:
        return len(ids)
    left_behind = due.filter(state=Message.State.SENDING).order_by("crashes", "due_at")[:1]
    for message in left_behind:
        send_left_behind.delay(message.pk)
    return len(ids) + len(left_behind)


@shared_task
def seal_audit() -> int:
    """Seal the events that wait, however many do this at once; returns how many seals."""
    return seals.seal_all()


@shared_task
def watch_shortages() -> list[str]:
    """Note since when no phone time is free within a day, and have the directors told once."""
    now = timezone.now()
    short = shortages.watch(now=now)
    promises.promise_shortages(Shortage.objects.lasting())
    return short


@shared_task
def promise_digest() -> None:
    """Promise the desk its letter of the day, however often this runs."""
    promises.promise_digest(now=timezone.now())


@shared_task
def send_messages(ids: list[int]) -> list[str | None]:
    """Send each of a few messages once, however often a worker runs this.

    What a fault of Postgres keeps us from, the next sweep finds.
    """
    with sending.one_line():
        return [messaging.deliver(message_id) for message_id in ids]


@shared_task
def send_left_behind(message_id: int) -> str | None:
    """Send one message that a worker left behind, then see to the next."""
    state = messaging.deliver(message_id)
    if state is not None:
        send_due_messages.delay()
    return state


def wake_reader(calendar: OutsideCalendar) -> None:
    """Once this commits, read the calendar; the sweep does it if Redis is away."""
    transaction.on_commit(lambda: refresh_calendar.delay(calendar.pk), robust=True)


@shared_task
def refresh_due_calendars() -> int:
    """Hand every calendar that is due to a worker; returns how many."""
    due = OutsideCalendar.objects.due(now=timezone.now()).order_by("next_refresh_at")
    ids = list(due.values_list("pk", flat=True)[:SWEEP])
    for calendar_id in ids:
        refresh_calendar.delay(calendar_id)
    return len(ids)


@shared_task
def refresh_calendar(calendar_id: int) -> str | None:
    """Read one calendar anew if it is due, however often a worker runs this."""
    return busy.refresh(calendar_id)
