"""Open slots: hours minus closures, held time, busy time and full days. Reads only.

All the starts of some days stand in one grid, and a set of them is the bits of
one number: a counselor's hours are bits, each held time takes bits away, and
what is left is offered. Two queries, however many counselors and however long
the history. Everything returned is an instant (aware, UTC).
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import compress, groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from admissions import counters
from admissions.sql_rows import fetch_rows

from .models import Consultation, ModeRules
from .roster import (
    DAY,
    Intervals,
    RosterEntry,
    days_between,
    filter_roster,
    hours_on_days,
    load_mode_rules,
    load_roster,
    local_to_timestamp,
    parse_closures,
)

STAMP_FORMAT = "%Y%m%dT%H%M%SZ"

# Who is held when. Held time lies within a day of its start, so starts alone find it.
# Busy time has no start: it holds like a consultation, and no cap counts it.
HELD_TIMES_SQL = """
    SELECT date_part('epoch', starts_at)::bigint AS start,
        floor(date_part('epoch', lower(held)))::bigint AS held_from,
        ceil(date_part('epoch', upper(held)))::bigint AS held_until,
        array_agg(counselor_id) AS counselors
    FROM admissions_consultation
    WHERE status IN ('scheduled', 'confirmed') AND starts_at BETWEEN %(begin)s AND %(end)s
        AND id IS DISTINCT FROM %(freeing)s
    GROUP BY starts_at, held
    UNION ALL
    SELECT NULL, floor(date_part('epoch', starts_at))::bigint,
        ceil(date_part('epoch', ends_at))::bigint, array_agg(counselor_id)
    FROM admissions_busytime
    WHERE starts_at <= %(end)s AND ends_at >= %(begin)s
    GROUP BY starts_at, ends_at
"""


class HeldTime(NamedTuple):
    """Who is held from when until when, in seconds; busy time has no start of its own."""

    start: int | None
    held_from: int
    held_until: int
    counselors: list[int]


class Slot(NamedTuple):
    """An offered start and end in UTC, the counselors who are free then, and where, if asked."""

    starts_at: datetime
    ends_at: datetime
    mode: str
    counselors: tuple[int, ...]
    location_id: int | None = None

    @property
    def minutes(self) -> int:
        return (self.ends_at - self.starts_at) // timedelta(minutes=1)

    @property
    def stamp(self) -> str:
        return format_stamp(self.starts_at)


@lru_cache(maxsize=10_000)
def format_stamp(at: datetime) -> str:
    """An instant in UTC as it travels in an address, e.g. 20261124T170000Z."""
    # As STAMP says it; strftime takes ten times as long, and pages have hundreds.
    return at.isoformat()[:19].replace("-", "").replace(":", "") + "Z"


def parse_stamp(stamp: str) -> datetime | None:
    """The instant that a stamp names, or None when it is no stamp of ours."""
    try:
        at = datetime.strptime(stamp, STAMP_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None
    # Years before 1000, other digits and lower case read well but come out different.
    return at if f"{at:{STAMP_FORMAT}}" == stamp else None


@counters.SLOT_SEARCH.time()
def open_slots(
    *,
    mode: str,
    now: datetime,
    language: str | None = None,
    location: int | None = None,
    at: datetime | None = None,
    freeing: Consultation | None = None,
    roster: list[RosterEntry] | None = None,
    rules: ModeRules | None = None,
) -> list[Slot]:
    """Every start at which some fitting counselor is free, soonest first.

    `at` asks for one start only. `freeing` is a consultation about to move: its
    own time counts as free. `roster` and `rules` save reading them again.
    """
    rules = rules or load_mode_rules(mode)
    first, last = rules.start_bounds(now)
    if at is not None:
        if not first <= at <= last:
            return []
        first = last = at

    roster = load_roster(now) if roster is None else roster
    counselors = filter_roster(roster, mode=mode, language=language, location=location)
    return [
        Slot(start, start + timedelta(minutes=rules.length), mode, free, location)
        for start, free in find_free_starts(counselors, first, last, rules, freeing)
    ]


def find_free_starts(
    counselors: Iterable[RosterEntry],
    first: datetime,
    last: datetime,
    rules: ModeRules,
    freeing: Consultation | None,
) -> list[tuple[datetime, tuple[int, ...]]]:
    """(start, ids of who is free) for every start in [first, last] that anyone has, in order."""
    standing = fetch_held_times(first, last, freeing=freeing)
    found: dict[datetime, tuple[int, ...]] = {}
    for zone_name, group in groupby(sorted(counselors, key=zone_name_of), key=zone_name_of):
        days = [at.astimezone(ZoneInfo(zone_name)).date() for at in (first, last)]
        grid = cached_grid(*days, zone_name, rules.start_grid)
        asked = grid.within(first.timestamp(), last.timestamp())
        free = free_bits(list(group), grid, standing, rules)
        for start, pks in decode_free_starts(
            grid, tuple((pk, asked & bits) for pk, bits in free.items())
        ):
            found[start] = tuple(sorted(found[start] + pks)) if start in found else pks
    return sorted(found.items())


def zone_name_of(counselor: RosterEntry) -> str:
    return counselor.zone_name


def fetch_held_times(
    first: datetime, last: datetime, *, freeing: Consultation | None = None
) -> list[HeldTime]:
    """What holds time near these."""
    near = {"begin": first - 2 * DAY, "end": last + 2 * DAY, "freeing": freeing and freeing.pk}
    return fetch_rows(HeldTime, HELD_TIMES_SQL, near)


def free_bits(
    counselors: list[RosterEntry], grid: "StartGrid", standing: list[HeldTime], rules: ModeRules
) -> dict[int, int]:
    """What each counselor's hours and closures allow, without held times and full days."""
    length, hours = 60 * rules.length, (rules.mode, grid.first_day, grid.last_day)
    free = {
        each.pk: open_bits(
            grid, hours_on_days(each, *hours), parse_closures(each.closures_json), length
        )
        for each in counselors
    }
    before, after = 60 * rules.buffer_before, length + 60 * rules.buffer_after
    for held in standing:
        left = ~grid.between(held.held_from - after, held.held_until + before)
        for pk in held.counselors:
            if pk in free:
                free[pk] &= left
    for pk, start, end in full_days(counselors, standing):
        free[pk] &= ~grid.within(start, end)
    return free


