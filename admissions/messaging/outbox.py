"""Which email falls due when. A promise is a row, written with what it is about."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.db.models import Max
from django.utils import timezone

from admissions.intake.models import ConsultationRequest
from admissions.scheduling.models import Consultation, EarlierOffer, Shortage

from . import timing
from .alarms.raising import raise_alarm
from .catalog import list_series
from .models import Message, MessageRule
from .rules import load_call_alerts

Kind = Message.Kind
THANK_YOU_TIME, DIGEST_TIME = time(10), time(7, 30)


def enqueue_messages(messages: Iterable[Message]) -> None:
    """One row for each kind, key and copy, however often it is promised."""
    # A row that exists stays as it is: it may have been sent, or be in a worker's hands.
    Message.objects.bulk_create(messages, ignore_conflicts=True)


def build_message(
    kind: str,
    *,
    due_at: datetime,
    request: ConsultationRequest | None = None,
    consultation: Consultation | None = None,
    offer: EarlierOffer | None = None,
    shortage: Shortage | None = None,
    day: date | None = None,
    round: int = 0,
) -> Message:
    """A message about one of these, and the key that keeps it from being promised twice.

    What is about a request itself may be promised again, in the next `round`; of a consultation,
    the round is the number of the corrected address.
    """
    if offer:
        consultation = offer.consultation
        key = f"offer:{offer.pk}"
    elif consultation:
        key = f"consultation:{consultation.pk}" + (f":{round}" if round else "")
    elif shortage:
        key = f"shortage:{shortage.pk}"
    elif day:
        key = f"day:{day}"
    elif request:
        key = f"request:{request.pk}:{round}"
    else:
        raise ValueError("A message is about something.")
    message = Message(
        kind=kind,
        request=consultation.request if consultation else request,
        consultation=consultation,
        offer=offer,
        shortage=shortage,
        dedupe_key=key,
    )
    message.due_at = timing.find_due_time(message, due_at)
    return message


def next_round(request: ConsultationRequest, kind: str) -> int:
    """How often this kind was promised to the request, which is locked; no row is ever deleted."""
    return request.messages.filter(kind=kind, copy=0).count()


def enqueue_new_request(request: ConsultationRequest) -> None:
    """Tell staff about a new request, and again should nobody answer in time; danger rings."""
    raise_alarm(request)
    enqueue_messages([build_new_request_notice(request), *build_staff_alerts(request)])


def enqueue_call_now(request: ConsultationRequest) -> None:
    """Tell staff again: someone who has booked cannot wait for their time."""
    raise_alarm(request)
    enqueue_messages(
        [
            build_new_request_notice(request, is_again=True),
            *build_staff_alerts(request, is_again=True),
            *build_late_call_apology(request),
        ]
    )


def build_new_request_notice(request: ConsultationRequest, *, is_again: bool = False) -> Message:
    kind = Kind.STAFF_NEW_REQUEST
    round = next_round(request, kind) if is_again else 0
    return build_message(kind, request=request, due_at=timezone.now(), round=round)


def build_staff_alerts(request: ConsultationRequest, *, is_again: bool = False) -> list[Message]:
    """What staff are told around the time of a promised call; danger has an alarm of its own.

    Once for each request, or else in a round of its own where it `is_again`.
    """
    if not request.promised_call_by:
        return []
    rules = MessageRule.objects.by_kind()
    alerts, by, now = load_call_alerts(rules), request.promised_call_by, timezone.now()
    found = []
    if rules[Kind.STAFF_CALL_DUE].is_on:
        found.append((Kind.STAFF_CALL_DUE, max(by - rules[Kind.STAFF_CALL_DUE].delay, now)))
    if alerts.alert_after is not None:
        found.append((Kind.STAFF_CALL_OVERDUE, by + alerts.alert_after))
    if alerts.escalate_after is not None:
        found.append((Kind.STAFF_ESCALATED, by + alerts.escalate_after))
    return [
        build_message(
            kind,
            request=request,
            due_at=due_at,
            round=next_round(request, kind) if is_again else 0,
        )
        for kind, due_at in found
    ]


def enqueue_call_alerts(request: ConsultationRequest) -> None:
    """What staff are told of a call or danger that another request brought, or of a new promise."""
    raise_alarm(request)
    enqueue_messages(
        [*build_staff_alerts(request, is_again=True), *build_late_call_apology(request)]
    )


def build_late_call_apology(request: ConsultationRequest) -> list[Message]:
    """To the person, should our call be late."""
    rule = MessageRule.objects.by_kind()[Kind.CALLBACK_LATE]
    if not rule.is_on or not request.promised_call_by:
        return []
    due_at = request.promised_call_by + rule.delay
    round = next_round(request, Kind.CALLBACK_LATE)
    return [build_message(Kind.CALLBACK_LATE, request=request, due_at=due_at, round=round)]


def enqueue_confirmation(consultation: Consultation, *, is_new_request: bool = False) -> None:
    """The confirmation now, and the reminders that the lead time leaves room for.

    Staff are told of the request where it `is_new_request`.
    """
    confirmation = build_message(
        Kind.CONFIRMATION, consultation=consultation, due_at=timezone.now()
    )
    request = consultation.request
    if is_new_request:
        raise_alarm(request)
    told = (
        [build_new_request_notice(request), *build_staff_alerts(request)] if is_new_request else []
    )
    enqueue_messages([*told, confirmation, *build_reminders(consultation)])


def enqueue_to_corrected_address(request: ConsultationRequest) -> None:
    """To the new address of the request, which is locked: the confirmation again, or a new link.

    It takes the place of one that has not gone yet.
    """
    consultation = request.standing_consultation()
    if consultation is None:
        return enqueue_link(request)
    enqueue_messages(
        [
            build_message(
                Kind.CONFIRMATION,
                consultation=consultation,
                due_at=timezone.now(),
                round=request.email_number,
            )
        ]
    )


def enqueue_reschedule_notice(consultation: Consultation) -> None:
    """The new time now, and its own reminders; those of the old time fail their check."""
    # A time that stayed has a new way to talk, which a confirmation tells, or a new counselor.
    old = consultation.moved_from
    is_same_time = old is not None and old.starts_at == consultation.starts_at
    if old and is_same_time and old.way_to_talk == consultation.way_to_talk:
        return enqueue_handover_notice(consultation)
    kind = Kind.CONFIRMATION if is_same_time else Kind.MOVED
    moved = build_message(kind, consultation=consultation, due_at=timezone.now())
    enqueue_messages([moved, *build_reminders(consultation)])


def enqueue_handover_notice(consultation: Consultation) -> None:
    """Who will talk with them now, at the same time; and to the colleague, that it is theirs."""
    now = timezone.now()
    theirs = build_message(Kind.HANDED_OVER, consultation=consultation, due_at=now)
    ours = build_message(Kind.STAFF_HANDED_OVER, consultation=consultation, due_at=now)
    enqueue_messages([theirs, ours, *build_reminders(consultation)])


def enqueue_choose_again_notice(consultation: Consultation) -> None:
    """That we could not keep their time, and how to choose another."""
    enqueue_for_consultation(consultation, Kind.CANCELED_BY_CENTER, timezone.now())


def enqueue_cancellation_notice(consultation: Consultation) -> None:
    enqueue_for_consultation(consultation, Kind.CANCELED, timezone.now())


def enqueue_link(request: ConsultationRequest) -> None:
    """A new link to this request, which is locked, to its own address."""
    enqueue_messages([build_request_message(request, Kind.LINK, timezone.now())])


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
        build_message(kind, consultation=consultation, due_at=now + rules[kind].delay)
        for kind in list_series("no_show")
        if rules[kind].is_on
    )


def enqueue_no_contact_series(request: ConsultationRequest) -> None:
    """Three letters after a try that reached nobody; once until we have been in touch again."""
    since = request.attempts.in_touch().aggregate(at=Max("at"))["at"] or request.created_at
    ladders = [*list_series("no_show"), *list_series("no_contact")]
    promised = request.messages.filter(kind__in=ladders, enqueued_at__gte=since)
    if promised.exclude(reason=Message.Reason.UNDONE).exists():
        return
    now, rules = timezone.now(), MessageRule.objects.by_kind()
    enqueue_messages(
        build_request_message(request, kind, now + rules[kind].delay)
        for kind in list_series("no_contact")
        if rules[kind].is_on
    )


def enqueue_callback_follow_up(request: ConsultationRequest, *, is_reached: bool) -> None:
    """After a call we had promised: a thank-you, or that we tried."""
    kind = Kind.CALLBACK_MADE if is_reached else Kind.CALLBACK_MISSED
    rule = MessageRule.objects.by_kind()[kind]
    if rule.is_on:
        due_at = timezone.now() + rule.delay
        enqueue_messages([build_request_message(request, kind, due_at)])


def enqueue_earlier_offer(offer: EarlierOffer) -> None:
    """An earlier time that is open now; nobody is asked at night, so it goes at once."""
    enqueue_messages([build_message(Kind.EARLIER_OFFER, offer=offer, due_at=timezone.now())])


def enqueue_offer_taken_notice(offer: EarlierOffer) -> None:
    """That someone else has taken the offered time; kind news can wait for the morning."""
    now = timezone.now()
    enqueue_messages([build_message(Kind.EARLIER_OFFER_TAKEN, offer=offer, due_at=now)])


def enqueue_digest(*, now: datetime) -> None:
    """What stands, to the desk, once on each day of the center's clock from half past seven."""
    local = timezone.localtime(now)
    if local.time() < DIGEST_TIME or not MessageRule.objects.by_kind()[Kind.STAFF_DIGEST].is_on:
        return
    message = build_message(Kind.STAFF_DIGEST, day=local.date(), due_at=now)
    message.enqueued_at = now
    enqueue_messages([message])


