"""Counselors propose hours of their own; a coordinator or director accepts them or says why not.

Each step locks the counselor first, so that of two who decide at one moment one finds nothing that
waits. What is booked outside of the new hours stays booked: whoever accepts has seen which
consultations these are, and they stand on Today until somebody decides about each.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.scheduling import coverage
from admissions.scheduling.models import (
    Consultation,
    Counselor,
    HoursProposal,
    Mode,
    ProposedHours,
    WeeklyHours,
)
from admissions.scheduling.roster import load_roster
from users.models import User

Type, Outcome = AuditEvent.Type, HoursProposal.Outcome
PROPOSE, DECIDE = "admissions.propose_hours", "admissions.decide_hoursproposal"


class LeftOutChanged(ActionNotAllowed):
    """Other consultations stand outside of the new hours than whoever accepts has seen."""


@dataclass(frozen=True)
class Stretch:
    """Open from when to when on one weekday, 0 for Monday."""

    weekday: int
    opens: time
    closes: time


@transaction.atomic
def propose(
    *, by: User, from_day: date, stretches: Iterable[Stretch], note: str = ""
) -> HoursProposal:
    """Ask for this week from a day on, in the place of what one asked for before; raise
    ActionNotAllowed for a day that is over, or for who has no hours of their own."""
    counselor = lock_own_counselor(by)
    if from_day < timezone.localdate(timezone=counselor.zone):
        raise ActionNotAllowed(_("This day is over. Choose another."))

    end_waiting(counselor, Outcome.REPLACED)
    proposal = HoursProposal.objects.create(
        counselor=counselor, from_day=from_day, note=note, asked_by=by, asked_at=timezone.now()
    )
    ProposedHours.objects.bulk_create(
        ProposedHours(proposal=proposal, **vars(stretch)) for stretch in stretches
    )

    record(Type.CHANGE_ASKED, proposal, by)
    return proposal


@transaction.atomic
def withdraw(*, by: User) -> bool:
    """Take back what one asked for; False if nothing waits."""
    counselor = lock_own_counselor(by)
    waiting = HoursProposal.objects.waiting().filter(counselor=counselor).first()
    if waiting is None:
        return False

    end_waiting(counselor, Outcome.WITHDRAWN)

    record(Type.CHANGE_DECLINED, waiting, by)
    return True


@transaction.atomic
def accept(*, proposal_id: int, by: User, seen: Collection[int]) -> HoursProposal:
    """Let the hours count from their day, or from today if that is over.

    `seen` are ids of the consultations outside of them that `by` was shown; raise LeftOutChanged
    if there are others by now, ActionNotAllowed if it waits no more or is not for `by` to decide.
    """
    proposal = lock_waiting(proposal_id, by=by)
    first = first_day(proposal)
    rows = build_rows(proposal, first)
    left_out = {each.pk for each in find_left_out(proposal, now=timezone.now())}
    if left_out - set(seen):
        raise LeftOutChanged(_("A consultation was booked meanwhile. Look at the list again."))

    end_hours_before(proposal.counselor, first)
    WeeklyHours.objects.bulk_create(rows)
    settle(proposal, Outcome.ACCEPTED, by=by)

    AuditEvent.objects.create(
        type=Type.RECORD_CHANGED,
        actor=by,
        object_type="counselor",
        object_id=str(proposal.counselor_id),
        fields=["weeklyhours"],
        detail={"proposal": proposal.pk, "asked_by": proposal.asked_by_id},
    )
    return proposal


@transaction.atomic
def decline(*, proposal_id: int, by: User, answer: str) -> HoursProposal:
    """Leave the hours as they are and say why; raise ActionNotAllowed as `accept` does."""
    proposal = lock_waiting(proposal_id, by=by)
    if not answer:
        raise ActionNotAllowed(_("Say why, so that they can ask for something else."))

    settle(proposal, Outcome.DECLINED, by=by, answer=answer)

    record(Type.CHANGE_DECLINED, proposal, by)
    return proposal


def find_left_out(proposal: HoursProposal, *, now: datetime) -> list[Consultation]:
    """What is booked with the counselor today and would lie outside of the hours if they counted,
    soonest first; what lies outside of the hours of now is no news, and left out."""
    entry = next((each for each in load_roster(now) if each.pk == proposal.counselor_id), None)
    if entry is None:
        return []
    later = replace(entry, weekly_hours_json=json.dumps(weekly_facts(proposal)))
    upcoming = Consultation.objects.upcoming(now=now).filter(
        counselor_id=proposal.counselor_id, kept_at=None
    )
    found = []
    for each in upcoming:
        place = each.location_id if each.mode == Mode.IN_PERSON else None
        when = (each.mode, each.starts_at, each.ends_at)
        before = coverage.find_uncovered_reason(replace(entry, only_at_location=place), *when)
        after = coverage.find_uncovered_reason(replace(later, only_at_location=place), *when)
        if after and not before:
            found.append(each.pk)
    return coverage.fetch_consultations_in_order(found)


def weekly_facts(proposal: HoursProposal) -> list[list[Any]]:
    """All weekly hours as they would stand, as the roster reads them."""
    first = first_day(proposal)
    kept = [shorten(each, first) for each in list_current(proposal.counselor, first)]
    rows = [each for each in kept if each is not None] + build_rows(proposal, first)
    return [
        [
            row.weekday,
            row.opens.isoformat(),
            row.closes.isoformat(),
            row.valid_from and row.valid_from.isoformat(),
            row.valid_until and row.valid_until.isoformat(),
            row.modes,
            row.location_id,
        ]
        for row in rows
    ]


def first_day(proposal: HoursProposal) -> date:
    """The day from which the hours would count: never one that is over."""
    return max(proposal.from_day, timezone.localdate(timezone=proposal.counselor.zone))


def list_current(counselor: Counselor, on: date) -> list[WeeklyHours]:
    """The counselor's weekly hours that are not over before this day."""
    return list(counselor.weekly_hours.filter(Q(valid_until=None) | Q(valid_until__gte=on)))


