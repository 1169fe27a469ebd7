"""Which email falls due when, whether it may still go, and how it is sent once.

A promise is a row. A worker claims it under a lease, looks again whether it
may be sent, sends outside any transaction, and settles the row.
"""

import logging
import smtplib
import uuid
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.mail import EmailMultiAlternatives
from django.db import OperationalError, transaction
from django.utils import timezone

from . import availability, failpoints, letters, privacy
from .models import Consultation, ConsultationRequest, EarlierOffer, Message

logger = logging.getLogger(__name__)

# Longer than a letter takes that a mail server keeps waiting, and with a sweep under three minutes.
LEASE = timedelta(seconds=90)
FIRST_PAUSE, LONGEST_PAUSE, MOST_TRIES = timedelta(seconds=30), timedelta(minutes=30), 60
REMIND_A_DAY_BEFORE = timedelta(hours=24), timedelta(hours=36)
REMIND_HOURS_BEFORE = timedelta(hours=2), timedelta(hours=4)
AFTER_NO_SHOW = timedelta(hours=1)
# What changes without being asked for waits out the night, but never until it is too late.
TELL_BEFORE = timedelta(hours=2)
Kind, State, Reason = Message.Kind, Message.State, Message.Reason


def promise_requested(request: ConsultationRequest) -> None:
    """Tell staff about a new request."""
    promise([new_request(request)])


def new_request(request: ConsultationRequest) -> Message:
    return Message(request=request, kind=Kind.STAFF_NEW_REQUEST, due_at=timezone.now())


def promise_call_now(request: ConsultationRequest) -> None:
    """Tell staff again: someone who has booked cannot wait for their time."""
    kind, now = Kind.STAFF_NEW_REQUEST, timezone.now()
    promise([Message(request=request, kind=kind, due_at=now, version=1)])


def promise_booked(consultation: Consultation, *, is_new: bool = False) -> None:
    """The confirmation now, and the reminders that the lead time leaves room for.

    Staff are told of the request where it `is_new`.
    """
    confirmation = message_for(consultation, Kind.CONFIRMATION, timezone.now())
    told = [new_request(consultation.request)] if is_new else []
    promise([*told, confirmation, *reminders(consultation)])


def promise_moved(consultation: Consultation) -> None:
    """The new time now, and its own reminders; those of the old time fail their check."""
    old = consultation.moved_from
    if old and old.starts_at == consultation.starts_at:
        return promise_handed_over(consultation)
    moved = message_for(consultation, Kind.MOVED, timezone.now())
    promise([moved, *reminders(consultation)])


def promise_handed_over(consultation: Consultation) -> None:
    """Who will talk with them now, at the same time; and to the colleague, that it is theirs."""
    now = timezone.now()
    theirs = message_for(consultation, Kind.HANDED_OVER, now)
    ours = Message(
        request=consultation.request,
        kind=Kind.STAFF_HANDED_OVER,
        due_at=now,
        version=consultation.sequence,
    )
    promise([theirs, ours, *reminders(consultation)])


def promise_freed(consultation: Consultation) -> None:
    """That we could not keep their time, and how to choose another."""
    promise_for(consultation, Kind.FREED, timezone.now())


def promise_cancelled(consultation: Consultation) -> None:
    promise_for(consultation, Kind.CANCELLED, timezone.now())


def promise_completed(consultation: Consultation) -> None:
    """A thank-you at ten on the next business day, by the location's clock."""
    zone = consultation.location.zone
    day = timezone.now().astimezone(zone).date() + timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    due_at = datetime.combine(day, time(10), tzinfo=zone)
    promise_for(consultation, Kind.AFTER_COMPLETED, due_at)


def promise_no_show(consultation: Consultation) -> None:
    promise_for(consultation, Kind.AFTER_NO_SHOW, timezone.now() + AFTER_NO_SHOW)


def promise_offer(offer: EarlierOffer) -> None:
    """An earlier time that is open now; nobody is asked at night, so it goes at once."""
    promise_about(offer, Kind.EARLIER_OFFER, timezone.now())


