"""How an email is sent once.

A worker claims a promise under a lease, looks again whether it may be sent,
sends outside any transaction, and settles the row.
"""

import logging
import uuid
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from admissions import failpoints
from admissions.audit.models import AuditEvent
from admissions.installation.models import FREE_TO_SEND
from admissions.intake.models import ConsultationRequest

from . import rendering, timing, transport
from .eligibility import find_skip_reason
from .models import Message
from .shared_facts import SharedFacts

logger = logging.getLogger(__name__)

# Longer than a letter takes that a mail server keeps waiting, and with a sweep under three minutes.
LEASE_DURATION = timedelta(seconds=90)
FIRST_RETRY_DELAY, MAX_RETRY_DELAY, MAX_TRIES = timedelta(seconds=30), timedelta(minutes=30), 60
# So many leases that ran out, and the letter itself is at fault.
MAX_CRASHES = 5
# The row is due as MessageQuerySet.due() has it. By hand, as Django takes ten times as long to put
# the statement together as Postgres to carry it out, and each letter is claimed alone. SKIP LOCKED:
# of two workers one has the lease, whatever a broker delivers twice, and none waits for a session
# that holds the row.
CLAIM = f"""
    UPDATE admissions_message SET
        state = 'sending', reason = '', lease = %(lease)s, lease_until = %(lease_until)s,
        tries = tries + 1, crashes = crashes + (state = 'sending')::int
    WHERE id = (
        SELECT id FROM admissions_message
        WHERE id = %(id)s AND (
            state IN ('promised', 'delayed') AND due_at <= %(now)s
            OR state = 'sending' AND lease_until < %(now)s
        ) AND EXISTS ({FREE_TO_SEND})
        FOR UPDATE SKIP LOCKED
    )
"""  # noqa: S608  a condition of ours
# Whether this is still the request's address, asked between writing and sending.
HAS_ADDRESS = """
    SELECT FROM admissions_consultationrequest
    WHERE id = %(id)s AND email_number = %(email_number)s
"""
Kind, State, Reason = Message.Kind, Message.State, Message.Reason


def deliver_message(message_id: int, facts: SharedFacts | None = None) -> str | None:
    """Send one due message once; returns its new state, or None when it is not ours to send.

    `facts` are those of the letters beside it.
    """
    failpoints.hit_failpoint("before_claim")
    message = claim_message(message_id)
    if message is None:
        return None
    if message.crashes >= MAX_CRASHES:
        logger.error("Message %s is given up: its workers never came back", message.pk)
        return finish_message(message, State.FAILED, Reason.CRASHED)
    failpoints.hit_failpoint("after_claim")
    now = timezone.now()
    if reason := find_skip_reason(message, now=now):
        return finish_message(message, State.SKIPPED, reason)
    # What comes unasked waits for the morning, though a fault has delayed it.
    if (due_at := timing.find_due_time(message, now)) > now:
        return release_lease(message, State.QUEUED, due_at)
    return render_and_send(message, facts)


def render_and_send(message: Message, facts: SharedFacts | None = None) -> str:
    """Write it and hand it over; whatever breaks in one letter must not stop the queue."""
    try:
        email = rendering.render_email(message, facts=facts)
    except OperationalError:
        # Postgres is at fault, not the letter: it stays owed, and goes when the lease ends.
        raise
    except Exception as fault:
        logger.error("Message %s could not be written: %s", message.pk, type(fault).__name__)
        return finish_message(message, State.FAILED, Reason.RENDERING_FAILED)
    if not email.to:
        return finish_message(message, State.SKIPPED, Reason.NO_EMAIL)
    # Corrected while we wrote: what is in hand is for somebody else. It is asked anew.
    if not has_current_address(message):
        return release_lease(message, State.QUEUED, timezone.now())
    return send_and_record_result(message, email)


def has_current_address(message: Message) -> bool:
    """Whether the requester's email is still the one that the message was loaded with."""
    if message.is_for_staff:
        return True
    request = message.its_request
    with connection.cursor() as cursor:
        cursor.execute(HAS_ADDRESS, {"id": request.pk, "email_number": request.email_number})
        return cursor.rowcount == 1


