"""Whether an email may still go, asked in the moment before it is sent."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count
from django.utils import timezone

from admissions.intake.models import ConsultationRequest
from admissions.intake.service_levels import CALL_DUE_SOON
from admissions.scheduling import availability
from admissions.scheduling.assignment import CANCELED_STATUSES
from admissions.scheduling.models import Consultation, EarlierOffer

from . import staff_mail, timing
from .catalog import CATALOG, list_invitation_kinds
from .catalog.account import LINKS
from .kinds import Check
from .models import Message, MessageRule

Reason, Status = Message.Reason, Consultation.Status
DAY = timedelta(days=1)
# Anyone may type anyone's address: within a day an address hears of so many new requests, and of
# each so often. A parent who asks for three children is still written to.
MAX_NEW_REQUESTS_PER_DAY = 3
MAX_EMAILS_PER_REQUEST_AND_DAY = 12


def find_skip_reason(message: Message, *, now: datetime) -> str:
    """Why this message may not go any more, or an empty string."""
    if MessageRule.objects.filter(kind=message.kind, is_on=False).exists():
        return Reason.SWITCHED_OFF
    check = CHECKS[CATALOG[message.kind].check]
    if message.is_for_staff or message.request is None:
        return check(message, now)
    return find_requester_skip_reason(message, message.request, now) or check(message, now)


def find_requester_skip_reason(
    message: Message, request: ConsultationRequest, now: datetime
) -> str:
    """What stands against this letter by what is known of the request and its address.

    A request that was merged writes no more.
    """
    if request.merged_into_id:
        return Reason.REQUEST_CLOSED
    if not request.email:
        return Reason.NO_EMAIL
    if not request.may_email:
        return Reason.NOT_PERMITTED
    if message.suppressions and not may_ask_once(message, request):
        return Reason.SUPPRESSED
    return Reason.TOO_MANY if is_flooded(request, now) else ""


def may_ask_once(message: Message, request: ConsultationRequest) -> bool:
    """Whether this is the one letter that a new request may send to an address that was stopped.

    Its owner may have come back, or a stranger may have typed it: the confirmation says how to hear
    from us again, and nothing else goes until that is done.
    """
    blocking = message.suppressions
    if message.kind != Message.Kind.CONFIRMATION or any(not each.is_stop for each in blocking):
        return False
    stopped_at = max(each.at for each in blocking)
    written = Message.objects.to_address(request.email).filter(finished_at__gt=stopped_at)
    return request.created_at > stopped_at and not written.exists()


def is_flooded(request: ConsultationRequest, now: datetime) -> bool:
    """Whether this address has heard of too many new requests, or too often of this one.

    What was written before is counted, so letters that go at the same moment may each still go.
    Never where REQUEST_LIMIT_FACTOR is 0.
    """
    if not settings.REQUEST_LIMIT_FACTOR:
        return False
    lately = Message.objects.to_address(request.email).filter(finished_at__gt=now - DAY)
    counts = dict(lately.values_list("request").annotate(Count("pk")))
    own = counts.pop(request.pk, 0)
    if own == 0 and request.created_at > now - DAY:
        return len(counts) >= MAX_NEW_REQUESTS_PER_DAY
    return own >= MAX_EMAILS_PER_REQUEST_AND_DAY


# Of a consultation


def check_standing(message: Message, now: datetime) -> str:
    """A letter about a time is for one that stands and is yet to come."""
    talk = message.consultation
    if is_canceled(talk):
        return Reason.SUPERSEDED
    if talk is None or not talk.is_standing:
        return Reason.NOT_STANDING
    if talk.starts_at <= now:
        return Reason.TOO_LATE
    return Reason.SUPERSEDED if is_confirmed_anew(message) else ""


def is_confirmed_anew(message: Message) -> bool:
    """Whether a confirmation to a corrected address says what this letter would have said."""
    invitations = list_invitation_kinds()
    if message.kind not in invitations or not message.its_request.email_number:
        return False
    later = Message.objects.filter(
        consultation=message.consultation, kind=Message.Kind.CONFIRMATION, pk__gt=message.pk
    )
    return later.exclude(dedupe_key=message.dedupe_key).exists()


def check_cancellation(message: Message, now: datetime) -> str:
    return ""


def check_choose_again(message: Message, now: datetime) -> str:
    return Reason.SUPERSEDED if is_booked(message.request) else ""


def check_completed(message: Message, now: datetime) -> str:
    return find_ended_reason(message, Status.COMPLETED)


def check_no_show(message: Message, now: datetime) -> str:
    return find_ended_reason(message, Status.NO_SHOW) or find_reply_reason(message)


def find_ended_reason(message: Message, status: str) -> str:
    """Follow-up stops by itself once the request is closed or the outcome has changed."""
    if is_canceled(message.consultation):
        return Reason.SUPERSEDED
    if is_closed(message.request):
        return Reason.REQUEST_CLOSED
    talk = message.consultation
    return "" if talk is not None and talk.status == status else Reason.NOT_STANDING


def is_canceled(talk: Consultation | None) -> bool:
    """Whether a letter that says so is newer than all that were promised before."""
    return talk is not None and talk.status in CANCELED_STATUSES


# Of an earlier time


def check_offer_open(message: Message, now: datetime) -> str:
    """An offer goes while it can still be taken."""
    if reason := find_offer_skip_reason(message, now):
        return reason
    is_available = message.offer is not None and is_offer_available(message.offer, now=now)
    return "" if is_available else Reason.OFFER_OVER


def check_offer_taken(message: Message, now: datetime) -> str:
    """The word that it went goes while no other offer follows it."""
    if reason := find_offer_skip_reason(message, now):
        return reason
    if message.offer is None:
        return Reason.OFFER_OVER
    later = message.offer.request.earlier_offers.filter(number__gt=message.offer.number)
    return Reason.SUPERSEDED if later.exists() else ""


def find_offer_skip_reason(message: Message, now: datetime) -> str:
    if message.consultation is None or not message.consultation.is_standing:
        return Reason.NOT_STANDING
    return Reason.QUIET_HOURS if timing.find_send_time_of(message, now) is None else ""


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


# Of the request itself


def check_not_booked(message: Message, now: datetime) -> str:
    """Closing, a booking, or being in touch end it."""
    return Reason.REQUEST_CLOSED if is_closed(message.request) else find_reply_reason(message)


def check_open_request(message: Message, now: datetime) -> str:
    return Reason.REQUEST_CLOSED if is_closed(message.request) else ""


def check_call_due(message: Message, now: datetime) -> str:
    return find_call_reason(message, now + CALL_DUE_SOON)


def check_call_overdue(message: Message, now: datetime) -> str:
    return find_call_reason(message, now)


def check_alarm_open(message: Message, now: datetime) -> str:
    """Danger is told while nobody has it; of rings that a fault has held up, the last one goes."""
    told = message.alarm_rings.select_related("alarm__request")
    ringing = [each.alarm_id for each in told if each.alarm.is_open]
    if not ringing:
        return Reason.TAKEN
    later = Message.objects.filter(
        kind=message.kind, colleague=message.colleague, pk__gt=message.pk
    )
    is_told_again = later.filter(alarm_rings__alarm__in=ringing).exists()
    return Reason.SUPERSEDED if is_told_again else ""


def find_call_reason(message: Message, until: datetime) -> str:
    """An alarm is for a call that is owed by then; a try that was logged has ended it."""
    request = message.request
    if request is None or request.is_closed:
        return Reason.REQUEST_CLOSED
    if request.promised_call_by is None:
        return Reason.WITHDRAWN if request.call_withdrawn_at else Reason.CALL_MADE
    return Reason.SUPERSEDED if request.promised_call_by > until else ""


def is_closed(request: ConsultationRequest | None) -> bool:
    return request is None or request.is_closed


def is_booked(request: ConsultationRequest | None) -> bool:
    return request is not None and request.standing_consultation() is not None


def find_reply_reason(message: Message) -> str:
    """What has made a reminder to choose a time needless."""
    if is_booked(message.request):
        return Reason.SUPERSEDED
    return Reason.REPLIED if has_been_in_touch(message) else ""


def has_been_in_touch(message: Message) -> bool:
    """Whether they have talked or written with us since this was promised."""
    if message.request is None:
        return False
    return message.request.attempts.in_touch().filter(at__gt=message.enqueued_at).exists()


# Of the center


def check_today(message: Message, now: datetime) -> str:
    is_of_today = timezone.localdate(message.enqueued_at) == timezone.localdate(now)
    return "" if is_of_today else Reason.TOO_LATE


def check_shortage_lasts(message: Message, now: datetime) -> str:
    lasts = message.shortage is not None and message.shortage.ended_at is None
    return "" if lasts else Reason.TOO_LATE


def check_account_news(message: Message, now: datetime) -> str:
    """A link goes while its colleague may sign in, and no newer one follows it; news always."""
    if message.account_news not in LINKS or message.colleague is None:
        return ""
    if not (message.colleague.is_active and message.colleague.is_staff):
        return Reason.CANCELED
    newer = Message.objects.filter(
        colleague=message.colleague, account_news=message.account_news, pk__gt=message.pk
    )
    return Reason.SUPERSEDED if newer.exists() else ""


def check_alert_new(message: Message, now: datetime) -> str:
    """Until they have seen it on the desk; to nobody who has left."""
    alert = staff_mail.find_alert(message)
    if alert is None or not (alert.user.is_active and alert.user.is_staff):
        return Reason.CANCELED
    return Reason.SEEN if alert.seen_at else ""


CHECKS: dict[Check, Callable[[Message, datetime], str]] = {
    Check.STANDING: check_standing,
    Check.CANCELLATION: check_cancellation,
    Check.CHOOSE_AGAIN: check_choose_again,
    Check.COMPLETED: check_completed,
    Check.NO_SHOW: check_no_show,
    Check.OFFER_OPEN: check_offer_open,
    Check.OFFER_TAKEN: check_offer_taken,
    Check.NOT_BOOKED: check_not_booked,
    Check.LATE_CALL: check_call_overdue,
    Check.OPEN_REQUEST: check_open_request,
    Check.CALL_DUE: check_call_due,
    Check.CALL_OVERDUE: check_call_overdue,
    Check.ALARM_OPEN: check_alarm_open,
    Check.TODAY: check_today,
    Check.SHORTAGE_LASTS: check_shortage_lasts,
    Check.ACCOUNT_NEWS: check_account_news,
    Check.ALERT_NEW: check_alert_new,
}