def build_rows(proposal: HoursProposal, first: date) -> list[WeeklyHours]:
    """The proposed hours as rows, not yet saved. What is said of an hour of now, only some ways to
    talk or another place, stays with the new hours that it meets on its day."""
    current = list_current(proposal.counselor, first)
    rows = []
    for each in proposal.stretches.all():
        row = WeeklyHours(
            counselor=proposal.counselor,
            weekday=each.weekday,
            opens=each.opens,
            closes=each.closes,
            valid_from=first,
        )
        same_day = [hours for hours in current if hours.weekday == row.weekday]
        if met := next((hours for hours in same_day if hours.meets_on_clock(row)), None):
            row.modes, row.location_id = met.modes, met.location_id
        rows.append(row)
    return rows


def shorten(row: WeeklyHours, first: date) -> WeeklyHours | None:
    """A row that ends the day before; None if it would never count."""
    if row.valid_from and row.valid_from >= first:
        return None
    row.valid_until = first - timedelta(days=1)
    return row


def end_hours_before(counselor: Counselor, first: date) -> None:
    for row in list_current(counselor, first):
        if shorten(row, first) is None:
            row.delete()
        else:
            row.save(update_fields=["valid_until"])


def lock_own_counselor(by: User) -> Counselor:
    counselor = Counselor.objects.select_for_update(no_key=True).filter(user=by).first()
    if counselor is None or not by.has_perm(PROPOSE):
        raise ActionNotAllowed(_("You hold no consultations, so you have no hours here."))
    return counselor


def lock_waiting(proposal_id: int, *, by: User) -> HoursProposal:
    """The proposal, its counselor locked before it, if it waits and `by` may decide it."""
    counselors = Counselor.objects.select_for_update(no_key=True)
    counselor = counselors.filter(hours_proposals=proposal_id).first()
    proposal = HoursProposal.objects.waiting().filter(pk=proposal_id).first()
    if counselor is None or proposal is None:
        raise ActionNotAllowed(_("It is decided already, or they asked for something else."))
    if not may_decide(by, proposal):
        raise ActionNotAllowed(_("That is for someone else to decide."))
    proposal.counselor = counselor
    return proposal


def may_decide(person: User, proposal: HoursProposal) -> bool:
    return person.has_perm(DECIDE) and person.pk != proposal.asked_by_id


def count_to_decide(person: User) -> int:
    """How many proposals wait for this person."""
    if not person.has_perm(DECIDE):
        return 0
    return HoursProposal.objects.waiting().exclude(asked_by=person).count()


def end_waiting(counselor: Counselor, outcome: str) -> None:
    waiting = HoursProposal.objects.waiting().filter(counselor=counselor)
    waiting.update(outcome=outcome, decided_at=timezone.now())


def settle(proposal: HoursProposal, outcome: str, *, by: User, answer: str = "") -> None:
    proposal.outcome, proposal.answer = outcome, answer
    proposal.decided_by, proposal.decided_at = by, timezone.now()
    proposal.save(update_fields=["outcome", "answer", "decided_by", "decided_at"])


def record(type: str, proposal: HoursProposal, by: User) -> None:
    AuditEvent.objects.create(
        type=type,
        actor=by,
        object_type="hoursproposal",
        object_id=str(proposal.pk),
        detail={"counselor": proposal.counselor_id},
    )
