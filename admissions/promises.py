"""Which email falls due when. A promise is a row, written with what it is about."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Max
from django.utils import timezone

from . import privacy
from .models import Consultation, ConsultationRequest, EarlierOffer, Message, MessageRule

Kind = Message.Kind
AT_ONCE = {Kind.CONFIRMATION, Kind.MOVED, Kind.CANCELLED}
CHANGES = {Kind.HANDED_OVER, Kind.FREED}
# What changes without being asked for waits out the night, but never until it is too late.
TELL_BEFORE = timedelta(hours=2)
TEN_IN_THE_MORNING, DAY_BEGINS = time(10), time(7, 30)


def promise(messages: list[Message]) -> None:
    """One row per request, consultation, kind, version and copy, however often it is promised."""
    Message.objects.bulk_create(messages, ignore_conflicts=True)


def promise_requested(request: ConsultationRequest) -> None:
    """Tell staff about a new request, and again should nobody answer in time."""
    promise([new_request(request), *alarms(request)])


def promise_call_now(request: ConsultationRequest) -> None:
    """Tell staff again: someone who has booked cannot wait for their time."""
    again = next_version(request, Kind.STAFF_NEW_REQUEST)
    told = [new_request(request), *alarms(request), *apology(request)]
    for message in told:
        message.version = again
    promise(told)


def new_request(request: ConsultationRequest) -> Message:
    return Message(request=request, kind=Kind.STAFF_NEW_REQUEST, due_at=timezone.now())


def alarms(request: ConsultationRequest) -> list[Message]:
    """What staff are told around the time of a promised call, and of danger nobody answered."""
    if not request.promised_call_by and not request.needs_safety_answer:
        return []
    rules = rules_by_kind()
    by, now = request.promised_call_by, timezone.now()
    found = []
    if by:
        found = [
            (Kind.STAFF_PROMISE_NEAR, max(by - rules[Kind.STAFF_PROMISE_NEAR].delay, now)),
            (Kind.STAFF_PROMISE_BROKEN, by + rules[Kind.STAFF_PROMISE_BROKEN].delay),
        ]
    # Danger does not wait for a call that is promised for the morning.
    since = now if request.needs_safety_answer else by
    found.append((Kind.STAFF_ESCALATED, since + rules[Kind.STAFF_ESCALATED].delay))
    return [
        Message(request=request, kind=kind, due_at=due_at)
        for kind, due_at in found
        if rules[kind].is_on
    ]


def promise_help(request: ConsultationRequest) -> None:
    """Ring the on-call lead at once: a colleague hears of danger."""
    kind = Kind.STAFF_ESCALATED
    version = next_version(request, kind)
    promise([Message(request=request, kind=kind, version=version, due_at=timezone.now())])


def promise_alarms(request: ConsultationRequest) -> None:
    """What staff are told of a call or of danger that came over from another request."""
    told = [*alarms(request), *apology(request)]
    again = next_version(request, *{message.kind for message in told})
    for message in told:
        message.version = again
    promise(told)


def apology(request: ConsultationRequest) -> list[Message]:
    """To the person, should our call be late."""
    rule = rules_by_kind()[Kind.CALLBACK_LATE]
    if not rule.is_on or not request.promised_call_by:
        return []
    due_at = request.promised_call_by + rule.delay
    return [Message(request=request, kind=Kind.CALLBACK_LATE, due_at=due_at)]


def promise_booked(consultation: Consultation, *, is_new: bool = False) -> None:
    """The confirmation now, and the reminders that the lead time leaves room for.

    Staff are told of the request where it `is_new`.
    """
    confirmation = message_for(consultation, Kind.CONFIRMATION, timezone.now())
    request = consultation.request
    told = [new_request(request), *alarms(request)] if is_new else []
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
    """A thank-you at ten on a business day, by the location's clock."""
    rule = rules_by_kind()[Kind.AFTER_COMPLETED]
    if not rule.is_on:
        return
    zone = consultation.location.zone
    day = (timezone.now().astimezone(zone) + rule.delay).date()
    while day.weekday() >= 5:
        day += timedelta(days=1)
    due_at = datetime.combine(day, TEN_IN_THE_MORNING, tzinfo=zone)
    promise_for(consultation, Kind.AFTER_COMPLETED, due_at)


