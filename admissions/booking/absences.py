"""A counselor goes away or leaves: what becomes of each consultation that stands with them.

Each is handed to a colleague at the same time, kept, or freed, in one
transaction with the closure, or nothing is saved. Whatever stands and was not
decided about refuses the whole, so that none is dropped unseen.

Hand-overs go one at a time, since two who leave at one moment could each be
given what the other leaves. Then requests are locked, in one order, and
colleagues who have a daily cap, as everywhere before anything is held.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils import timezone

from admissions.alerts import news
from admissions.audit.models import AuditEvent
from admissions.exceptions import SlotTaken
from admissions.intake import contact_hours, waitlist_entries
from admissions.intake.models import ConsultationRequest
from admissions.messaging import outbox, tasks
from admissions.scheduling import assignment, availability, coverage, workload
from admissions.scheduling.models import Closure, Consultation, Counselor, ModeRules, WaitlistEntry
from admissions.scheduling.roster import RosterEntry, load_roster
from admissions.scheduling.workload import CounselorLoad
from users.models import User

KEEP, CANCEL = "keep", "free"
LOAD_WINDOW_AHEAD = timedelta(days=14)
ABSENCE_LOCK_ID = 5_301  # any number of ours: one hand-over at a time
# KEEP, CANCEL, or the id of the colleague who takes it; by the id of its consultation.
Decision = str | int
Decisions = dict[int, Decision]
# What a colleague must fit: mode, language or None for any, and the place of a visit or 0.
MatchingKey = tuple[str, str | None, int]
Stage, Type = ConsultationRequest.Stage, AuditEvent.Type


class UnresolvedConsultations(Exception):
    """Nothing is saved: some consultations were not decided about, or a colleague's time is taken.

    `undecided` and `taken` hold the ids of consultations.
    """

    def __init__(self, *, undecided: Iterable[int] = (), taken: Iterable[int] = ()) -> None:
        super().__init__()
        self.undecided, self.taken = frozenset(undecided), frozenset(taken)


@dataclass(frozen=True)
class AffectedConsultation:
    """One consultation to decide about, the colleagues who are free then, and the best of them."""

    consultation: Consultation
    colleagues: list[CounselorLoad]
    best: CounselorLoad | None
    may_keep: bool = True


@transaction.atomic
def record_absence(
    *,
    counselor: Counselor,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    decisions: Decisions,
    by: User,
) -> Closure:
    """Close this time for the counselor and settle what stands in it, or raise
    UnresolvedConsultations.

    `decisions` maps ids of consultations to KEEP, CANCEL or the id of a colleague.
    """
    # Two who leave at one moment could each be given what the other leaves.
    lock_absences()
    lock_requests_for(find_consultations_during(counselor, starts_at, ends_at))

    closure, _is_new = Closure.objects.get_or_create(
        counselor=counselor, starts_at=starts_at, ends_at=ends_at, defaults={"reason": reason}
    )
    apply_decisions(
        match_colleagues(find_consultations_during(counselor, starts_at, ends_at)), decisions, by=by
    )

    AuditEvent.objects.create(
        type=Type.COUNSELOR_AWAY, actor=by, object_type="closure", object_id=str(closure.pk)
    )
    return closure


@transaction.atomic
def resolve_coverage_gaps(*, counselor: Counselor, decisions: Decisions, by: User) -> None:
    """Settle what stands with a counselor who is away, or raise UnresolvedConsultations."""
    lock_absences()
    lock_requests_for(find_uncovered_consultations(counselor))

    apply_decisions(match_colleagues(find_uncovered_consultations(counselor)), decisions, by=by)


def find_consultations_during(
    counselor: Counselor, starts_at: datetime, ends_at: datetime
) -> list[Consultation]:
    """What stands with this counselor and is yet to come in this time, soonest first."""
    closure = Closure(counselor=counselor, starts_at=starts_at, ends_at=ends_at)
    found = Consultation.objects.upcoming(now=timezone.now()).during(closure)
    return coverage.fetch_consultations_in_order(found.values_list("pk", flat=True))


def find_uncovered_consultations(counselor: Counselor) -> list[Consultation]:
    found = coverage.find_gaps(now=timezone.now(), counselor=counselor)
    return [gap.consultation for gap in found]


def lock_absences() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ABSENCE_LOCK_ID])


def lock_requests_for(consultations: list[Consultation]) -> None:
    pks = [each.request_id for each in consultations]
    ConsultationRequest.objects.lock_all(pks)


def match_colleagues(consultations: list[Consultation]) -> list[AffectedConsultation]:
    """Each with who could take it; the best is the least loaded, and has one at a time."""
    free = find_free_colleagues(consultations)
    loads = measure_loads({pk for pks in free.values() for pk in pks})
    found: list[AffectedConsultation] = []
    given: dict[int, list[Consultation]] = defaultdict(list)
    for consultation in consultations:
        line = workload.rank_loads(
            [add_to_load(loads[pk], given[pk]) for pk in free[consultation.pk] if pk in loads]
        )
        best = next(
            (each for each in line if has_no_overlap(consultation, given[each.counselor_id])), None
        )
        if best:
            given[best.counselor_id].append(consultation)
        may_keep = consultation.counselor.user.is_active
        found.append(AffectedConsultation(consultation, line, best, may_keep))
    return found


def measure_loads(pks: Iterable[int]) -> dict[int, CounselorLoad]:
    now = timezone.now()
    since, until = now - workload.LOAD_LOOK_BACK, now + LOAD_WINDOW_AHEAD
    return {
        each.counselor_id: each for each in workload.compute_loads(pks, since=since, until=until)
    }


def add_to_load(load: CounselorLoad, given: list[Consultation]) -> CounselorLoad:
    """The load as it would be with what we would already give them."""
    return replace(load, count=load.count + len(given))


def has_no_overlap(consultation: Consultation, given: list[Consultation]) -> bool:
    """Whether its held time touches none of these."""
    begin, end = consultation.held.lower, consultation.held.upper
    return all(end <= each.held.lower or begin >= each.held.upper for each in given)


def find_free_colleagues(consultations: list[Consultation]) -> dict[int, set[int]]:
    """Who else has this mode, language and, for a visit, place, and is free then, by consultation.

    The notice that strangers must give binds no colleague. As many queries as
    there are kinds of consultations, however many there are of each.
    """
    rules = {each.mode: each for each in ModeRules.objects.all()}
    roster = load_roster(timezone.now())
    free: dict[int, set[int]] = {}
    for kind, group in groupby(sorted(consultations, key=matching_key), key=matching_key):
        alike = list(group)
        slots = find_free_counselors_by_start(
            [each.starts_at for each in alike], kind, rules[alike[0].mode], roster
        )
        for each in alike:
            free[each.pk] = slots.get(each.starts_at, set()) - {each.counselor_id}
    return free


def matching_key(consultation: Consultation) -> MatchingKey:
    """What a colleague must fit: mode, language, and where someone comes in person."""
    return (
        consultation.mode,
        consultation.request.spoken_language,
        consultation.visit_location_id or 0,
    )


def find_free_counselors_by_start(
    starts: list[datetime], kind: MatchingKey, rules: ModeRules, roster: list[RosterEntry]
) -> dict[datetime, set[int]]:
    """Who is free, by start, from one look at the open times for each stretch of the horizon."""
    mode, language, place = kind
    notice = timedelta(minutes=rules.minimum_notice)
    free: dict[datetime, set[int]] = {}
    for start in sorted(starts):
        if start not in free:
            now = start - notice
            found = availability.open_slots(
                mode=mode, now=now, language=language, location=place or None, roster=roster
            )
            free |= {slot.starts_at: {*slot.counselors} for slot in found}
            free |= {
                each: free.get(each, set())
                for each in starts
                if each <= now + rules.horizon_duration
            }
    return free


def apply_decisions(cases: list[AffectedConsultation], decisions: Decisions, *, by: User) -> None:
    """Do what was decided about each, or raise UnresolvedConsultations and do nothing."""
    undecided = [case.consultation.pk for case in cases if not is_decided(case, decisions)]
    if undecided:
        raise UnresolvedConsultations(undecided=undecided)
    assignment.lock_capped_counselors(
        [each for each in decisions.values() if isinstance(each, int)]
    )
    taken = [
        case.consultation.pk
        for case in cases
        if not apply_decision(case.consultation, decisions[case.consultation.pk], by=by)
    ]
    if taken:
        raise UnresolvedConsultations(taken=taken)
    for case in cases:
        tasks.wake_delivery(case.consultation.request)


def is_decided(case: AffectedConsultation, decisions: Decisions) -> bool:
    decision = decisions.get(case.consultation.pk)
    return decision is not None and (decision != KEEP or case.may_keep)


def apply_decision(consultation: Consultation, decision: Decision, *, by: User) -> bool:
    """Keep, free or hand over one consultation; False when the colleague is no longer free."""
    if decision == KEEP:
        keep_with_counselor(consultation, by=by)
    elif decision == CANCEL:
        cancel_by_center(consultation, by=by)
    else:
        return isinstance(decision, int) and try_hand_over(consultation, decision, by=by)
    return True


def try_hand_over(consultation: Consultation, counselor_id: int, *, by: User) -> bool:
    """A colleague takes the same time: looked at again now, so that a full day counts too."""
    pks = find_free_colleagues([consultation])[consultation.pk]
    load = measure_loads(pks).get(counselor_id)
    if load is None:
        return False
    try:
        handed = assignment.hand_over_consultation(
            consultation=consultation, load=load, free=len(pks), by=by
        )
    except SlotTaken:
        return False
    request = handed.request
    request.audit_events.create(type=Type.CONSULTATION_HANDED_OVER, actor=by, consultation=handed)
    if not (request.email and request.may_email):
        schedule_prompt_call(request)
    outbox.enqueue_handover_notice(handed)
    news.tell_of_moved_talk(handed, by=by)
    return True


def keep_with_counselor(consultation: Consultation, *, by: User) -> None:
    """They will hold it although they are away."""
    consultation.kept_at = timezone.now()
    consultation.save(update_fields=["kept_at"])
    consultation.request.audit_events.create(
        type=Type.CONSULTATION_KEPT, actor=by, consultation=consultation
    )


def cancel_by_center(consultation: Consultation, *, by: User) -> None:
    """We cannot hold it: the person is asked to choose again, and staff call them."""
    assignment.release_consultation(consultation, Consultation.Status.CANCELED_BY_CENTER)
    request = consultation.request
    if request.may_become(Stage.ATTEMPTING_CONTACT):
        request.move_to(Stage.ATTEMPTING_CONTACT)
    request.save(update_fields=["stage"])
    schedule_prompt_call(request)
    waitlist_entries.stop_waiting(request, WaitlistEntry.LeaveReason.ENDED, by=by)
    request.audit_events.create(
        type=Type.CONSULTATION_CANCELED, actor=by, consultation=consultation
    )
    outbox.enqueue_choose_again_notice(consultation)
    news.tell_of_canceled_talk(consultation, by=by)


def schedule_prompt_call(request: ConsultationRequest) -> None:
    """Staff call at once, or at eight where the person is; what is owed sooner stays so."""
    due_at = contact_hours.shift_into_call_hours(timezone.now(), ZoneInfo(request.time_zone))
    request.due_at = min(request.open_due_at, due_at)
    request.save(update_fields=["due_at"])