def enqueue_flood_notice(*, now: datetime) -> None:
    """That more ask online than people do, once on each day of the center's clock."""
    day = timezone.localtime(now).date()
    enqueue_messages([build_message(Kind.STAFF_FLOOD, day=day, due_at=now)])


def enqueue_shortage_alerts(shortages: Iterable[Shortage]) -> None:
    """Tell the directors once about each stretch without a phone time."""
    rule = MessageRule.objects.by_kind()[Kind.STAFF_SHORTAGE]
    enqueue_messages(
        build_message(Kind.STAFF_SHORTAGE, shortage=shortage, due_at=shortage.began_at + rule.delay)
        for shortage in shortages
        if rule.is_on
    )


def build_reminders(consultation: Consultation) -> list[Message]:
    """Those that are on, where the talk was booked far enough ahead for each."""
    lead = consultation.starts_at - consultation.booked_at
    rules = MessageRule.objects.by_kind()
    return [
        build_message(
            kind, consultation=consultation, due_at=consultation.starts_at - rules[kind].delay
        )
        for kind in list_series("reminder")
        if rules[kind].is_on and lead > (rules[kind].minimum_lead or lead)
    ]


def enqueue_for_consultation(consultation: Consultation, kind: str, due_at: datetime) -> None:
    enqueue_messages([build_message(kind, consultation=consultation, due_at=due_at)])


def build_request_message(request: ConsultationRequest, kind: str, due_at: datetime) -> Message:
    """A message about the request itself, in its next round."""
    return build_message(kind, request=request, due_at=due_at, round=next_round(request, kind))
