"""Which email falls due when. A promise is a row, written with what it is about."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Max
from django.utils import timezone

from admissions.intake import contact_hours
from admissions.intake.models import ConsultationRequest
from admissions.scheduling.models import Consultation, EarlierOffer

from .models import Message, MessageRule
from .rules import load_call_alerts

Kind = Message.Kind
SENT_AT_ANY_HOUR = {Kind.CONFIRMATION, Kind.MOVED, Kind.CANCELED}
CHANGE_NOTICES = {Kind.HANDED_OVER, Kind.CANCELED_BY_CENTER}
# What changes without being asked for waits out the night, but never until it is too late.
LATEST_NOTICE_BEFORE_START = timedelta(hours=2)
THANK_YOU_TIME, DIGEST_TIME = time(10), time(7, 30)


def enqueue_messages(messages: list[Message]) -> None:
    """One row per request, consultation, kind, version and copy, however often it is promised."""
    # A row that exists stays as it is: it may have been sent, or be in a worker's hands.
    Message.objects.bulk_create(messages, ignore_conflicts=True)


def enqueue_new_request(request: ConsultationRequest) -> None:
    """Tell staff about a new request, and again should nobody answer in time."""
    enqueue_messages([build_new_request_notice(request), *build_staff_alerts(request)])


def enqueue_call_now(request: ConsultationRequest) -> None:
    """Tell staff again: someone who has booked cannot wait for their time."""
    again = next_version(request, Kind.STAFF_NEW_REQUEST)
    told = [
        build_new_request_notice(request),
        *build_staff_alerts(request),
        *build_late_call_apology(request),
    ]
    for message in told:
        message.version = again
    enqueue_messages(told)


def build_new_request_notice(request: ConsultationRequest) -> Message:
    return Message(request=request, kind=Kind.STAFF_NEW_REQUEST, due_at=timezone.now())


def build_staff_alerts(request: ConsultationRequest) -> list[Message]:
    """What staff are told around the time of a promised call, and of danger nobody answered."""
    if not request.promised_call_by and not request.needs_safety_answer:
        return []
    rules = MessageRule.objects.by_kind()
    alerts, by, now = load_call_alerts(rules), request.promised_call_by, timezone.now()
    found = []
    if by and rules[Kind.STAFF_CALL_DUE].is_on:
        found.append((Kind.STAFF_CALL_DUE, max(by - rules[Kind.STAFF_CALL_DUE].delay, now)))
    if by and alerts.alert_after is not None:
        found.append((Kind.STAFF_CALL_OVERDUE, by + alerts.alert_after))
    if alerts.escalate_after is not None:
        # Danger does not wait for a call that is promised for the morning.
        since = now if request.needs_safety_answer else by
        found.append((Kind.STAFF_ESCALATED, since + alerts.escalate_after))
    return [Message(request=request, kind=kind, due_at=due_at) for kind, due_at in found]


def enqueue_safety_escalation(request: ConsultationRequest) -> None:
    """Ring the on-call lead at once: a colleague hears of danger."""
    kind = Kind.STAFF_ESCALATED
    version = next_version(request, kind)
    enqueue_messages([Message(request=request, kind=kind, version=version, due_at=timezone.now())])


def enqueue_alerts_after_merge(request: ConsultationRequest) -> None:
    """What staff are told of a call or of danger that came over from another request."""
    told = [*build_staff_alerts(request), *build_late_call_apology(request)]
    again = next_version(request, *{message.kind for message in told})
    for message in told:
        message.version = again
    enqueue_messages(told)


def build_late_call_apology(request: ConsultationRequest) -> list[Message]:
    """To the person, should our call be late."""
    rule = MessageRule.objects.by_kind()[Kind.CALLBACK_LATE]
    if not rule.is_on or not request.promised_call_by:
        return []
    due_at = request.promised_call_by + rule.delay
    return [Message(request=request, kind=Kind.CALLBACK_LATE, due_at=due_at)]


def enqueue_confirmation(consultation: Consultation, *, is_new_request: bool = False) -> None:
    """The confirmation now, and the reminders that the lead time leaves room for.

    Staff are told of the request where it `is_new_request`.
    """
    confirmation = build_consultation_message(consultation, Kind.CONFIRMATION, timezone.now())
    request = consultation.request
    told = (
        [build_new_request_notice(request), *build_staff_alerts(request)] if is_new_request else []
    )
    enqueue_messages([*told, confirmation, *build_reminders(consultation)])


def enqueue_reschedule_notice(consultation: Consultation) -> None:
    """The new time now, and its own reminders; those of the old time fail their check."""
    old = consultation.moved_from
    if old and old.starts_at == consultation.starts_at:
        return enqueue_handover_notice(consultation)
    moved = build_consultation_message(consultation, Kind.MOVED, timezone.now())
    enqueue_messages([moved, *build_reminders(consultation)])


def enqueue_handover_notice(consultation: Consultation) -> None:
    """Who will talk with them now, at the same time; and to the colleague, that it is theirs."""
    now = timezone.now()
    theirs = build_consultation_message(consultation, Kind.HANDED_OVER, now)
    ours = Message(
        request=consultation.request,
        kind=Kind.STAFF_HANDED_OVER,
        due_at=now,
        version=consultation.sequence,
    )
    enqueue_messages([theirs, ours, *build_reminders(consultation)])


def enqueue_choose_again_notice(consultation: Consultation) -> None:
    """That we could not keep their time, and how to choose another."""
    enqueue_for_consultation(consultation, Kind.CANCELED_BY_CENTER, timezone.now())


def enqueue_cancellation_notice(consultation: Consultation) -> None:
    enqueue_for_consultation(consultation, Kind.CANCELED, timezone.now())


def enqueue_thank_you(consultation: Consultation) -> None:
    """A thank-you at ten on a business day, by the location's clock."""
    rule = MessageRule.objects.by_kind()[Kind.AFTER_COMPLETED]
    if not rule.is_on:
        return
    zone = consultation.location.zone
    day = (timezone.now().astimezone(zone) + rule.delay).date()
    while day.weekday() >= 5:
        day += timedelta(days=1)
    due_at = datetime.combine(day, THANK_YOU_TIME, tzinfo=zone)
    enqueue_for_consultation(consultation, Kind.AFTER_COMPLETED, due_at)