def claim_message(message_id: int) -> Message | None:
    """Take the message in hand for one lease, unless it is not due or another worker has it.

    None goes from a restored database until someone allows it: see operations/sending_hold.py.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM,
            {
                "id": message_id,
                "now": now,
                "lease": uuid.uuid4(),
                "lease_until": now + LEASE_DURATION,
            },
        )
        is_ours = cursor.rowcount == 1
    return Message.objects.with_rendering_data().get(pk=message_id) if is_ours else None


def send_and_record_result(message: Message, email: rendering.RenderedEmail) -> str:
    """Give the email to its carrier, outside any transaction, and record what that said."""
    message.template_version = email.template_version
    try:
        message.provider_message_id = transport.send_email(email, message)
        failpoints.hit_failpoint("after_250")
    except transport.EmailNotAccepted as refusal:
        level = logging.ERROR if refusal.is_our_fault else logging.WARNING
        logger.log(level, "Message %s was not accepted: %s", message.pk, refusal)
        if refusal.is_permanent:
            return finish_message(message, State.FAILED, refusal.reason)
        return schedule_retry(message, refusal.reason)
    except ValueError as fault:
        logger.error("Message %s has a broken header: %s", message.pk, type(fault).__name__)
        return finish_message(message, State.FAILED, Reason.RENDERING_FAILED)
    return finish_message(message, State.SENT)


def finish_message(message: Message, state: str, reason: str = "") -> str:
    """Finish the message, unless its lease ran out and another worker has it now."""
    if state == State.FAILED:
        record_delivery_failure(message, reason)
    else:
        save_final_state(message, state, reason)
    return state


@transaction.atomic
def record_delivery_failure(message: Message, reason: str) -> None:
    """It will never arrive; whoever it was for is phoned."""
    request = lock_message_request(message)
    if save_final_state(message, State.FAILED, reason) and request:
        flag_for_phone_call(request, message)


def save_final_state(message: Message, state: str, reason: str) -> int:
    """The last word on this message, in one statement; 0 if it is another worker's now."""
    return Message.objects.filter(pk=message.pk, lease=message.lease).update(
        state=state,
        reason=reason,
        lease=None,
        lease_until=None,
        finished_at=timezone.now(),
        template_version=message.template_version,
        provider_message_id=message.provider_message_id,
        email_number=message.request.email_number if message.request else 0,
    )


def schedule_retry(message: Message, reason: str) -> str:
    """Try again after a pause that doubles up to half an hour, or give up after a day."""
    if message.tries >= MAX_TRIES:
        return finish_message(message, State.FAILED, reason)
    pause = min(FIRST_RETRY_DELAY * 2 ** (message.tries - 1), MAX_RETRY_DELAY)
    return release_lease(message, State.RETRYING, timezone.now() + pause, reason)


def release_lease(message: Message, state: str, due_at: datetime, reason: str = "") -> str:
    """Out of our hands, to be taken again when it falls due."""
    Message.objects.filter(pk=message.pk, lease=message.lease).update(
        state=state, reason=reason, lease=None, lease_until=None, due_at=due_at
    )
    return state


@transaction.atomic
def record_bounce(message: Message, reason: str) -> bool:
    """It was accepted, and came back, or was reported as unwanted; the person is phoned.

    One that is tried again may have been accepted unnoticed. True if that was news.
    """
    request, now = lock_message_request(message), Value(timezone.now())
    may_come_back = Message.objects.filter(pk=message.pk, state__in=[State.SENT, State.RETRYING])
    is_news = may_come_back.update(
        state=State.BOUNCED, reason=reason, finished_at=Coalesce("finished_at", now)
    )
    if is_news and request:
        flag_for_phone_call(request, message)
    return bool(is_news)


def lock_message_request(message: Message) -> ConsultationRequest | None:
    """The request of a requester's letter, locked before the letter, as everywhere else."""
    if message.is_for_staff:
        return None
    return ConsultationRequest.objects.select_for_update().get(pk=message.its_request.pk)


def flag_for_phone_call(request: ConsultationRequest, message: Message) -> None:
    """Put the person on the desk: an email to them was lost, so someone calls them now."""
    if request.is_closed:
        return
    now = timezone.now()
    request.email_failed_at, request.due_at = now, min(request.due_at or now, now)
    request.save(update_fields=["email_failed_at", "due_at"])
    request.audit_events.create(
        type=AuditEvent.Type.EMAIL_FAILED, source=AuditEvent.Source.SYSTEM, code=message.kind
    )
