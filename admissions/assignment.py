"""Who takes a consultation, and how its time is held so that no one else can.

Every change of a consultation first locks its request. Held time needs no
lock: an insert with ON CONFLICT DO NOTHING is the last thing that may wait,
and one that moves waits only for moves that began later, so never in a ring.
A daily cap is a count, which no constraint can guard: counselors who have one
are locked before any insert or release, always in the same order.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from django.contrib.auth.models import User
from django.db.models import Count, Max
from django.utils import timezone
from psycopg2.extras import DateTimeTZRange

from . import availability
from .models import Closure, Consultation, ConsultationRequest, Counselor, ModeRules, SlotTaken
from .roster import on_roster

LOOK_BACK = timedelta(days=14)
LEAST_PRESENT, MINUTE = timedelta(days=1), timedelta(minutes=1)
NEVER = datetime.min.replace(tzinfo=UTC)
CHOSEN = "chosen by staff"
CANCELLATIONS = {
    Consultation.Status.CANCELLED_BY_PERSON,
    Consultation.Status.CANCELLED_BY_CENTER,
}


@dataclass(frozen=True)
class Pick:
    """A free start of one counselor, as staff chose it in the calendar."""

    starts_at: datetime
    mode: str
    counselor_id: int


def hold(
    *,
    request: ConsultationRequest,
    starts_at: datetime,
    mode: str,
    now: datetime,
    by: User | None = None,
    counselor_id: int | None = None,
    location: int | None = None,
) -> Consultation:
    """Hold this time with the counselor chosen, else the least loaded one, or raise SlotTaken.

    `location` asks for a counselor of one place.
    """
    rules = ModeRules.objects.get(mode=mode)
    asked = {"rules": rules, "now": now, "language": request.language, "location": location}
    slot = offered(starts_at=starts_at, **asked)
    return hold_with_first_free(
        chosen(slot, counselor_id),
        rules=rules,
        request=request,
        now=now,
        by=by,
        is_chosen=counselor_id is not None,
    )


def move(
    *,
    consultation: Consultation,
    starts_at: datetime,
    now: datetime,
    by: User | None = None,
    counselor_id: int | None = None,
    location: int | None = None,
) -> Consultation:
    """Hold the new time and free the old in the caller's transaction, or raise SlotTaken.

    The request's row is locked. The same counselor stays if free, unless another is
    chosen; a visit in person stays at its place, or at `location`.
    """
    rules = ModeRules.objects.get(mode=consultation.mode)
    if counselor_id is None:
        location = location or consultation.place
    asked = {"language": consultation.request.language, "location": location}
    slot = offered(starts_at=starts_at, rules=rules, now=now, freeing=consultation, **asked)
    slot = chosen(slot, counselor_id)
    release(consultation, Consultation.Status.RESCHEDULED)
    return hold_with_first_free(
        slot,
        rules=rules,
        request=consultation.request,
        now=now,
        by=by,
        moved_from=consultation,
        is_chosen=counselor_id is not None,
    )


def hold_with_first_free(
    slot, *, rules, request, now, by, moved_from=None, is_chosen=False
) -> Consultation:
    """Hold the slot with the first in line whom no rival has taken since, or raise SlotTaken."""
    line = in_line(slot.counselors, rules=rules, now=now)
    if moved_from:
        line.sort(key=lambda each: each.counselor.pk != moved_from.counselor_id)
    for place, load in enumerate(line):
        consultation = new_consultation(request, load.counselor, slot, rules=rules, by=by)
        if moved_from:
            follow(consultation, moved_from)
        consultation.assigned_because = CHOSEN if is_chosen else reason(line[place:], consultation)
        if Consultation.objects.hold(consultation):
            return consultation
    raise SlotTaken


def hand_over(*, consultation: Consultation, load: "Load", free: int, by: User) -> Consultation:
    """Free it with its counselor and hold the same time with a colleague, or raise SlotTaken.

    Call it with the request's row locked, inside a transaction. `free` is how many could.
    """
    release(consultation, Consultation.Status.RESCHEDULED)
    held = DateTimeTZRange(consultation.held.lower, consultation.held.upper, "[)")
    handed = Consultation(
        request=consultation.request,
        counselor=load.counselor,
        location=consultation.location if consultation.place else load.counselor.location,
        mode=consultation.mode,
        starts_at=consultation.starts_at,
        ends_at=consultation.ends_at,
        held=held,
        booked_by=by,
        assigned_because=f"handed over by staff; one of {free} free ({load.words})",
    )
    follow(handed, consultation)
    if not Consultation.objects.hold(handed):
        raise SlotTaken
    return handed


def follow(consultation: Consultation, old: Consultation) -> None:
    """Take the place of the old row: the same entry in calendars, one version on."""
    consultation.uid, consultation.sequence = old.uid, old.sequence + 1
    consultation.moved_from = old


def take_up_entry(consultation: Consultation) -> None:
    """After a cancellation of ours, the same entry in calendars: word of that may never go.

    Only of the one that ended last; what came of an earlier one has long been told.
    """
    others = consultation.request.consultations.exclude(pk=consultation.pk)
    last = others.order_by("-booked_at", "-pk").first()
    if last and last.is_cancelled_by_us:
        consultation.uid, consultation.sequence = last.uid, last.sequence + 1
        consultation.save(update_fields=["uid", "sequence"])


def reason(line: list["Load"], consultation: Consultation) -> str:
    """Why the first in this line has it, in words that stay the same."""
    first, old = line[0], consultation.moved_from
    language = f"speaks {consultation.request.language}"
    if consultation.is_in_person:
        language += f", at {consultation.location.name}"
    if old and old.counselor_id == first.counselor.pk:
        return f"{language}; the same counselor is free"
    if len(line) == 1:
        return f"{language}; the only one free"
    chosen = f"{language}; least loaded of {len(line)} free ({first.words})"
    equal = first.rate == line[1].rate
    return f"{chosen}; longest without a booking of equals" if equal else chosen


def release(consultation: Consultation, status: str, *, reason: str = "") -> None:
    """Free the consultation's time; its calendars are told under the next sequence."""
    consultation.move_to(status)
    consultation.ended_at = timezone.now()
    consultation.cancel_reason = reason
    if status in CANCELLATIONS:
        consultation.sequence += 1
    consultation.save(update_fields=["status", "ended_at", "cancel_reason", "sequence"])