def promise_offer_gone(offer: EarlierOffer) -> None:
    """That someone else has taken the offered time; kind news can wait for the morning."""
    zone = ZoneInfo(offer.request.time_zone)
    promise_about(offer, Kind.EARLIER_GONE, privacy.after_quiet_hours(timezone.now(), zone))


def promise_about(offer: EarlierOffer, kind: str, due_at: datetime) -> None:
    message = Message(
        request=offer.request,
        consultation=offer.consultation,
        kind=kind,
        version=offer.number,
        due_at=due_at,
    )
    promise([message])


def reminders(consultation: Consultation) -> list[Message]:
    """A day before if booked over 36 h ahead; two hours before if over 4 h."""
    lead = consultation.starts_at - consultation.booked_at
    return [
        message_for(consultation, kind, consultation.starts_at - before)
        for kind, (before, needed) in {
            Kind.REMINDER_DAY: REMIND_A_DAY_BEFORE,
            Kind.REMINDER_HOURS: REMIND_HOURS_BEFORE,
        }.items()
        if lead > needed
    ]


AT_ONCE = {Kind.CONFIRMATION, Kind.MOVED, Kind.CANCELLED}
CHANGES = {Kind.HANDED_OVER, Kind.FREED}


def promise_for(consultation: Consultation, kind: str, due_at: datetime) -> None:
    promise([message_for(consultation, kind, due_at)])


def message_for(consultation: Consultation, kind: str, due_at: datetime) -> Message:
    """A message to the requester; what they did not just ask for waits out the night."""
    if kind not in AT_ONCE:
        due_at = after_the_night(consultation, kind, due_at)
    return Message(
        request=consultation.request,
        consultation=consultation,
        kind=kind,
        due_at=due_at,
        version=consultation.sequence,
    )


def after_the_night(consultation: Consultation, kind: str, due_at: datetime) -> datetime:
    """At once, or at eight in the morning; a change of what comes before then goes at once."""
    morning = privacy.after_quiet_hours(due_at, ZoneInfo(consultation.request.time_zone))
    is_pressing = kind in CHANGES and morning > consultation.starts_at - TELL_BEFORE
    return due_at if is_pressing else morning


def promise(messages: list[Message]) -> None:
    """One row per request, consultation, kind and version, however often it is promised."""
    Message.objects.bulk_create(messages, ignore_conflicts=True)


def deliver(message_id: int) -> str | None:
    """Send one due message once; returns its new state, or None when it is not ours to send."""
    failpoints.passing("before_claim")
    message = claim(message_id)
    if message is None:
        return None
    failpoints.passing("after_claim")
    if reason := objection(message, now=timezone.now()):
        return settle(message, State.SKIPPED, reason)
    try:
        email = letters.write(message)
    except OperationalError:
        # Postgres is at fault, not the letter: it stays owed, and goes when the lease ends.
        raise
    except Exception as fault:
        # Whatever broke in one letter must not stop the queue behind it.
        logger.error("Message %s could not be written: %s", message.pk, type(fault).__name__)
        return settle(message, State.FAILED, Reason.BROKEN)
    return hand_over(message, email)


@transaction.atomic
def claim(message_id: int) -> Message | None:
    """Take the message in hand for one lease, unless it is not due or another worker has it."""
    now = timezone.now()
    message = (
        Message.objects.due(now=now)
        .select_for_update(skip_locked=True)
        .filter(pk=message_id)
        .first()
    )
    if message is None:
        return None
    message.state, message.lease, message.lease_until = State.SENDING, uuid.uuid4(), now + LEASE
    message.tries += 1
    message.save(update_fields=["state", "lease", "lease_until", "tries"])
    return message


def hand_over(message: Message, email: EmailMultiAlternatives) -> str:
    """Give the email to the mail server, outside any transaction, and record what it said."""
    try:
        email.send()
        failpoints.passing("after_250")
    except OSError as fault:
        logger.warning("Message %s was not accepted: %s", message.pk, type(fault).__name__)
        if is_permanent(fault):
            return settle(message, State.FAILED, Reason.REFUSED)
        return postpone(message)
    except ValueError as fault:
        logger.error("Message %s has a broken header: %s", message.pk, type(fault).__name__)
        return settle(message, State.FAILED, Reason.BROKEN)
    return settle(message, State.SENT)


