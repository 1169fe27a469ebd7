"""How an email is sent once.

A worker claims a promise under a lease, looks again whether it may be sent,
sends outside any transaction, and settles the row.
"""

import logging
import uuid
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db import OperationalError, transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from . import failpoints, letters, privacy, promises, sending
from .models import AuditEvent, ConsultationRequest, Message
from .objections import objection

logger = logging.getLogger(__name__)

# Longer than a letter takes that a mail server keeps waiting, and with a sweep under three minutes.
LEASE = timedelta(seconds=90)
FIRST_PAUSE, LONGEST_PAUSE, MOST_TRIES = timedelta(seconds=30), timedelta(minutes=30), 60
# So many leases that ran out, and the letter itself is at fault.
MOST_CRASHES = 5
Kind, State, Reason = Message.Kind, Message.State, Message.Reason


def deliver(message_id: int) -> str | None:
    """Send one due message once; returns its new state, or None when it is not ours to send."""
    failpoints.passing("before_claim")
    message = claim(message_id)
    if message is None:
        return None
    if message.crashes >= MOST_CRASHES:
        logger.error("Message %s is given up: its workers never came back", message.pk)
        return settle(message, State.FAILED, Reason.CRASHED)
    failpoints.passing("after_claim")
    if reason := objection(message, now=timezone.now()):
        return settle(message, State.SKIPPED, reason)
    if must_wait_for_morning(message):
        return wait_for_morning(message)
    return send(message)


def send(message: Message) -> str:
    """Write it and hand it over; whatever breaks in one letter must not stop the queue."""
    try:
        email = letters.write(message)
    except OperationalError:
        # Postgres is at fault, not the letter: it stays owed, and goes when the lease ends.
        raise
    except Exception as fault:
        logger.error("Message %s could not be written: %s", message.pk, type(fault).__name__)
        return settle(message, State.FAILED, Reason.BROKEN)
    if not email.to:
        return settle(message, State.SKIPPED, Reason.NO_EMAIL)
    return hand_over(message, email)


def claim(message_id: int) -> Message | None:
    """Take the message in hand for one lease, unless it is not due or another worker has it."""
    now = timezone.now()
    due = Message.objects.due(now=now).select_for_update(skip_locked=True).filter(pk=message_id)
    left_behind = Case(When(state=State.SENDING, then=1), default=0)
    with transaction.atomic():
        is_ours = Message.objects.filter(pk__in=due.values("pk")).update(
            state=State.SENDING,
            reason="",
            lease=uuid.uuid4(),
            lease_until=now + LEASE,
            tries=F("tries") + 1,
            crashes=F("crashes") + left_behind,
        )
    return Message.objects.with_all_it_needs().get(pk=message_id) if is_ours else None


def must_wait_for_morning(message: Message) -> bool:
    """What comes unasked waits for eight where the person is, though a fault has delayed it."""
    if message.is_for_staff or message.kind in promises.AT_ONCE | promises.CHANGES:
        return False
    return privacy.is_quiet(timezone.now(), ZoneInfo(message.request.time_zone))


def wait_for_morning(message: Message) -> str:
    zone = ZoneInfo(message.request.time_zone)
    return release(message, State.PROMISED, privacy.after_quiet_hours(timezone.now(), zone))


def hand_over(message: Message, email: letters.Letter) -> str:
    """Give the email to its carrier, outside any transaction, and record what that said."""
    message.template_version = email.template_version
    try:
        message.provider_id = sending.carry(email, message)
        failpoints.passing("after_250")
    except sending.NotTaken as refusal:
        level = logging.ERROR if refusal.is_ours else logging.WARNING
        logger.log(level, "Message %s was not accepted: %s", message.pk, refusal)
        if refusal.is_permanent:
            return settle(message, State.FAILED, refusal.reason)
        return postpone(message, refusal.reason)
    except ValueError as fault:
        logger.error("Message %s has a broken header: %s", message.pk, type(fault).__name__)
        return settle(message, State.FAILED, Reason.BROKEN)
    return settle(message, State.SENT)


def settle(message: Message, state: str, reason: str = "") -> str:
    """Finish the message, unless its lease ran out and another worker has it now."""
    if state == State.FAILED:
        lose(message, reason)
    else:
        finish(message, state, reason)
    return state


@transaction.atomic
def lose(message: Message, reason: str) -> None:
    """It will never arrive; whoever it was for is phoned."""
    request = locked_request(message)
    if finish(message, State.FAILED, reason) and request:
        ask_to_phone(request, message)


def finish(message: Message, state: str, reason: str) -> int:
    """The last word on this message, in one statement; 0 if it is another worker's now."""
    return Message.objects.filter(pk=message.pk, lease=message.lease).update(
        state=state,
        reason=reason,
        lease=None,
        lease_until=None,
        finished_at=timezone.now(),
        template_version=message.template_version,
        provider_id=message.provider_id,
    )


def postpone(message: Message, reason: str) -> str:
    """Try again after a pause that doubles up to half an hour, or give up after a day."""
    if message.tries >= MOST_TRIES:
        return settle(message, State.FAILED, reason)
    pause = min(FIRST_PAUSE * 2 ** (message.tries - 1), LONGEST_PAUSE)
    return release(message, State.DELAYED, timezone.now() + pause, reason)


def release(message: Message, state: str, due_at, reason: str = "") -> str:
    """Out of our hands, to be taken again when it falls due."""
    Message.objects.filter(pk=message.pk, lease=message.lease).update(
        state=state, reason=reason, lease=None, lease_until=None, due_at=due_at
    )
    return state


@transaction.atomic
def bounce(message: Message, reason: str) -> bool:
    """It was accepted, and came back, or was reported as unwanted; the person is phoned.

    One that is tried again may have been accepted unnoticed. True if that was news.
    """
    request, now = locked_request(message), Value(timezone.now())
    may_come_back = Message.objects.filter(pk=message.pk, state__in=[State.SENT, State.DELAYED])
    is_news = may_come_back.update(
        state=State.BOUNCED, reason=reason, finished_at=Coalesce("finished_at", now)
    )
    if is_news and request:
        ask_to_phone(request, message)
    return bool(is_news)


def locked_request(message: Message) -> ConsultationRequest | None:
    """The request of a requester's letter, locked before the letter, as everywhere else."""
    if message.is_for_staff:
        return None
    return ConsultationRequest.objects.select_for_update().get(pk=message.request_id)


def ask_to_phone(request: ConsultationRequest, message: Message) -> None:
    """Put the person on the desk: an email to them was lost, so someone calls them now."""
    if request.is_closed:
        return
    now = timezone.now()
    request.email_failed_at, request.due_at = now, min(request.due_at, now)
    request.save(update_fields=["email_failed_at", "due_at"])
    request.audit_events.create(
        type=AuditEvent.Type.EMAIL_FAILED, source=AuditEvent.Source.SYSTEM, code=message.kind
    )
