"""Whether an email may still go, asked in the moment before it is sent."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from . import availability, privacy
from .models import (
    Consultation,
    ConsultationRequest,
    EarlierOffer,
    Message,
    MessageRule,
    Shortage,
    Suppression,
)

Kind, Reason, Status = Message.Kind, Message.Reason, Consultation.Status
# A call may have been promised anew meanwhile: of a later one staff hear in its own time.
NEAR = timedelta(minutes=15)


def objection(message: Message, *, now: datetime) -> str:
    """Why this message may not go any more, or an empty string."""
    if MessageRule.objects.filter(kind=message.kind, is_on=False).exists():
        return Reason.SWITCHED_OFF
    if message.is_for_staff:
        return objection_for_staff(message, now=now)
    return objection_to_person(message.request) or objection_by_kind(message, now=now)


def objection_to_person(request: ConsultationRequest) -> str:
    """What stands against any letter in this request; one that was merged writes no more."""
    if request.merged_into_id:
        return Reason.REQUEST_CLOSED
    if not request.email:
        return Reason.NO_EMAIL
    if not request.may_email:
        return Reason.NOT_PERMITTED
    return Reason.SUPPRESSED if Suppression.objects.against(request).exists() else ""


def objection_for_staff(message: Message, *, now: datetime) -> str:
    if message.kind == Kind.STAFF_DIGEST:
        is_of_today = message.version == int(f"{timezone.localtime(now):%Y%m%d}")
        return "" if is_of_today else Reason.TOO_LATE
    if message.kind == Kind.STAFF_SHORTAGE:
        lasts = Shortage.objects.lasting().filter(pk=message.version).exists()
        return "" if lasts else Reason.TOO_LATE
    if message.request.is_closed:
        return Reason.REQUEST_CLOSED
    if message.kind in (Kind.STAFF_PROMISE_NEAR, Kind.STAFF_PROMISE_BROKEN, Kind.STAFF_ESCALATED):
        return objection_to_alarm(message, now=now)
    return ""


def objection_to_alarm(message: Message, *, now: datetime) -> str:
    """An alarm is for what is owed now; a try that was logged has ended it."""
    request, by = message.request, message.request.promised_call_by
    if message.kind == Kind.STAFF_ESCALATED and request.needs_safety_answer:
        return ""
    if by is None:
        return Reason.KEPT
    ahead = NEAR if message.kind == Kind.STAFF_PROMISE_NEAR else timedelta(0)
    return Reason.NEWER_VERSION if by > now + ahead else ""


def objection_by_kind(message: Message, *, now: datetime) -> str:
    """What stands against a letter to a requester who may be written to."""
    kind, consultation = message.kind, message.consultation
    if kind in (Kind.EARLIER_OFFER, Kind.EARLIER_GONE):
        return objection_to_offer(message, now=now)
    if consultation is None:
        return objection_to_request(message, now=now)
    if message.version != consultation.sequence:
        return Reason.NEWER_VERSION
    if kind in (Kind.CANCELLED, Kind.FREED):
        is_rebooked = kind == Kind.FREED and message.request.standing_consultation()
        return Reason.NEWER_VERSION if is_rebooked else ""
    if kind == Kind.AFTER_COMPLETED or kind in Message.NO_SHOW_LADDER:
        return objection_to_follow_up(message)
    return objection_to_time(consultation, now=now)


def objection_to_time(consultation: Consultation, *, now: datetime) -> str:
    """A letter about a time is for one that stands and is yet to come."""
    if not consultation.is_standing:
        return Reason.NOT_STANDING
    return Reason.TOO_LATE if consultation.starts_at <= now else ""


def objection_to_request(message: Message, *, now: datetime) -> str:
    """Letters about the request itself: closing, a booking, or being in touch end them."""
    request = message.request
    if request.is_closed:
        return Reason.REQUEST_CLOSED
    if message.kind == Kind.CALLBACK_LATE:
        by = request.promised_call_by
        if by is None:
            return Reason.KEPT
        return Reason.NEWER_VERSION if by > now else ""
    if request.standing_consultation():
        return Reason.NEWER_VERSION
    return Reason.REPLIED if has_been_in_touch(message) else ""


def objection_to_follow_up(message: Message) -> str:
    """Follow-up stops by itself once the request is closed or the outcome has changed."""
    is_no_show = message.kind in Message.NO_SHOW_LADDER
    if message.request.is_closed:
        return Reason.REQUEST_CLOSED
    if message.consultation.status != (Status.NO_SHOW if is_no_show else Status.COMPLETED):
        return Reason.NOT_STANDING
    if not is_no_show:
        return ""
    if message.request.standing_consultation():
        return Reason.NEWER_VERSION
    return Reason.REPLIED if has_been_in_touch(message) else ""


def has_been_in_touch(message: Message) -> bool:
    """Whether they have talked or written with us since this was promised."""
    return message.request.attempts.in_touch().filter(at__gt=message.promised_at).exists()


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