@lru_cache(maxsize=10_000)
def open_bits(grid: "StartGrid", hours: Intervals, closed: Intervals, length: int) -> int:
    """Starts whose whole length lies within hours and touches no closure."""
    free = 0
    for opens, closes in hours:
        free |= grid.within(opens, closes - length)
    for start, end in closed:
        free &= ~grid.between(start - length, end)
    return free


def full_days(
    counselors: list[RosterEntry], standing: list[HeldTime]
) -> Iterator[tuple[int, int, int]]:
    """(id, first second, last second) of each local day on which a daily cap is reached."""
    for each in counselors:
        if each.daily_cap:
            zone = each.zone
            starts = [held.start for held in standing if held.start and each.pk in held.counselors]
            taken = Counter(datetime.fromtimestamp(start, zone).date() for start in starts)
            for day, count in taken.items():
                if count >= each.daily_cap:
                    midnight = local_to_timestamp(day + DAY, time(0), zone)
                    yield each.pk, local_to_timestamp(day, time(0), zone), midnight - 1


class StartGrid:
    """The starts of some local days, in order; a set of them is the bits of a number."""

    def __init__(self, first_day: date, last_day: date, zone: ZoneInfo, minutes: int):
        self.first_day, self.last_day = first_day, last_day
        days = days_between(first_day, last_day)
        self.starts = sorted(
            {start for day in days for start in grid_starts_on_day(day, zone, minutes)}
        )

    def within(self, first: float, last: float) -> int:
        """Starts from first to last, both included."""
        return bit_range(bisect_left(self.starts, first), bisect_right(self.starts, last))

    def between(self, first: float, last: float) -> int:
        """Starts after first and before last."""
        return bit_range(bisect_right(self.starts, first), bisect_left(self.starts, last))


# The digits 0 and 1 as bytes that Python takes for false and true.
FALSE_AND_TRUE = bytes.maketrans(b"01", b"\0\1")


@lru_cache(maxsize=200)
def decode_free_starts(
    grid: StartGrid, free: tuple[tuple[int, int], ...]
) -> list[tuple[datetime, tuple[int, ...]]]:
    """(start in UTC, ids) for each start of the grid that is among the bits of some id."""
    width, ids = f"0{len(grid.starts)}b", [pk for pk, _bits in free]
    rows = [format(each, width).encode().translate(FALSE_AND_TRUE) for _pk, each in free]
    columns = zip(reversed(grid.starts), zip(*rows, strict=True), strict=False)
    return [
        (datetime.fromtimestamp(start, UTC), tuple(compress(ids, column)))
        for start, column in columns
        if any(column)
    ]


def bit_range(begin: int, end: int) -> int:
    """The number whose bits from begin up to end are set."""
    return ((1 << end - begin) - 1) << begin if begin < end else 0


@lru_cache(maxsize=100)
def cached_grid(first_day: date, last_day: date, zone_name: str, minutes: int) -> StartGrid:
    return StartGrid(first_day, last_day, ZoneInfo(zone_name), minutes)


def grid_starts_on_day(day: date, zone: ZoneInfo, minutes: int) -> set[int]:
    """Every instant of a local day at which the clock shows a multiple of so many minutes.

    A time that the clock skips is none, one that it repeats is two.
    """
    starts = set()
    for minute in range(0, 24 * 60, minutes):
        local = datetime.combine(day, time(*divmod(minute, 60)))
        for fold in (0, 1):
            start = local.replace(tzinfo=zone, fold=fold).timestamp()
            if datetime.fromtimestamp(start, zone).replace(tzinfo=None) == local:
                starts.add(int(start))
    return starts


def group_slots_by_day(slots: Iterable[Slot], zone: ZoneInfo) -> list[tuple[date, list[Slot]]]:
    """Slots grouped by local date in `zone`."""
    days = groupby(slots, key=lambda slot: slot.starts_at.astimezone(zone).date())
    return [(day, list(group)) for day, group in days]
