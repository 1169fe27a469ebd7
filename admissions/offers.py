"""Which time that opened is offered to whom, and for how long.

An offer holds no time: anyone may book it meanwhile, and the first who takes
it has it. One person at a time is offered one counselor's free time, whoever
has waited longest first, and the next once they decline or do not answer.
Only what has opened since a person joined, or last said no, is offered to
them: they have seen the rest.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import OperationalError, transaction
from django.utils import timezone
from psycopg2.extras import DateTimeTZRange

from . import availability, privacy, promises
from .availability import Slot
from .models import (
    AuditEvent,
    Consultation,
    ConsultationRequest,
    EarlierOffer,
    Message,
    ModeRules,
    Waiting,
)

logger = logging.getLogger(__name__)

SOONER_BY = timedelta(hours=2)
ANSWER_WITHIN = timedelta(hours=2)
MORNING_TO_ANSWER = timedelta(hours=1)
LEAST_TIME_TO_ANSWER = timedelta(minutes=30)
Left, State, Type = Waiting.Left, EarlierOffer.State, AuditEvent.Type
SYSTEM = AuditEvent.Source.SYSTEM
Slots = Callable[[str, str, int | None], list[Slot]]


def sweep(*, now: datetime) -> list:
    """End what is over, then offer what has opened, in order; the requests now owed a letter."""

    @cache
    def slots_of(mode, language, place):
        return availability.open_slots(mode=mode, now=now, language=language, location=place)

    offers = EarlierOffer.objects.open().order_by("pk").values_list("pk", "request")
    waiting = Waiting.objects.open().in_order().values_list("pk", "request")
    owed = [request for pk, request in list(offers) if tried(settle, pk, request, now=now)]
    return owed + [
        request for pk, request in list(waiting) if tried(serve, pk, request, slots_of, now=now)
    ]


def tried(step: Callable[..., bool], pk: int, *args, **kwargs) -> bool:
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
def settle(offer_id: int, request_id, *, now: datetime) -> bool:
    """End an offer that is over, or keep it; whether its person is owed a letter about it."""
    request = locked(request_id)
    offer = EarlierOffer.objects.get(pk=offer_id)
    if not offer.is_open:
        return False
    standing = request.standing_consultation()
    if standing is None or standing.pk != offer.consultation_id:
        end(offer, State.WITHDRAWN)
    elif has_failed(offer):
        stop_waiting(request, Left.NO_EMAIL)
    elif offer.expires_at <= now:
        end(offer, State.EXPIRED)
        pass_over(offer.waiting, standing, now=now)
    elif not find_counselor_again(offer, now=now):
        end(offer, State.GONE)
        return tell_gone(offer)
    return False


def has_failed(offer: EarlierOffer) -> bool:
    return letters_of(offer).filter(state__in=Message.LOST).exists()


def letters_of(offer: EarlierOffer):
    """The letter that made this offer."""
    return Message.objects.filter(
        request=offer.request_id, kind=Message.Kind.EARLIER_OFFER, version=offer.number
    )


def find_counselor_again(offer: EarlierOffer, *, now: datetime) -> bool:
    """Whether the time is still open; another counselor may have to stand for it."""
    slots = availability.open_slots(
        mode=offer.mode,
        now=now,
        language=offer.request.language,
        location=offer.consultation.place,
        at=offer.starts_at,
        freeing=offer.consultation,
    )
    if not slots or offer.counselor_id in slots[0].counselors:
        return bool(slots)
    rules = ModeRules.objects.get(mode=offer.mode)
    offer.counselor_id = free_for(slots[0], offer.consultation, rules, on_offer())
    if offer.counselor_id is None:
        return False
    offer.save(update_fields=["counselor"])
    return True


def tell_gone(offer: EarlierOffer) -> bool:
    """Who was written to about a time hears that it went; who was not is spared the letter."""
    if not letters_of(offer).filter(state=Message.State.SENT).exists():
        return False
    promises.promise_offer_gone(offer)
    return True


def end(offer: EarlierOffer, state: str, *, source: str = SYSTEM, by: User | None = None) -> None:
    """End the offer and keep who did it."""
    offer.end_as(state)
    offer.request.audit_events.create(
        type=Type.EARLIER_ENDED,
        code=state,
        consultation=offer.consultation,
        **who(source, by),
    )


def who(source: str, by: User | None) -> dict:
    return {"actor": by} if by else {"source": source}


# People who wait


@transaction.atomic
def serve(waiting_id: int, request_id, slots_of: Slots, *, now: datetime) -> bool:
    """Offer this person the soonest time that is news to them; whether there was one."""
    request = locked(request_id)
    waiting = Waiting.objects.get(pk=waiting_id)
    if waiting.left_at:
        return False
    consultation = request.standing_consultation()
    has_offer = request.earlier_offers.open().exists()
    if because := reason_to_stop(request, consultation, has_offer=has_offer, now=now):
        stop_waiting(request, because)
        return False

    slots = slots_of(consultation.mode, request.language, consultation.place)
    forget_what_went(waiting, slots)
    if has_offer or has_offer_elsewhere(request) or not is_reachable(request, now):
        return False
    return make_offer(waiting, consultation, slots, now=now)


def has_offer_elsewhere(request: ConsultationRequest) -> bool:
    """Whether the same person, by their email, is asked about another request of theirs."""
    return EarlierOffer.objects.open().filter(request__email__iexact=request.email).exists()


def locked(request_id) -> ConsultationRequest:
    """The request, locked: every change of its wait and its offers waits for this."""
    return ConsultationRequest.objects.select_for_update().get(pk=request_id)


def reason_to_stop(request, consultation, *, has_offer: bool, now: datetime) -> str:
    """Why nothing more can be offered, or an empty string."""
    if consultation is None or consultation.starts_at <= now:
        return Left.ENDED
    if not (request.email and request.may_email):
        return Left.NO_EMAIL
    if not has_offer and not is_worth_waiting(consultation, now=now):
        return Left.TOO_LATE
    return ""


def is_worth_waiting(consultation: Consultation, *, now: datetime) -> bool:
    """Whether something sooner can still open in time to be offered and taken."""
    rules = ModeRules.objects.get(mode=consultation.mode)
    latest = last_answer(consultation.starts_at - SOONER_BY, consultation, rules)
    return now + LEAST_TIME_TO_ANSWER <= latest


def is_reachable(request: ConsultationRequest, now: datetime) -> bool:
    """Awake for the next half hour, and in the part of the day that suits them."""
    zone = ZoneInfo(request.time_zone)
    is_awake = not any(privacy.is_quiet(at, zone) for at in (now, now + LEAST_TIME_TO_ANSWER))
    return is_awake and privacy.next_good_time(request.good_time, now, zone) == now


def news(waiting: Waiting, consultation: Consultation, slots) -> list[Slot]:
    """Open slots well before the consultation that this person neither knew of nor refused."""
    refused = waiting.offers.filter(state__in=[State.DECLINED, State.EXPIRED])
    known = {*waiting.passed_over, *refused.values_list("starts_at", flat=True)}
    latest = consultation.starts_at - SOONER_BY
    return [slot for slot in slots if slot.starts_at <= latest and slot.starts_at not in known]


def forget_what_went(waiting: Waiting, slots) -> None:
    """A known time that was taken is news when it opens again."""
    kept = {*waiting.passed_over} & {slot.starts_at for slot in slots}
    if len(kept) < len(waiting.passed_over):
        waiting.passed_over = sorted(kept)
        waiting.save(update_fields=["passed_over"])


def pass_over(waiting: Waiting, consultation: Consultation, *, now: datetime) -> None:
    """What this person could have now is no news to them any more."""
    rules, taken = ModeRules.objects.get(mode=consultation.mode), on_offer()
    slots = availability.open_slots(
        mode=consultation.mode,
        now=now,
        language=consultation.request.language,
        location=consultation.place,
    )
    waiting.passed_over = [
        slot.starts_at for slot in slots if free_for(slot, consultation, rules, taken)
    ]
    waiting.save(update_fields=["passed_over"])


def stop_waiting(
    request: ConsultationRequest, because: str, *, source: str = SYSTEM, by: User | None = None
) -> None:
    """End the wait and what is on offer, if there is any. Call it with the request locked."""
    waiting = request.waitings.open().first()
    if waiting is None:
        return
    for offer in request.earlier_offers.open():
        end(offer, State.WITHDRAWN, source=source, by=by)
    waiting.left_at, waiting.left_because = timezone.now(), because
    waiting.save(update_fields=["left_at", "left_because"])
    request.audit_events.create(type=Type.WAITLIST_LEFT, code=because, **who(source, by))


# A new offer


def make_offer(waiting, consultation, slots, *, now: datetime) -> bool:
    """Offer the soonest news that nobody else is offered; whether there was any."""
    rules, taken = ModeRules.objects.get(mode=consultation.mode), on_offer()
    for slot in news(waiting, consultation, slots):
        counselor_id = free_for(slot, consultation, rules, taken)
        expires_at = expiry(slot.starts_at, consultation, rules, now=now)
        if counselor_id and expires_at - now >= LEAST_TIME_TO_ANSWER:
            offer = EarlierOffer(
                waiting=waiting,
                request=consultation.request,
                consultation=consultation,
                counselor_id=counselor_id,
                number=consultation.request.earlier_offers.count(),
                mode=slot.mode,
                starts_at=slot.starts_at,
                held=DateTimeTZRange(*rules.held(slot.starts_at), "[)"),
                offered_at=now,
                expires_at=expires_at,
            )
            return keep(offer)
    return False


def keep(offer: EarlierOffer) -> bool:
    """Save and promise it, unless another round has just offered this time to someone."""
    EarlierOffer.objects.bulk_create([offer], ignore_conflicts=True)
    if not offer.request.earlier_offers.filter(number=offer.number).exists():
        return False
    offer.request.audit_events.create(
        type=Type.EARLIER_OFFERED, source=SYSTEM, consultation=offer.consultation
    )
    promises.promise_offer(offer)
    return True


def on_offer() -> list[tuple]:
    """(counselor id, held) of every open offer."""
    return list(EarlierOffer.objects.open().values_list("counselor_id", "held"))


def free_for(slot: Slot, consultation, rules: ModeRules, taken) -> int | None:
    """Who is free then and offered to nobody: their own counselor, or the first of the others."""
    begin, ends = rules.held(slot.starts_at)
    busy = {pk for pk, held in taken if held.lower < ends and held.upper > begin}
    free = sorted({*slot.counselors} - busy, key=lambda pk: (pk != consultation.counselor_id, pk))
    return free[0] if free else None


def expiry(starts_at, consultation, rules, *, now: datetime) -> datetime:
    """Two hours from now, the night not counted; never past the last moment it can be taken."""
    zone = ZoneInfo(consultation.request.time_zone)
    by = now + ANSWER_WITHIN
    if privacy.is_quiet(by, zone):
        by = privacy.after_quiet_hours(by, zone) + MORNING_TO_ANSWER
    return min(by, last_answer(starts_at, consultation, rules))


def last_answer(starts_at: datetime, consultation: Consultation, rules: ModeRules) -> datetime:
    """Until when a move from the consultation to this start is permitted."""
    notice, cut_off = rules.minimum_notice, rules.move_until
    return min(
        starts_at - timedelta(minutes=notice), consultation.starts_at - timedelta(minutes=cut_off)
    )
