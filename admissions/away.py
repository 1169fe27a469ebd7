"""A counselor goes away or leaves: what becomes of each consultation that stands with them.

Each is handed to a colleague at the same time, kept, or freed, in one
transaction with the closure, or nothing is saved. Whatever stands and was not
decided about refuses the whole, so that none is dropped unseen.

Hand-overs go one at a time, since two who leave at one moment could each be
given what the other leaves. Then requests are locked, in one order, and
colleagues who have a daily cap, as everywhere before anything is held.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from . import assignment, availability, cadence, coverage, offers, promises, tasks
from .assignment import Load
from .models import (
    AuditEvent,
    Closure,
    Consultation,
    ConsultationRequest,
    Counselor,
    ModeRules,
    SlotTaken,
    Waiting,
)
from .roster import on_roster

KEEP, FREE = "keep", "free"
LOOK_AHEAD = timedelta(days=14)
TURN = 5_301  # any number of ours: one hand-over at a time
Stage, Type = ConsultationRequest.Stage, AuditEvent.Type


class NotSettled(Exception):
    """Nothing is saved: some consultations were not decided about, or a colleague's time is taken.

    `undecided` and `taken` hold the ids of consultations.
    """

    def __init__(self, *, undecided=(), taken=()):
        super().__init__()
        self.undecided, self.taken = frozenset(undecided), frozenset(taken)


@dataclass(frozen=True)
class Case:
    """One consultation to decide about, the colleagues who are free then, and the best of them."""

    consultation: Consultation
    colleagues: list[Load]
    best: Load | None
    may_keep: bool = True


@transaction.atomic
def go_away(
    *,
    counselor: Counselor,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    decisions: dict,
    by: User,
) -> Closure:
    """Close this time for the counselor and settle what stands in it, or raise NotSettled.

    `decisions` maps ids of consultations to KEEP, FREE or the id of a colleague.
    """
    take_turn()
    lock_requests_of(in_time(counselor, starts_at, ends_at))

    closure, _is_new = Closure.objects.get_or_create(
        counselor=counselor, starts_at=starts_at, ends_at=ends_at, defaults={"reason": reason}
    )
    settle(cases(in_time(counselor, starts_at, ends_at)), decisions, by=by)

    AuditEvent.objects.create(type=Type.COUNSELOR_AWAY, actor=by, code=f"closure {closure.pk}")
    return closure


@transaction.atomic
def settle_gaps(*, counselor: Counselor, decisions, by: User) -> None:
    """Settle what stands with a counselor who is not there for it, or raise NotSettled."""
    take_turn()
    lock_requests_of(without_counselor(counselor))

    settle(cases(without_counselor(counselor)), decisions, by=by)


def in_time(counselor: Counselor, starts_at: datetime, ends_at: datetime) -> list[Consultation]:
    """What stands with this counselor and is yet to come in this time, soonest first."""
    closure = Closure(counselor=counselor, starts_at=starts_at, ends_at=ends_at)
    found = Consultation.objects.upcoming(now=timezone.now()).during(closure)
    return coverage.in_order(found.values("pk"))


def without_counselor(counselor: Counselor) -> list[Consultation]:
    found = coverage.gaps(now=timezone.now(), counselor=counselor)
    return [gap.consultation for gap in found]


def take_turn() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TURN])


def lock_requests_of(consultations: list[Consultation]) -> None:
    pks = [each.request_id for each in consultations]
    list(ConsultationRequest.objects.select_for_update().filter(pk__in=pks).order_by("pk"))


def cases(consultations: list[Consultation]) -> list[Case]:
    """Each with who could take it; the best is the least loaded, and has one at a time."""
    free = free_colleagues(consultations)
    loads = loads_of({pk for pks in free.values() for pk in pks})
    found, given = [], defaultdict(list)
    for consultation in consultations:
        line = assignment.ranked(
            [with_given(loads[pk], given[pk]) for pk in free[consultation.pk] if pk in loads]
        )
        best = next((each for each in line if fits(consultation, given[each.counselor.pk])), None)
        if best:
            given[best.counselor.pk].append(consultation)
        may_keep = consultation.counselor.user.is_active
        found.append(Case(consultation, line, best, may_keep))
    return found


def loads_of(pks) -> dict[int, Load]:
    now = timezone.now()
    since, until = now - assignment.LOOK_BACK, now + LOOK_AHEAD
    return {each.counselor.pk: each for each in assignment.loads(pks, since=since, until=until)}


def with_given(load: Load, given: list[Consultation]) -> Load:
    """The load as it would be with what we would already give them."""
    return replace(load, count=load.count + len(given))


def fits(consultation: Consultation, given: list[Consultation]) -> bool:
    """Whether its held time touches none of these."""
    begin, end = consultation.held.lower, consultation.held.upper
    return all(end <= each.held.lower or begin >= each.held.upper for each in given)


def free_colleagues(consultations: list[Consultation]) -> dict[int, set[int]]:
    """Who else has this mode, language and, for a visit, place, and is free then, by consultation.

    The notice that strangers must give binds no colleague. As many queries as
    there are kinds of consultations, however many there are of each.
    """
    rules = {each.mode: each for each in ModeRules.objects.all()}
    roster, free = on_roster(timezone.now()), {}
    for kind, group in groupby(sorted(consultations, key=kind_key), key=kind_key):
        alike = list(group)
        slots = slots_at([each.starts_at for each in alike], kind, rules[alike[0].mode], roster)
        for each in alike:
            free[each.pk] = slots.get(each.starts_at, set()) - {each.counselor_id}
    return free


def kind_key(consultation: Consultation) -> tuple:
    """What a colleague must fit: mode, language, and where someone comes in person."""
    return consultation.mode, consultation.request.language, consultation.place or 0


def slots_at(starts: list[datetime], kind: tuple, rules: ModeRules, roster) -> dict:
    """Who is free, by start, from one look at the open times for each stretch of the horizon."""
    mode, language, place = kind
    notice, free = timedelta(minutes=rules.minimum_notice), {}
    for start in sorted(starts):
        if start not in free:
            now = start - notice
            found = availability.open_slots(
                mode=mode, now=now, language=language, location=place or None, roster=roster
            )
            free |= {slot.starts_at: {*slot.counselors} for slot in found}
            free |= {each: free.get(each, set()) for each in starts if each <= now + rules.ahead}
    return free


def settle(cases: list[Case], decisions: dict, *, by: User) -> None:
    """Do what was decided about each, or raise NotSettled and leave nothing done."""
    undecided = [case.consultation.pk for case in cases if not is_decided(case, decisions)]
    if undecided:
        raise NotSettled(undecided=undecided)
    assignment.lock_capped([each for each in decisions.values() if each not in (KEEP, FREE)])
    taken = [
        case.consultation.pk
        for case in cases
        if not is_done(case.consultation, decisions[case.consultation.pk], by=by)
    ]
    if taken:
        raise NotSettled(taken=taken)
    for case in cases:
        tasks.wake(case.consultation.request)


def is_decided(case: Case, decisions: dict) -> bool:
    decision = decisions.get(case.consultation.pk)
    return decision is not None and (decision != KEEP or case.may_keep)


def is_done(consultation: Consultation, decision, *, by: User) -> bool:
    """Keep, free or hand over one consultation; False when the colleague is no longer free."""
    if decision == KEEP:
        keep(consultation, by=by)
    elif decision == FREE:
        cancel(consultation, by=by)
    else:
        return is_handed_over(consultation, decision, by=by)
    return True


def is_handed_over(consultation: Consultation, counselor_id: int, *, by: User) -> bool:
    """A colleague takes the same time: looked at again now, so that a full day counts too."""
    pks = free_colleagues([consultation])[consultation.pk]
    load = loads_of(pks).get(counselor_id)
    if load is None:
        return False
    try:
        handed = assignment.hand_over(consultation=consultation, load=load, free=len(pks), by=by)
    except SlotTaken:
        return False
    request = handed.request
    request.audit_events.create(type=Type.CONSULTATION_HANDED_OVER, actor=by, consultation=handed)
    if not (request.email and request.may_email):
        call_soon(request)
    promises.promise_handed_over(handed)
    return True


def keep(consultation: Consultation, *, by: User) -> None:
    """They will hold it although they are away."""
    consultation.kept_at = timezone.now()
    consultation.save(update_fields=["kept_at"])
    consultation.request.audit_events.create(
        type=Type.CONSULTATION_KEPT, actor=by, consultation=consultation
    )


def cancel(consultation: Consultation, *, by: User) -> None:
    """We cannot hold it: the person is asked to choose again, and staff call them."""
    assignment.release(consultation, Consultation.Status.CANCELLED_BY_CENTER)
    request = consultation.request
    if request.may_become(Stage.ATTEMPTING_CONTACT):
        request.move_to(Stage.ATTEMPTING_CONTACT)
    request.save(update_fields=["stage"])
    call_soon(request)
    offers.stop_waiting(request, Waiting.Left.ENDED, by=by)
    request.audit_events.create(
        type=Type.CONSULTATION_CANCELLED, actor=by, consultation=consultation
    )
    promises.promise_freed(consultation)


def call_soon(request: ConsultationRequest) -> None:
    """Staff call at once, or at eight where the person is; what is owed sooner stays so."""
    due_at = cadence.within_the_day(timezone.now(), ZoneInfo(request.time_zone))
    request.due_at = min(request.due_at, due_at)
    request.save(update_fields=["due_at"])