def is_permanent(fault: OSError) -> bool:
    """5xx about this person or this letter. About ourselves, or the server, it may yet pass."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _text in fault.recipients.values())
    return isinstance(fault, smtplib.SMTPDataError) and fault.smtp_code >= 500


def settle(message: Message, state: str, reason: str = "") -> str:
    """Finish the message, unless its lease ran out and another worker has it now."""
    Message.objects.filter(pk=message.pk, lease=message.lease).update(
        state=state, reason=reason, lease=None, lease_until=None, finished_at=timezone.now()
    )
    return state


def postpone(message: Message) -> str:
    """Promise it again after a pause that doubles up to half an hour, or give up after a day."""
    if message.tries >= MOST_TRIES:
        return settle(message, State.FAILED, Reason.UNREACHABLE)
    pause = min(FIRST_PAUSE * 2 ** (message.tries - 1), LONGEST_PAUSE)
    Message.objects.filter(pk=message.pk, lease=message.lease).update(
        state=State.PROMISED, lease=None, lease_until=None, due_at=timezone.now() + pause
    )
    return State.PROMISED


def objection(message: Message, *, now: datetime) -> str:
    """Why this message may not go any more, or an empty string."""
    if message.is_for_staff:
        return Reason.REQUEST_CLOSED if message.request.is_closed else ""
    if not message.request.email:
        return Reason.NO_EMAIL
    if not message.request.may_email:
        return Reason.NOT_PERMITTED
    return objection_by_kind(message, now=now)


def objection_by_kind(message: Message, *, now: datetime) -> str:
    consultation = message.consultation
    if message.kind in (Kind.EARLIER_OFFER, Kind.EARLIER_GONE):
        return objection_to_offer(message, now=now)
    if message.version != consultation.sequence:
        return Reason.NEWER_VERSION
    if message.kind in (Kind.CANCELLED, Kind.FREED):
        is_rebooked = message.kind == Kind.FREED and message.request.standing_consultation()
        return Reason.NEWER_VERSION if is_rebooked else ""
    if message.kind in (Kind.AFTER_COMPLETED, Kind.AFTER_NO_SHOW):
        return objection_to_follow_up(message)
    if not consultation.is_standing:
        return Reason.NOT_STANDING
    return Reason.TOO_LATE if consultation.starts_at <= now else ""


def objection_to_follow_up(message: Message) -> str:
    """Follow-up stops by itself once the request is closed or the outcome has changed."""
    wanted = {
        Kind.AFTER_COMPLETED: Consultation.Status.COMPLETED,
        Kind.AFTER_NO_SHOW: Consultation.Status.NO_SHOW,
    }[message.kind]
    if message.request.is_closed:
        return Reason.REQUEST_CLOSED
    if message.consultation.status != wanted:
        return Reason.NOT_STANDING
    if message.kind == Kind.AFTER_NO_SHOW and message.request.standing_consultation():
        return Reason.NEWER_VERSION
    return ""


def objection_to_offer(message: Message, *, now: datetime) -> str:
    """An offer goes while it can still be taken, the word that it went while none follows it."""
    if not message.consultation.is_standing:
        return Reason.NOT_STANDING
    if privacy.is_quiet(now, ZoneInfo(message.request.time_zone)):
        return Reason.QUIET_HOURS
    if message.kind == Kind.EARLIER_GONE:
        has_next = message.request.earlier_offers.filter(number__gt=message.version).exists()
        return Reason.NEWER_VERSION if has_next else ""
    offer = message.request.earlier_offers.get(number=message.version)
    return "" if can_be_taken(offer, now=now) else Reason.OFFER_OVER


def can_be_taken(offer: EarlierOffer, *, now: datetime) -> bool:
    """Whether the offer is open, and so is its time."""
    return offer.is_open_at(now) and bool(
        availability.open_slots(
            mode=offer.mode,
            now=now,
            language=offer.request.language,
            location=offer.consultation.place,
            at=offer.starts_at,
            freeing=offer.consultation,
        )
    )
