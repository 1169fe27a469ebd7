"""When someone was there to call, and who asked for us when; hours as they are kept today."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ..models import Mode, Shortage
from ..roster import Pairs, Staffed, fitting, joined, windows
from .look import Look, centre, figures_of

HOUR = 3600
Cell = tuple[int, int]

# A moment lies in the window that opened last: number `n` of these lists.
STAFFED = """
    staffed AS (
        SELECT %(opens)s::float8[] AS opens, %(lengths)s::float8[] AS lengths,
            %(earlier)s::float8[] AS earlier
    )
"""
ASKED_WHEN = f"""
    , {STAFFED}
    SELECT extract(isodow FROM local)::int - 1, extract(hour FROM local)::int,
        moment - opens[n] < lengths[n],
        EXISTS (
            SELECT FROM admissions_shortage AS short WHERE short.language = asked.language
                AND short.began_at <= created_at AND created_at < coalesce(ended_at, 'infinity')
        ),
        count(*)
    FROM asked, staffed,
        LATERAL (SELECT created_at AT TIME ZONE %(zone)s AS local) AS there,
        LATERAL (SELECT extract(epoch FROM created_at)::float8 AS moment) AS instant,
        LATERAL (SELECT width_bucket(moment, opens) AS n) AS place
    GROUP BY 1, 2, 3, 4
"""  # noqa: S608  our own words alone


@dataclass(frozen=True)
class Hours:
    """The windows of each set of hours, and how many counselors have it; in seconds."""

    sets: Counter[Pairs]

    @property
    def anyone(self) -> Pairs:
        """When at least one counselor had hours."""
        return joined(window for pairs in self.sets for window in pairs)

    @property
    def lists(self) -> dict[str, list[float]]:
        """The windows of anyone as STAFFED takes them, behind one that is empty and always was."""
        opens, lengths, earlier = [float("-inf")], [0.0], [0.0]
        for start, end in self.anyone:
            earlier.append(earlier[-1] + lengths[-1])
            opens.append(float(start))
            lengths.append(float(end - start))
        return {"opens": opens, "lengths": lengths, "earlier": earlier}

    def by_clock(self) -> dict[Cell, float]:
        """Counselor hours by (weekday from Monday, hour) of the centre's clock."""
        found: dict[Cell, float] = defaultdict(float)
        for pairs, counselors in self.sets.items():
            for start, end in pairs:
                for cell, seconds in hours_within(start, end):
                    found[cell] += counselors * seconds / HOUR
        return dict(found)


@dataclass(frozen=True)
class Coverage:
    """Requests against staffed hours, by (weekday from Monday, hour) of the centre's clock."""

    asked: dict[Cell, int]
    staffed: dict[Cell, float]
    total: int
    unstaffed: int
    short: int
    shortages: list[Shortage]

    @property
    def weekdays(self) -> list[int]:
        return sorted({weekday for weekday, _hour in [*self.asked, *self.staffed]})

    def is_uncovered(self, cell: Cell) -> bool:
        """Whether people asked in this hour, and nobody ever had hours in it."""
        return bool(self.asked.get(cell)) and not self.staffed.get(cell)

    def by_hour(self) -> dict[int, int]:
        return added(self.asked, place=1)

    def by_weekday(self) -> dict[int, int]:
        return added(self.asked, place=0)

    def staffed_by_hour(self) -> dict[int, float]:
        return added(self.staffed, place=1)


def added(cells: dict[Cell, float], *, place: int) -> dict:
    """Cells added up by weekday (place 0) or hour (place 1), in order."""
    found: dict[int, float] = defaultdict(int)
    for cell, n in sorted(cells.items(), key=lambda each: each[0][place]):
        found[cell[place]] += n
    return dict(found)


def hours_within(start: int, end: int) -> Iterator[tuple[Cell, int]]:
    """A window cut at each full hour of the centre's clock: its cell, and seconds."""
    while start < end:
        local = datetime.fromtimestamp(start, centre())
        stop = min(end, start + HOUR - 60 * local.minute - local.second)
        yield (local.weekday(), local.hour), stop - start
        start = stop


def hours(roster: list[Staffed], look: Look, *, until: datetime) -> Hours:
    """When phone counselors who speak the language looked at had hours, up to a moment."""
    begin, end = look.begin.timestamp(), until.timestamp()
    found: Counter[Pairs] = Counter()
    for each in fitting(roster, mode=Mode.PHONE, language=look.language):
        near = windows(each, Mode.PHONE, look.begin, until)
        found[joined((max(start, begin), min(stop, end)) for start, stop in near)] += 1
    return Hours(found)


def coverage(look: Look, staffed: Hours) -> Coverage:
    """When people asked, and whether someone was there."""
    asked: Counter[Cell] = Counter()
    counted: Counter[str] = Counter()
    rows = figures_of(look.asked(), ASKED_WHEN, zone=str(centre()), **staffed.lists)
    for weekday, hour, is_staffed, is_short, n in rows:
        asked[weekday, hour] += n
        counted["total"] += n
        counted["unstaffed"] += n * (not is_staffed)
        counted["short"] += n * is_short
    return Coverage(
        asked=dict(asked),
        staffed=staffed.by_clock(),
        total=counted["total"],
        unstaffed=counted["unstaffed"],
        short=counted["short"],
        shortages=shortages(look),
    )


def shortages(look: Look) -> list[Shortage]:
    """The stretches without a phone time within a day that touch these days, newest first."""
    found = Shortage.objects.with_demand().during(look.begin, look.end)
    return list(found.filter(language=look.language) if look.language else found)
