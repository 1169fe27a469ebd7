"""Whether an email may still go, asked in the moment before it is sent."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from admissions.intake import contact_hours
from admissions.intake.models import ConsultationRequest, Suppression
from admissions.intake.service_levels import CALL_DUE_SOON
from admissions.scheduling import availability
from admissions.scheduling.models import Consultation, EarlierOffer, Shortage

from .models import Message, MessageRule

Kind, Reason, Status = Message.Kind, Message.Reason, Consultation.Status


def find_skip_reason(message: Message, *, now: datetime) -> str:
    """Why this message may not go any more, or an empty string."""
    if MessageRule.objects.filter(kind=message.kind, is_on=False).exists():
        return Reason.SWITCHED_OFF
    if message.is_for_staff:
        return find_staff_skip_reason(message, now=now)
    return find_requester_skip_reason(message.request) or find_kind_skip_reason(message, now=now)


def find_requester_skip_reason(request: ConsultationRequest) -> str:
    """What stands against any letter in this request; one that was merged writes no more."""
    if request.merged_into_id:
        return Reason.REQUEST_CLOSED
    if not request.email:
        return Reason.NO_EMAIL
    if not request.may_email:
        return Reason.NOT_PERMITTED
    return Reason.SUPPRESSED if Suppression.objects.blocking(request).exists() else ""


def find_staff_skip_reason(message: Message, *, now: datetime) -> str:
    if message.kind == Kind.STAFF_DIGEST:
        is_of_today = message.version == int(f"{timezone.localtime(now):%Y%m%d}")
        return "" if is_of_today else Reason.TOO_LATE
    if message.kind == Kind.STAFF_SHORTAGE:
        lasts = Shortage.objects.ongoing().filter(pk=message.version).exists()
        return "" if lasts else Reason.TOO_LATE
    if message.request.is_closed:
        return Reason.REQUEST_CLOSED
    if message.kind in (Kind.STAFF_CALL_DUE, Kind.STAFF_CALL_OVERDUE, Kind.STAFF_ESCALATED):
        return find_alert_skip_reason(message, now=now)
    return ""


def find_alert_skip_reason(message: Message, *, now: datetime) -> str:
    """An alarm is for what is owed now; a try that was logged has ended it."""
    request, by = message.request, message.request.promised_call_by
    if message.kind == Kind.STAFF_ESCALATED and request.needs_safety_answer:
        return ""
    if by is None:
        return Reason.CALL_MADE
    ahead = CALL_DUE_SOON if message.kind == Kind.STAFF_CALL_DUE else timedelta(0)
    return Reason.SUPERSEDED if by > now + ahead else ""


def find_kind_skip_reason(message: Message, *, now: datetime) -> str:
    """What stands against a letter to a requester who may be written to."""
    kind, consultation = message.kind, message.consultation
    if kind in (Kind.EARLIER_OFFER, Kind.EARLIER_OFFER_TAKEN):
        return find_offer_skip_reason(message, now=now)
    if consultation is None:
        return find_request_skip_reason(message, now=now)
    if message.version != consultation.sequence:
        return Reason.SUPERSEDED
    if kind in (Kind.CANCELED, Kind.CANCELED_BY_CENTER):
        is_rebooked = kind == Kind.CANCELED_BY_CENTER and message.request.standing_consultation()
        return Reason.SUPERSEDED if is_rebooked else ""
    if kind == Kind.AFTER_COMPLETED or kind in Message.NO_SHOW_SERIES:
        return find_follow_up_skip_reason(message)
    return find_consultation_skip_reason(consultation, now=now)


def find_consultation_skip_reason(consultation: Consultation, *, now: datetime) -> str:
    """A letter about a time is for one that stands and is yet to come."""
    if not consultation.is_standing:
        return Reason.NOT_STANDING
    return Reason.TOO_LATE if consultation.starts_at <= now else ""


def find_request_skip_reason(message: Message, *, now: datetime) -> str:
    """Letters about the request itself: closing, a booking, or being in touch end them."""
    request = message.request
    if request.is_closed:
        return Reason.REQUEST_CLOSED
    if message.kind == Kind.CALLBACK_LATE:
        by = request.promised_call_by
        if by is None:
            return Reason.CALL_MADE
        return Reason.SUPERSEDED if by > now else ""
    if request.standing_consultation():
        return Reason.SUPERSEDED
    return Reason.REPLIED if has_been_in_touch(message) else ""


def find_follow_up_skip_reason(message: Message) -> str:
    """Follow-up stops by itself once the request is closed or the outcome has changed."""
    is_no_show = message.kind in Message.NO_SHOW_SERIES
    if message.request.is_closed:
        return Reason.REQUEST_CLOSED
    if message.consultation.status != (Status.NO_SHOW if is_no_show else Status.COMPLETED):
        return Reason.NOT_STANDING
    if not is_no_show:
        return ""
    if message.request.standing_consultation():
        return Reason.SUPERSEDED
    return Reason.REPLIED if has_been_in_touch(message) else ""


def has_been_in_touch(message: Message) -> bool:
    """Whether they have talked or written with us since this was promised."""
    return message.request.attempts.in_touch().filter(at__gt=message.enqueued_at).exists()


def find_offer_skip_reason(message: Message, *, now: datetime) -> str:
    """An offer goes while it can still be taken, the word that it went while none follows it."""
    if not message.consultation.is_standing:
        return Reason.NOT_STANDING
    if contact_hours.is_in_quiet_hours(now, ZoneInfo(message.request.time_zone)):
        return Reason.QUIET_HOURS
    if message.kind == Kind.EARLIER_OFFER_TAKEN:
        has_next = message.request.earlier_offers.filter(number__gt=message.version).exists()
        return Reason.SUPERSEDED if has_next else ""
    offer = message.request.earlier_offers.get(number=message.version)
    return "" if is_offer_available(offer, now=now) else Reason.OFFER_OVER


def is_offer_available(offer: EarlierOffer, *, now: datetime) -> bool:
    """Whether the offer is open, and so is its time."""
    return offer.is_open_at(now) and bool(
        availability.open_slots(
            mode=offer.mode,
            now=now,
            language=offer.request.language,
            location=offer.consultation.visit_location_id,
            at=offer.starts_at,
            freeing=offer.consultation,
        )
    )