def promise_no_show(consultation: Consultation) -> None:
    """Three letters, each later and gentler; a booking, a reply or closing ends them."""
    now, rules = timezone.now(), rules_by_kind()
    promise(
        message_for(consultation, kind, now + rules[kind].delay)
        for kind in Message.NO_SHOW_LADDER
        if rules[kind].is_on
    )


def promise_no_contact(request: ConsultationRequest) -> None:
    """Three letters after a try that reached nobody; once until we have been in touch again."""
    since = request.attempts.in_touch().aggregate(at=Max("at"))["at"] or request.created_at
    ladders = [*Message.NO_SHOW_LADDER, *Message.NO_CONTACT_LADDER]
    if request.messages.filter(kind__in=ladders, promised_at__gte=since).exists():
        return
    now, rules = timezone.now(), rules_by_kind()
    version = next_version(request, *Message.NO_CONTACT_LADDER)
    promise(
        follow_up(request, kind, now + rules[kind].delay, version)
        for kind in Message.NO_CONTACT_LADDER
        if rules[kind].is_on
    )


def promise_called(request: ConsultationRequest, *, is_reached: bool) -> None:
    """After a call we had promised: a thank-you, or that we tried."""
    kind = Kind.CALLBACK_KEPT if is_reached else Kind.CALLBACK_MISSED
    rule = rules_by_kind()[kind]
    if rule.is_on:
        due_at = timezone.now() + rule.delay
        promise([follow_up(request, kind, due_at, next_version(request, kind))])


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


def promise_digest(*, now: datetime) -> None:
    """What stands, to the desk, once on each day of the centre's clock from half past seven."""
    local = timezone.localtime(now)
    if local.time() < DAY_BEGINS or not rules_by_kind()[Kind.STAFF_DIGEST].is_on:
        return
    version = int(f"{local:%Y%m%d}")
    promise([Message(kind=Kind.STAFF_DIGEST, version=version, due_at=now)])


def promise_shortages(shortages) -> None:
    """Tell the directors once about each stretch without a phone time."""
    rule = rules_by_kind()[Kind.STAFF_SHORTAGE]
    promise(
        Message(
            kind=Kind.STAFF_SHORTAGE, version=shortage.pk, due_at=shortage.began_at + rule.delay
        )
        for shortage in shortages
        if rule.is_on
    )


def rules_by_kind() -> dict[str, MessageRule]:
    """Every rule that a director keeps, in one query."""
    return {rule.kind: rule for rule in MessageRule.objects.all()}


def reminders(consultation: Consultation) -> list[Message]:
    """Those that are on, where the talk was booked far enough ahead for each."""
    lead = consultation.starts_at - consultation.booked_at
    rules = rules_by_kind()
    return [
        message_for(consultation, kind, consultation.starts_at - rules[kind].delay)
        for kind in (Kind.REMINDER_DAY, Kind.REMINDER_HOURS)
        if rules[kind].is_on and lead > rules[kind].needs_lead
    ]


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


def next_version(request: ConsultationRequest, *kinds: str) -> int:
    """Above every one of these kinds, of which some may have been off; the request is locked."""
    newest = request.messages.filter(kind__in=kinds).aggregate(newest=Max("version"))["newest"]
    return 0 if newest is None else newest + 1


def follow_up(request: ConsultationRequest, kind: str, due_at: datetime, version: int) -> Message:
    """A message about the request itself, which waits out the night."""
    due_at = privacy.after_quiet_hours(due_at, ZoneInfo(request.time_zone))
    return Message(request=request, kind=kind, version=version, due_at=due_at)


def after_the_night(consultation: Consultation, kind: str, due_at: datetime) -> datetime:
    """At once, or at eight in the morning; a change of what comes before then goes at once."""
    morning = privacy.after_quiet_hours(due_at, ZoneInfo(consultation.request.time_zone))
    is_pressing = kind in CHANGES and morning > consultation.starts_at - TELL_BEFORE
    return due_at if is_pressing else morning