def enqueue_no_show_series(consultation: Consultation) -> None:
    """Three letters, each later and gentler; a booking, a reply or closing ends them."""
    now, rules = timezone.now(), MessageRule.objects.by_kind()
    enqueue_messages(
        build_consultation_message(consultation, kind, now + rules[kind].delay)
        for kind in Message.NO_SHOW_SERIES
        if rules[kind].is_on
    )


def enqueue_no_contact_series(request: ConsultationRequest) -> None:
    """Three letters after a try that reached nobody; once until we have been in touch again."""
    since = request.attempts.in_touch().aggregate(at=Max("at"))["at"] or request.created_at
    ladders = [*Message.NO_SHOW_SERIES, *Message.NO_CONTACT_SERIES]
    if request.messages.filter(kind__in=ladders, enqueued_at__gte=since).exists():
        return
    now, rules = timezone.now(), MessageRule.objects.by_kind()
    version = next_version(request, *Message.NO_CONTACT_SERIES)
    enqueue_messages(
        build_request_message(request, kind, now + rules[kind].delay, version)
        for kind in Message.NO_CONTACT_SERIES
        if rules[kind].is_on
    )


def enqueue_callback_follow_up(request: ConsultationRequest, *, is_reached: bool) -> None:
    """After a call we had promised: a thank-you, or that we tried."""
    kind = Kind.CALLBACK_MADE if is_reached else Kind.CALLBACK_MISSED
    rule = MessageRule.objects.by_kind()[kind]
    if rule.is_on:
        due_at = timezone.now() + rule.delay
        enqueue_messages(
            [build_request_message(request, kind, due_at, next_version(request, kind))]
        )


