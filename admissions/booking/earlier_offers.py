"""Which time that opened is offered to whom, and for how long.

An offer holds no time: anyone may book it meanwhile, and the first who takes
it has it. One person at a time is offered one counselor's free time, whoever
has waited longest first, and the next once they decline or do not answer.
Only what has opened since a person joined, or last said no, is offered to
them: they have seen the rest.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import OperationalError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q, QuerySet

from admissions.audit.models import AuditEvent
from admissions.intake import contact_hours
from admissions.intake.models import ConsultationRequest
from admissions.intake.service_levels import UNDO_WINDOW
from admissions.intake.waitlist_entries import end_offer, stop_waiting
from admissions.messaging import outbox
from admissions.messaging.models import Message
from admissions.scheduling import availability
from admissions.scheduling.availability import Slot
from admissions.scheduling.models import Consultation, EarlierOffer, ModeRules, WaitlistEntry

logger = logging.getLogger(__name__)

MIN_IMPROVEMENT = timedelta(hours=2)
OFFER_LIFETIME = timedelta(hours=2)
ANSWER_TIME_AFTER_NIGHT = timedelta(hours=1)
MIN_ANSWER_TIME = timedelta(minutes=30)
LeaveReason, State, Type = WaitlistEntry.LeaveReason, EarlierOffer.State, AuditEvent.Type
SYSTEM = AuditEvent.Source.SYSTEM
# (counselor id, held) of each open offer.
OfferedTimes = list[tuple[int, DateTimeTZRange]]
SlotFinder = Callable[[str, str | None, int | None], list[Slot]]


def sweep_offers(*, now: datetime) -> list[UUID]:
    """End what is over, then offer what has opened, in order; the requests now owed a letter."""

    @cache
    def slots_of(mode: str, language: str | None, place: int | None) -> list[Slot]:
        return availability.open_slots(mode=mode, now=now, language=language, location=place)

    offers = EarlierOffer.objects.open().order_by("pk").values_list("pk", "request")
    waiting = WaitlistEntry.objects.open().in_order().values_list("pk", "request")
    owed = [
        request for pk, request in list(offers) if run_isolated(review_offer, pk, request, now=now)
    ]
    return owed + [
        request
        for pk, request in list(waiting)
        if run_isolated(serve_waiting, pk, request, slots_of, now=now)
    ]


def run_isolated(step: Callable[..., bool], pk: int, *args: Any, **kwargs: Any) -> bool:
    """What the step answers; whatever is broken in one row must not stop those behind it."""
    try:
        return step(pk, *args, **kwargs)
    except OperationalError:
        raise
    except Exception as fault:
        logger.error("%s of row %s failed: %s", step.__name__, pk, type(fault).__name__)
        return False


# Offers that stand


@transaction.atomic
def review_offer(offer_id: int, request_id: UUID, *, now: datetime) -> bool:
    """End an offer that is over, or keep it; whether its person is owed a letter about it."""
    request = ConsultationRequest.objects.lock(request_id)
    offer = EarlierOffer.objects.get(pk=offer_id)
    if not offer.is_open:
        return False
    standing = request.standing_consultation()
    if standing is None or standing.pk != offer.consultation_id:
        end_offer(offer, State.WITHDRAWN)
    elif is_offer_undelivered(offer):
        stop_waiting(request, LeaveReason.NO_EMAIL)
    elif offer.expires_at <= now:
        end_offer(offer, State.EXPIRED)
        pass_over_open_slots(offer.waitlist_entry, standing, now=now)
    elif not refresh_offer_counselor(offer, now=now):
        end_offer(offer, State.GONE)
        return notify_offer_gone(offer)
    return False


def is_offer_undelivered(offer: EarlierOffer) -> bool:
    return find_offer_messages(offer).filter(state__in=Message.LOST_STATES).exists()


def find_offer_messages(offer: EarlierOffer) -> QuerySet[Message]:
    """The letter that made this offer."""
    return offer.messages.filter(kind=Message.Kind.EARLIER_OFFER)


def refresh_offer_counselor(offer: EarlierOffer, *, now: datetime) -> bool:
    """Whether the time is still open; another counselor may have to stand for it."""
    slots = availability.open_slots(
        mode=offer.mode,
        now=now,
        language=offer.request.spoken_language,
        location=offer.consultation.visit_location_id,
        at=offer.starts_at,
        freeing=offer.consultation,
    )
    if not slots or offer.counselor_id in slots[0].counselors:
        return bool(slots)
    rules = ModeRules.objects.get(mode=offer.mode)
    counselor_id = pick_offer_counselor(slots[0], offer.consultation, rules, list_offered_times())
    if counselor_id is None:
        return False
    offer.counselor_id = counselor_id
    offer.save(update_fields=["counselor"])
    return True


def notify_offer_gone(offer: EarlierOffer) -> bool:
    """Who was written to about a time hears that it went; who was not is spared the letter."""
    if not find_offer_messages(offer).filter(state=Message.State.SENT).exists():
        return False
    outbox.enqueue_offer_taken_notice(offer)
    return True


# People who wait


@transaction.atomic
def serve_waiting(
    waiting_id: int, request_id: UUID, slots_of: SlotFinder, *, now: datetime
) -> bool:
    """Offer this person the soonest time that is news to them; whether there was one."""
    request = ConsultationRequest.objects.lock(request_id)
    waiting = WaitlistEntry.objects.get(pk=waiting_id)
    if waiting.left_at:
        return False
    consultation = request.standing_consultation()
    has_offer = request.earlier_offers.open().exists()
    if because := reason_to_stop_waiting(request, consultation, has_offer=has_offer, now=now):
        stop_waiting(request, because)
    if because or consultation is None:
        return False

    slots = slots_of(consultation.mode, request.spoken_language, consultation.visit_location_id)
    forget_vanished_slots(waiting, slots)
    if has_offer or has_offer_elsewhere(request) or not is_reachable_now(request, now):
        return False
    return make_offer(waiting, consultation, slots, now=now)


def has_offer_elsewhere(request: ConsultationRequest) -> bool:
    """Whether the same person, by their email, is asked about another request of theirs."""
    theirs = ConsultationRequest.objects.with_email(request.email)
    return EarlierOffer.objects.open().filter(request__in=theirs).exists()


def reason_to_stop_waiting(
    request: ConsultationRequest,
    consultation: Consultation | None,
    *,
    has_offer: bool,
    now: datetime,
) -> str:
    """Why nothing more can be offered, or an empty string."""
    if consultation is None or consultation.starts_at <= now:
        return LeaveReason.ENDED
    if not (request.email and request.may_email):
        return LeaveReason.NO_EMAIL
    if not has_offer and not is_worth_waiting(consultation, now=now):
        return LeaveReason.TOO_LATE
    return ""


def is_worth_waiting(consultation: Consultation, *, now: datetime) -> bool:
    """Whether something sooner can still open in time to be offered and taken."""
    rules = ModeRules.objects.get(mode=consultation.mode)
    latest = compute_answer_deadline(consultation.starts_at - MIN_IMPROVEMENT, consultation, rules)
    return now + MIN_ANSWER_TIME <= latest


def is_reachable_now(request: ConsultationRequest, now: datetime) -> bool:
    """Awake for the next half hour, and in the part of the day that suits them."""
    zone = ZoneInfo(request.time_zone)
    is_awake = not any(
        contact_hours.is_in_quiet_hours(at, zone) for at in (now, now + MIN_ANSWER_TIME)
    )
    return is_awake and contact_hours.find_next_good_time(request.good_time, now, zone) == now


def find_new_slots(
    waiting: WaitlistEntry, consultation: Consultation, slots: Iterable[Slot]
) -> list[Slot]:
    """Open slots well before the consultation that this person neither knew of nor refused."""
    refused = waiting.offers.filter(state__in=[State.DECLINED, State.EXPIRED])
    known = {*waiting.passed_over, *refused.values_list("starts_at", flat=True)}
    latest = consultation.starts_at - MIN_IMPROVEMENT
    return [slot for slot in slots if slot.starts_at <= latest and slot.starts_at not in known]


def forget_vanished_slots(waiting: WaitlistEntry, slots: Iterable[Slot]) -> None:
    """A known time that was taken is news when it opens again."""
    kept = {*waiting.passed_over} & {slot.starts_at for slot in slots}
    if len(kept) < len(waiting.passed_over):
        waiting.passed_over = sorted(kept)
        waiting.save(update_fields=["passed_over"])


def pass_over_open_slots(
    waiting: WaitlistEntry, consultation: Consultation, *, now: datetime
) -> None:
    """What this person could have now is no news to them any more."""
    rules, taken = ModeRules.objects.get(mode=consultation.mode), list_offered_times()
    slots = availability.open_slots(
        mode=consultation.mode,
        now=now,
        language=consultation.request.spoken_language,
        location=consultation.visit_location_id,
    )
    waiting.passed_over = [
        slot.starts_at for slot in slots if pick_offer_counselor(slot, consultation, rules, taken)
    ]
    waiting.save(update_fields=["passed_over"])


# A new offer


def make_offer(
    waiting: WaitlistEntry, consultation: Consultation, slots: Iterable[Slot], *, now: datetime
) -> bool:
    """Offer the soonest news that nobody else is offered; whether there was any."""
    rules, taken = ModeRules.objects.get(mode=consultation.mode), list_offered_times()
    taken += list_times_just_freed(now)
    for slot in find_new_slots(waiting, consultation, slots):
        counselor_id = pick_offer_counselor(slot, consultation, rules, taken)
        expires_at = compute_offer_expiry(slot.starts_at, consultation, rules, now=now)
        if counselor_id and expires_at - now >= MIN_ANSWER_TIME:
            offer = EarlierOffer(
                waitlist_entry=waiting,
                request=consultation.request,
                consultation=consultation,
                counselor_id=counselor_id,
                number=consultation.request.earlier_offers.count(),
                mode=slot.mode,
                starts_at=slot.starts_at,
                held=DateTimeTZRange(*rules.held_bounds(slot.starts_at), "[)"),
                offered_at=now,
                expires_at=expires_at,
            )
            return save_offer(offer)
    return False


def save_offer(offer: EarlierOffer) -> bool:
    """Save and promise it, unless another round has just offered this time to someone."""
    EarlierOffer.objects.bulk_create([offer], ignore_conflicts=True)
    saved = offer.request.earlier_offers.filter(number=offer.number).first()
    if saved is None:
        return False
    offer.request.audit_events.create(
        type=Type.EARLIER_OFFERED, source=SYSTEM, consultation=offer.consultation
    )
    outbox.enqueue_earlier_offer(saved)
    return True


def list_offered_times() -> OfferedTimes:
    """(counselor id, held) of every open offer."""
    return list(EarlierOffer.objects.open().values_list("counselor_id", "held"))


def list_times_just_freed(now: datetime) -> OfferedTimes:
    """(counselor id, held) of what staff canceled a moment ago and may yet undo."""
    by_staff = Q(status=Consultation.Status.CANCELED_BY_CENTER) | ~Q(canceled_because="")
    freed = Consultation.objects.filter(by_staff, ended_at__gt=now - UNDO_WINDOW, starts_at__gt=now)
    return list(freed.values_list("counselor_id", "held"))


def pick_offer_counselor(
    slot: Slot, consultation: Consultation, rules: ModeRules, taken: OfferedTimes
) -> int | None:
    """Who is free then and offered to nobody: their own counselor, or the first of the others."""
    begin, ends = rules.held_bounds(slot.starts_at)
    busy = {pk for pk, held in taken if held.lower < ends and held.upper > begin}
    free = sorted({*slot.counselors} - busy, key=lambda pk: (pk != consultation.counselor_id, pk))
    return free[0] if free else None


def compute_offer_expiry(
    starts_at: datetime, consultation: Consultation, rules: ModeRules, *, now: datetime
) -> datetime:
    """Two hours from now, the night not counted; never past the last moment it can be taken."""
    zone = ZoneInfo(consultation.request.time_zone)
    by = now + OFFER_LIFETIME
    if contact_hours.is_in_quiet_hours(by, zone):
        by = contact_hours.move_past_quiet_hours(by, zone) + ANSWER_TIME_AFTER_NIGHT
    return min(by, compute_answer_deadline(starts_at, consultation, rules))


def compute_answer_deadline(
    starts_at: datetime, consultation: Consultation, rules: ModeRules
) -> datetime:
    """Until when a move from the consultation to this start is permitted."""
    notice, cut_off = rules.minimum_notice, rules.move_until
    return min(
        starts_at - timedelta(minutes=notice), consultation.starts_at - timedelta(minutes=cut_off)
    )