def offered(*, starts_at, rules, now, language, location=None, freeing=None) -> availability.Slot:
    """The one open slot at this start, or SlotTaken; no rival can fill the day of who is in it."""
    asked = {"mode": rules.mode, "now": now, "language": language, "location": location}
    asked |= {"at": starts_at, "freeing": freeing, "rules": rules}
    roster = on_roster(now)
    slots = availability.open_slots(**asked, roster=roster)
    capped = {each.pk for each in roster if each.daily_cap}
    if slots and not capped.isdisjoint(slots[0].counselors):
        lock_capped(slots[0].counselors)
        slots = kept(slots[0].counselors, availability.open_slots(**asked))
    if not slots:
        raise SlotTaken
    return slots[0]


def chosen(slot: availability.Slot, counselor_id: int | None) -> availability.Slot:
    """The slot with the one counselor whom staff chose, if any; SlotTaken if they are not free."""
    if counselor_id is None:
        return slot
    if counselor_id not in slot.counselors:
        raise SlotTaken
    return replace(slot, counselors=(counselor_id,))


def lock_capped(counselor_ids) -> None:
    """Wait for every booking with those of them who have a daily cap."""
    capped = Counselor.objects.filter(pk__in=counselor_ids, daily_cap__isnull=False)
    list(capped.select_for_update(no_key=True).order_by("pk"))


def kept(counselor_ids, slots) -> list[availability.Slot]:
    """The slots with only those counselors who were looked at and locked before."""
    left = [(slot, {*slot.counselors} & {*counselor_ids}) for slot in slots]
    return [replace(slot, counselors=tuple(sorted(pks))) for slot, pks in left if pks]


@dataclass(frozen=True)
class Load:
    """How much one counselor has, and how much is theirs to have; whole numbers only."""

    counselor: Counselor
    count: int
    share: int
    minutes_here: int
    minutes_in_all: int
    last_booked_at: datetime | None = None

    @property
    def rate(self) -> Fraction:
        """Consultations for a full share and a window without absence, exactly.

        Counted by the time they were here, one who was away owes nobody the
        bookings of that time, and is not flooded on coming back.
        """
        return Fraction(self.count * 100 * self.minutes_in_all, self.share * self.minutes_here)

    @property
    def place(self) -> tuple:
        """Least loaded first, then longest without a booking, then by id."""
        return self.rate, self.last_booked_at or NEVER, self.counselor.pk

    @property
    def words(self) -> str:
        words = f"load {self.count} at share {self.share}"
        days_away = (self.minutes_in_all - self.minutes_here) // (24 * 60)
        return f"{words}, {days_away} days away" if days_away else words


def in_line(counselor_ids, *, rules: ModeRules, now: datetime) -> list[Load]:
    """Whose turn it is, first to last; the same for the same rows, whoever asks."""
    return ranked(loads(counselor_ids, since=now - LOOK_BACK, until=now + rules.ahead))


def ranked(loads: list[Load]) -> list[Load]:
    """The rule itself, without a database."""
    return sorted(loads, key=lambda load: load.place)


def loads(counselor_ids, *, since: datetime, until: datetime) -> list[Load]:
    """What each of them has in this window, and how long they are here for it."""
    counted = (
        Consultation.objects.filter(counselor__in=counselor_ids)
        .filter(starts_at__range=(since, until), status__in=Consultation.COUNTED)
        .values("counselor")
        .annotate(n=Count("*"), last_booked_at=Max("booked_at"))
    )
    had = {row["counselor"]: row for row in counted}
    away = time_away(counselor_ids, since=since, until=until)
    counselors = Counselor.objects.filter(pk__in=counselor_ids).select_related("location")
    return [
        Load(
            counselor=each,
            count=had.get(each.pk, {}).get("n", 0),
            share=each.share,
            minutes_here=max(until - since - away[each.pk], LEAST_PRESENT) // MINUTE,
            minutes_in_all=(until - since) // MINUTE,
            last_booked_at=had.get(each.pk, {}).get("last_booked_at"),
        )
        for each in counselors
    ]


def time_away(counselor_ids, *, since: datetime, until: datetime) -> dict[int, timedelta]:
    """How much of this window each one's own closures take; closures of all are equal to all."""
    closures = Closure.objects.filter(
        counselor__in=counselor_ids, starts_at__lt=until, ends_at__gt=since
    ).order_by("starts_at")
    away, counted_until = defaultdict(timedelta), {}
    for closure in closures:
        pk = closure.counselor_id
        begin = max(closure.starts_at, counted_until.get(pk, since))
        end = min(closure.ends_at, until)
        if begin < end:
            away[pk] += end - begin
            counted_until[pk] = end
    return away


def new_consultation(request, counselor, slot, *, rules: ModeRules, by) -> Consultation:
    """A consultation at this slot, not yet saved."""
    return Consultation(
        request=request,
        counselor=counselor,
        location_id=slot.place or counselor.place_at(slot.starts_at, slot.mode),
        mode=slot.mode,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        held=DateTimeTZRange(*rules.held(slot.starts_at), "[)"),
        booked_by=by,
    )