def enqueue_earlier_offer(offer: EarlierOffer) -> None:
    """An earlier time that is open now; nobody is asked at night, so it goes at once."""
    enqueue_for_offer(offer, Kind.EARLIER_OFFER, timezone.now())


def enqueue_offer_taken_notice(offer: EarlierOffer) -> None:
    """That someone else has taken the offered time; kind news can wait for the morning."""
    zone = ZoneInfo(offer.request.time_zone)
    enqueue_for_offer(
        offer, Kind.EARLIER_OFFER_TAKEN, contact_hours.move_past_quiet_hours(timezone.now(), zone)
    )


def enqueue_for_offer(offer: EarlierOffer, kind: str, due_at: datetime) -> None:
    message = Message(
        request=offer.request,
        consultation=offer.consultation,
        kind=kind,
        version=offer.number,
        due_at=due_at,
    )
    enqueue_messages([message])


def enqueue_digest(*, now: datetime) -> None:
    """What stands, to the desk, once on each day of the center's clock from half past seven."""
    local = timezone.localtime(now)
    if local.time() < DIGEST_TIME or not MessageRule.objects.by_kind()[Kind.STAFF_DIGEST].is_on:
        return
    version = int(f"{local:%Y%m%d}")
    enqueue_messages([Message(kind=Kind.STAFF_DIGEST, version=version, due_at=now)])


def enqueue_shortage_alerts(shortages) -> None:
    """Tell the directors once about each stretch without a phone time."""
    rule = MessageRule.objects.by_kind()[Kind.STAFF_SHORTAGE]
    enqueue_messages(
        Message(
            kind=Kind.STAFF_SHORTAGE, version=shortage.pk, due_at=shortage.began_at + rule.delay
        )
        for shortage in shortages
        if rule.is_on
    )


def build_reminders(consultation: Consultation) -> list[Message]:
    """Those that are on, where the talk was booked far enough ahead for each."""
    lead = consultation.starts_at - consultation.booked_at
    rules = MessageRule.objects.by_kind()
    return [
        build_consultation_message(consultation, kind, consultation.starts_at - rules[kind].delay)
        for kind in (Kind.REMINDER_DAY, Kind.REMINDER_HOURS)
        if rules[kind].is_on and lead > rules[kind].minimum_lead
    ]


def enqueue_for_consultation(consultation: Consultation, kind: str, due_at: datetime) -> None:
    enqueue_messages([build_consultation_message(consultation, kind, due_at)])


def build_consultation_message(consultation: Consultation, kind: str, due_at: datetime) -> Message:
    """A message to the requester; what they did not just ask for waits out the night."""
    if kind not in SENT_AT_ANY_HOUR:
        due_at = postpone_past_night(consultation, kind, due_at)
    return Message(
        request=consultation.request,
        consultation=consultation,
        kind=kind,
        due_at=due_at,
        version=consultation.sequence,
    )


def next_version(request: ConsultationRequest, *kinds: str) -> int:
    """Above every one of these kinds, of which some may have been off; the request is locked."""
    newest = request.messages.filter(kind__in=kinds).aggregate(newest=Max("version"))["newest"]
    return 0 if newest is None else newest + 1


def build_request_message(
    request: ConsultationRequest, kind: str, due_at: datetime, version: int
) -> Message:
    """A message about the request itself, which waits out the night."""
    due_at = contact_hours.move_past_quiet_hours(due_at, ZoneInfo(request.time_zone))
    return Message(request=request, kind=kind, version=version, due_at=due_at)


def postpone_past_night(consultation: Consultation, kind: str, due_at: datetime) -> datetime:
    """At once, or at eight in the morning; a change of what comes before then goes at once."""
    morning = contact_hours.move_past_quiet_hours(due_at, ZoneInfo(consultation.request.time_zone))
    is_pressing = (
        kind in CHANGE_NOTICES and morning > consultation.starts_at - LATEST_NOTICE_BEFORE_START
    )
    return due_at if is_pressing else morning
