"""Who takes a consultation, and how its time is held so that no one else can.

Every change of a consultation first locks its request. Held time needs no
lock: an insert with ON CONFLICT DO NOTHING is the last thing that may wait,
and one that moves waits only for moves that began later, so never in a ring.
A daily cap is a count, which no constraint can guard: counselors who have one
are locked before any insert or release, always in the same order.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from admissions.exceptions import SlotTaken
from users.models import User

from . import availability
from .models import Consultation, Counselor, ModeRules
from .roster import load_mode_rules, load_roster
from .workload import CounselorLoad, rank_counselors

if TYPE_CHECKING:
    from admissions.intake.models import ConsultationRequest

CHOSEN_BY_STAFF = "chosen by staff"
CANCELED_STATUSES = {
    Consultation.Status.CANCELED_BY_PERSON,
    Consultation.Status.CANCELED_BY_CENTER,
}


@dataclass(frozen=True)
class SlotChoice:
    """A start that somebody chose: the counselor if staff named one, the location if it matters."""

    starts_at: datetime
    mode: str
    counselor_id: int | None = None
    location_id: int | None = None


def hold_slot(
    *,
    request: "ConsultationRequest",
    pick: SlotChoice,
    now: datetime,
    by: User | None = None,
) -> Consultation:
    """Hold this time with the counselor chosen, else the least loaded one, or raise SlotTaken.

    With a location, the counselor is one who is there then.
    """
    rules = load_mode_rules(pick.mode)
    slot = require_open_slot(
        starts_at=pick.starts_at,
        rules=rules,
        now=now,
        language=request.spoken_language,
        location=pick.location_id,
    )
    return hold_with_first_free_counselor(
        restrict_to_chosen_counselor(slot, pick.counselor_id),
        rules=rules,
        request=request,
        now=now,
        by=by,
        is_chosen=pick.counselor_id is not None,
    )


def move_to_slot(
    *,
    consultation: Consultation,
    starts_at: datetime,
    now: datetime,
    by: User | None = None,
    counselor_id: int | None = None,
    location: int | None = None,
    preferred_counselor_id: int | None = None,
    mode: str | None = None,
) -> Consultation:
    """Hold the new time and free the old in the caller's transaction, or raise SlotTaken.

    The request's row is locked. The same counselor stays if free, or the preferred one, unless
    another is chosen; a visit in person stays at its place, or at `location`. With another
    `mode`, the rules and the open times are those of that mode.
    """
    rules = load_mode_rules(mode or consultation.mode)
    if counselor_id is None and rules.mode == consultation.mode:
        location = location or consultation.visit_location_id
    slot = require_open_slot(
        starts_at=starts_at,
        rules=rules,
        now=now,
        language=consultation.request.spoken_language,
        location=location,
        freeing=consultation,
    )
    slot = restrict_to_chosen_counselor(slot, counselor_id)
    release_consultation(consultation, Consultation.Status.RESCHEDULED)
    return hold_with_first_free_counselor(
        slot,
        rules=rules,
        request=consultation.request,
        now=now,
        by=by,
        moved_from=consultation,
        is_chosen=counselor_id is not None,
        preferred_counselor_id=preferred_counselor_id or consultation.counselor_id,
    )


def hold_with_first_free_counselor(
    slot: availability.Slot,
    *,
    rules: ModeRules,
    request: "ConsultationRequest",
    now: datetime,
    by: User | None,
    moved_from: Consultation | None = None,
    is_chosen: bool = False,
    preferred_counselor_id: int | None = None,
) -> Consultation:
    """Hold the slot with the first in line whom no rival has taken since, or raise SlotTaken."""
    line = rank_counselors(slot.counselors, rules=rules, now=now)
    line.sort(key=lambda each: each.counselor_id != preferred_counselor_id)
    for place, load in enumerate(line):
        counselor = Counselor.objects.select_related("location").get(pk=load.counselor_id)
        consultation = build_consultation(request, counselor, slot, rules=rules, by=by)
        if moved_from:
            continue_calendar_entry(consultation, moved_from)
        consultation.assigned_because = (
            CHOSEN_BY_STAFF
            if is_chosen
            else assignment_reason(line[place:], consultation, preferred_counselor_id)
        )
        if Consultation.objects.try_hold(consultation):
            return consultation
    raise SlotTaken


def hand_over_consultation(
    *, consultation: Consultation, load: "CounselorLoad", free: int, by: User
) -> Consultation:
    """Free it with its counselor and hold the same time with a colleague, or raise SlotTaken.

    Call it with the request's row locked, inside a transaction. `free` is how many could.
    """
    counselor = Counselor.objects.select_related("location").get(pk=load.counselor_id)
    release_consultation(consultation, Consultation.Status.RESCHEDULED)
    held = DateTimeTZRange(consultation.held.lower, consultation.held.upper, "[)")
    handed = Consultation(
        request=consultation.request,
        counselor=counselor,
        location=consultation.location if consultation.visit_location_id else counselor.location,
        mode=consultation.mode,
        starts_at=consultation.starts_at,
        ends_at=consultation.ends_at,
        held=held,
        booked_by=by,
        assigned_because=f"handed over by staff; one of {free} free ({load.description})",
    )
    continue_calendar_entry(handed, consultation)
    if not Consultation.objects.try_hold(handed):
        raise SlotTaken
    return handed


def continue_calendar_entry(consultation: Consultation, old: Consultation) -> None:
    """Take the place of the old row: the same entry in calendars, one version on."""
    consultation.uid, consultation.sequence = old.uid, old.sequence + 1
    consultation.moved_from = old


def continue_canceled_entry(consultation: Consultation) -> None:
    """After a cancellation of ours, the same entry in calendars: word of that may never go.

    Only of the one that ended last; what came of an earlier one has long been told.
    """
    others = consultation.request.consultations.exclude(pk=consultation.pk)
    last = others.order_by("-booked_at", "-pk").first()
    if last and last.is_canceled_by_center:
        consultation.uid, consultation.sequence = last.uid, last.sequence + 1
        consultation.save(update_fields=["uid", "sequence"])


def assignment_reason(
    line: list["CounselorLoad"], consultation: Consultation, preferred_id: int | None
) -> str:
    """Why the first in this line has it, in words that stay the same."""
    first = line[0]
    spoken = consultation.request.spoken_language
    language = f"speaks {spoken}" if spoken else "with an interpreter"
    if consultation.is_in_person:
        language += f", at {consultation.location.name}"
    if first.counselor_id == preferred_id:
        return f"{language}; the same counselor is free"
    if len(line) == 1:
        return f"{language}; the only one free"
    chosen = f"{language}; least loaded of {len(line)} free ({first.description})"
    equal = first.rate == line[1].rate
    return f"{chosen}; longest without a booking of equals" if equal else chosen


def release_consultation(
    consultation: Consultation, status: str, *, reason: str = "", because: str = ""
) -> None:
    """Free the consultation's time; its calendars are told under the next sequence.

    `reason` is in somebody's own words, `because` a CancelReason of staff.
    """
    consultation.move_to(status)
    consultation.ended_at = timezone.now()
    consultation.cancel_reason, consultation.canceled_because = reason, because
    if status in CANCELED_STATUSES:
        consultation.sequence += 1
    consultation.save(
        update_fields=["status", "ended_at", "cancel_reason", "canceled_because", "sequence"]
    )


def require_open_slot(
    *,
    starts_at: datetime,
    rules: ModeRules,
    now: datetime,
    language: str | None,
    location: int | None = None,
    freeing: Consultation | None = None,
) -> availability.Slot:
    """The one open slot at this start, or SlotTaken; no rival can fill the day of who is in it."""
    find_slots = partial(
        availability.open_slots,
        mode=rules.mode,
        now=now,
        language=language,
        location=location,
        at=starts_at,
        freeing=freeing,
        rules=rules,
    )
    roster = load_roster(now)
    slots = find_slots(roster=roster)
    capped = {each.pk for each in roster if each.daily_cap}
    if slots and not capped.isdisjoint(slots[0].counselors):
        lock_capped_counselors(slots[0].counselors)
        slots = restrict_to_counselors(slots[0].counselors, find_slots())
    if not slots:
        raise SlotTaken
    return slots[0]


def restrict_to_chosen_counselor(
    slot: availability.Slot, counselor_id: int | None
) -> availability.Slot:
    """The slot with the one counselor whom staff chose, if any; SlotTaken if they are not free."""
    if counselor_id is None:
        return slot
    if counselor_id not in slot.counselors:
        raise SlotTaken
    return slot._replace(counselors=(counselor_id,))


def lock_capped_counselors(counselor_ids: Iterable[int]) -> None:
    """Wait for every booking with those of them who have a daily cap."""
    # A count is guarded by no constraint. Always in the order of ids, and before anything is
    # held, so that no two bookings wait for each other.
    capped = Counselor.objects.filter(pk__in=counselor_ids, daily_cap__isnull=False)
    list(capped.select_for_update(no_key=True).order_by("pk"))


def restrict_to_counselors(
    counselor_ids: Iterable[int], slots: Iterable[availability.Slot]
) -> list[availability.Slot]:
    """The slots with only those counselors who were looked at and locked before."""
    left = [(slot, {*slot.counselors} & {*counselor_ids}) for slot in slots]
    return [slot._replace(counselors=tuple(sorted(pks))) for slot, pks in left if pks]


def build_consultation(
    request: "ConsultationRequest",
    counselor: Counselor,
    slot: availability.Slot,
    *,
    rules: ModeRules,
    by: User | None,
) -> Consultation:
    """A consultation at this slot, not yet saved."""
    return Consultation(
        request=request,
        counselor=counselor,
        location_id=slot.location_id or counselor.location_id_at(slot.starts_at, slot.mode),
        mode=slot.mode,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        held=DateTimeTZRange(*rules.held_bounds(slot.starts_at), "[)"),
        booked_by=by,
    )
