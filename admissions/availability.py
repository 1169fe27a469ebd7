"""Open slots: weekly and extra hours, minus closures, held time and full days. Reads only.

Hours are local to the counselor's location; everything returned is an
instant (aware, UTC). The number of queries does not depend on how many
counselors there are.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.db.models import Q

from .models import Closure, Consultation, Counselor, ExtraHours, Mode, ModeRules

STAMP = "%Y%m%dT%H%M%SZ"
# The day on which clocks go back.
LONGEST_DAY = timedelta(hours=25)
CALL_WITHIN = timedelta(minutes=5)
CALL_AFTER_OPENING = timedelta(minutes=15)


@dataclass(frozen=True, order=True)
class Slot:
    """An offered start and end in UTC, and the counselors who are free then."""

    starts_at: datetime
    ends_at: datetime
    mode: str
    counselors: tuple[int, ...]

    @property
    def minutes(self) -> int:
        return (self.ends_at - self.starts_at) // timedelta(minutes=1)

    @property
    def stamp(self) -> str:
        """The start as it travels in an address, e.g. 20261124T170000Z."""
        return f"{self.starts_at:{STAMP}}"


@dataclass(frozen=True)
class CallPromise:
    """By when we can call back (UTC), and whether someone is on shift now."""

    by: datetime
    is_staffed: bool


def parse_stamp(stamp: str) -> datetime | None:
    """The instant that a stamp names, or None when it is no stamp of ours."""
    try:
        at = datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    # Years before 1000, other digits and lower case read well but come out different.
    return at if f"{at:{STAMP}}" == stamp else None


def open_slots(
    *,
    mode: str,
    now: datetime,
    language: str | None = None,
    at: datetime | None = None,
    freeing: Consultation | None = None,
) -> list[Slot]:
    """Every start at which some fitting counselor is free, soonest first.

    `at` asks for one start only. `freeing` is a consultation whose own time
    counts as free, because it is about to move.
    """
    rules = ModeRules.objects.get(mode=mode)
    earliest = now + timedelta(minutes=rules.minimum_notice)
    latest = now + timedelta(days=rules.horizon)
    if at is not None and not earliest <= at <= latest:
        return []

    first, last = (at, at) if at is not None else (earliest, latest)
    counselors = fitting_counselors(mode=mode, language=language)
    length = timedelta(minutes=rules.length)
    return [
        Slot(start, start + length, mode, tuple(sorted(pks)))
        for start, pks in sorted(free_starts(counselors, first, last, rules, freeing).items())
    ]


def free_starts(counselors, first, last, rules, freeing) -> dict[datetime, set[int]]:
    """The ids of who is free, by every start on the grid within [first, last]."""
    standing = standing_near(counselors, first, last, rules, freeing=freeing)
    held, full = held_times(standing), full_days(counselors, standing)
    free = defaultdict(set)
    for counselor, opens, closes in staffed_windows(counselors, first, last, rules.mode):
        days = full.get(counselor.pk)
        for start in starts_in(opens, closes, counselor.zone, rules):
            if not first <= start <= last or not is_free(start, rules, held[counselor.pk]):
                continue
            if not days or start.astimezone(counselor.zone).date() not in days:
                free[start].add(counselor.pk)
    return free


def fitting_counselors(*, mode: str, language: str | None = None) -> list[Counselor]:
    """Counselors who take consultations of this mode, in this language if one is given."""
    counselors = Counselor.objects.filter(
        is_taking_consultations=True, user__is_active=True, modes__contains=[mode]
    )
    if language:
        counselors = counselors.filter(languages__contains=[language])
    return list(
        counselors.select_related("location").prefetch_related("weekly_hours").order_by("pk")
    )


def standing_near(counselors, first, last, rules, *, freeing=None) -> list[tuple]:
    """(counselor id, start, held) of what stands on the local days and buffers of [first, last]."""
    (begin, _end), (_begin, end) = rules.held(first), rules.held(last)
    near = min(begin, first - LONGEST_DAY), max(end, last + LONGEST_DAY)
    standing = Consultation.objects.standing().filter(counselor__in=counselors, held__overlap=near)
    if freeing is not None:
        standing = standing.exclude(pk=freeing.pk)
    return list(standing.values_list("counselor_id", "starts_at", "held"))


def held_times(standing) -> dict[int, list[tuple]]:
    """Held (start, end) pairs by counselor."""
    held = defaultdict(list)
    for counselor_id, _starts_at, during in standing:
        held[counselor_id].append((during.lower, during.upper))
    return held


def full_days(counselors, standing) -> dict[int, set[date]]:
    """The local dates on which a counselor's daily cap is reached, for those who have one."""
    capped = {each.pk: each for each in counselors if each.daily_cap}
    taken = Counter(
        (pk, starts_at.astimezone(capped[pk].zone).date())
        for pk, starts_at, _held in standing
        if pk in capped
    )
    full = defaultdict(set)
    for (pk, day), count in taken.items():
        if count >= capped[pk].daily_cap:
            full[pk].add(day)
    return full


def staffed_windows(counselors, first, last, mode):
    """(counselor, opens, closes) in UTC: a mode's hours near [first, last], closures cut out."""
    closures = list(
        Closure.objects.filter(Q(counselor=None) | Q(counselor__in=counselors))
        .filter(ends_at__gt=first - timedelta(days=1), starts_at__lt=last + timedelta(days=1))
        .values_list("counselor_id", "starts_at", "ends_at")
    )
    extra = extra_hours(counselors, first, last)
    for counselor in counselors:
        closed = [(start, end) for pk, start, end in closures if pk in (None, counselor.pk)]
        hours = [*counselor.weekly_hours.all(), *extra[counselor.pk]]
        for opens, closes in joined(hours_between(hours, counselor.zone, first, last, mode)):
            for window in without(closed, opens, closes):
                yield counselor, *window


def extra_hours(counselors, first, last) -> dict[int, list[ExtraHours]]:
    """Hours of single dates near [first, last], by counselor."""
    near = (first.date() - timedelta(days=1), last.date() + timedelta(days=1))
    extra = defaultdict(list)
    for hours in ExtraHours.objects.filter(counselor__in=counselors, on__range=near):
        extra[hours.counselor_id].append(hours)
    return extra


def hours_between(hours, zone, first, last, mode):
    """Those hours that count for a mode in UTC, on every local day that touches [first, last]."""
    day, end = first.astimezone(zone).date(), last.astimezone(zone).date()
    while day <= end:
        for each in hours:
            if each.count_on(day, mode):
                yield instant(day, each.opens, zone), instant(day, each.closes, zone)
        day += timedelta(days=1)


def instant(day: date, local: time, zone: ZoneInfo) -> datetime:
    """A local wall time in UTC; one that DST skips keeps the earlier offset (RFC 5545, 3.3.5)."""
    return datetime.combine(day, local, tzinfo=zone).astimezone(UTC)


def joined(pairs):
    """The same time without seams: pairs that touch or overlap become one, empty ones go."""
    whole = []
    for start, end in sorted(pair for pair in pairs if pair[0] < pair[1]):
        if whole and start <= whole[-1][1]:
            opens, closes = whole[-1]
            whole[-1] = opens, max(closes, end)
        else:
            whole.append((start, end))
    return whole


def without(closed, opens, closes):
    """What is left of [opens, closes] once every closed pair is cut out."""
    for start, end in sorted(closed):
        if end <= opens or start >= closes:
            continue
        if start > opens:
            yield opens, start
        opens = max(opens, end)
    if opens < closes:
        yield opens, closes


def starts_in(opens, closes, zone, rules):
    """Starts on the grid of local midnight whose whole length fits between opens and closes."""
    grid = timedelta(minutes=rules.start_grid)
    local = opens.astimezone(zone)
    since_midnight = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
    start = opens + (-since_midnight % grid)
    while start + timedelta(minutes=rules.length) <= closes:
        yield start
        start += grid


def is_free(start, rules, held) -> bool:
    """No held time touches this start's length and buffers."""
    begin, end = rules.held(start)
    return all(end <= taken_from or begin >= taken_until for taken_from, taken_until in held)


def by_day(slots, zone: ZoneInfo) -> list[tuple[date, list[Slot]]]:
    """Slots grouped by local date in `zone`."""
    days = groupby(slots, key=lambda slot: slot.starts_at.astimezone(zone).date())
    return [(day, list(group)) for day, group in days]


def promise_call_by(*, now: datetime) -> CallPromise | None:
    """The callback time we can honestly promise, or None when nobody has hours soon."""
    counselors, week = fitting_counselors(mode=Mode.PHONE), now + timedelta(days=7)
    windows = sorted(
        (opens, closes)
        for _counselor, opens, closes in staffed_windows(counselors, now, week, Mode.PHONE)
        if closes > now
    )
    if any(opens <= now and now + CALL_WITHIN <= closes for opens, closes in windows):
        return CallPromise(by=now + CALL_WITHIN, is_staffed=True)
    upcoming = [opens for opens, _closes in windows if opens > now]
    if not upcoming:
        return None
    return CallPromise(by=upcoming[0] + CALL_AFTER_OPENING, is_staffed=False)
