"""When someone was there to call, and who asked for us when; hours as they are kept today."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeVar

from admissions.intake.demand import annotate_demand
from admissions.local_time import center_zone
from admissions.scheduling.models import Mode, Shortage
from admissions.scheduling.roster import (
    RosterEntry,
    filter_roster,
    merge_intervals,
    open_windows,
)

from .period import Period, query_figures

SECONDS_PER_HOUR = 3600
WeekHour = tuple[int, int]
# (opens, closes) in seconds since 1970, without seams.
Windows = tuple[tuple[float, float], ...]
Number = TypeVar("Number", int, float)

# A moment lies in the window that opened last: number `n` of these lists.
STAFFED_SQL = """
    staffed AS (
        SELECT %(opens)s::float8[] AS opens, %(lengths)s::float8[] AS lengths,
            %(earlier)s::float8[] AS earlier
    )
"""
# OFFSET 0 has each moment computed once for a request, not at each of its uses.
REQUESTS_BY_HOUR_SQL = f"""
    , {STAFFED_SQL}, short AS (
        SELECT language, range_agg(tstzrange(began_at, ended_at)) AS times
        FROM admissions_shortage GROUP BY language
    )
    SELECT date_part('isodow', local)::int - 1 AS weekday,
        date_part('hour', local)::int AS hour,
        moment - opens[n] < lengths[n] AS is_staffed,
        coalesce(short.times @> created_at, false) AS is_short,
        count(*) AS requests
    FROM asked LEFT JOIN short USING (language), staffed,
        LATERAL (SELECT created_at AT TIME ZONE %(zone)s AS local OFFSET 0) AS there,
        LATERAL (SELECT date_part('epoch', created_at) AS moment OFFSET 0) AS instant,
        LATERAL (SELECT width_bucket(moment, opens) AS n OFFSET 0) AS place
    GROUP BY 1, 2, 3, 4
"""  # noqa: S608  our own words alone


class HourOfRequests(NamedTuple):
    """So many requests of one hour of the week, with somebody at the phones or not."""

    weekday: int
    hour: int
    is_staffed: bool
    is_short: bool
    requests: int


@dataclass(frozen=True)
class StaffedHours:
    """The windows of each set of hours, and how many counselors have it; in seconds."""

    counselors_by_windows: Counter[Windows]

    @property
    def merged_windows(self) -> Windows:
        """When at least one counselor had hours."""
        return merge_intervals(window for pairs in self.counselors_by_windows for window in pairs)

    @property
    def sql_arrays(self) -> dict[str, list[float]]:
        """The windows of anyone as STAFFED takes them, behind one that is empty and always was."""
        opens, lengths, earlier = [float("-inf")], [0.0], [0.0]
        for start, end in self.merged_windows:
            earlier.append(earlier[-1] + lengths[-1])
            opens.append(float(start))
            lengths.append(float(end - start))
        return {"opens": opens, "lengths": lengths, "earlier": earlier}

    def counselor_hours(self) -> dict[WeekHour, float]:
        """Counselor hours by (weekday from Monday, hour) of the center's clock."""
        found: dict[WeekHour, float] = defaultdict(float)
        for pairs, counselors in self.counselors_by_windows.items():
            for start, end in pairs:
                for cell, seconds in split_at_hours(start, end):
                    found[cell] += counselors * seconds / SECONDS_PER_HOUR
        return dict(found)


@dataclass(frozen=True)
class StaffingCoverage:
    """Requests against staffed hours, by (weekday from Monday, hour) of the center's clock."""

    asked: dict[WeekHour, int]
    staffed: dict[WeekHour, float]
    total: int
    unstaffed: int
    during_shortage: int
    shortages: list[Shortage]

    @property
    def weekdays(self) -> list[int]:
        return sorted({weekday for weekday, _hour in [*self.asked, *self.staffed]})

    def is_uncovered(self, cell: WeekHour) -> bool:
        """Whether people asked in this hour, and nobody ever had hours in it."""
        return bool(self.asked.get(cell)) and not self.staffed.get(cell)

    def by_hour(self) -> dict[int, int]:
        return sum_by_axis(self.asked, axis=1)

    def by_weekday(self) -> dict[int, int]:
        return sum_by_axis(self.asked, axis=0)

    def staffed_by_hour(self) -> dict[int, float]:
        return sum_by_axis(self.staffed, axis=1)


def sum_by_axis(cells: dict[WeekHour, Number], *, axis: int) -> dict[int, Number]:
    """Cells added up by weekday (axis 0) or hour (axis 1), in order."""
    found: dict[int, Number] = defaultdict(int)
    for cell, n in sorted(cells.items(), key=lambda each: each[0][axis]):
        found[cell[axis]] += n
    return dict(found)


def split_at_hours(start: float, end: float) -> Iterator[tuple[WeekHour, float]]:
    """A window cut at each full hour of the center's clock: its cell, and seconds."""
    while start < end:
        local = datetime.fromtimestamp(start, center_zone())
        stop = min(end, start + SECONDS_PER_HOUR - 60 * local.minute - local.second)
        yield (local.weekday(), local.hour), stop - start
        start = stop


def find_staffed_hours(
    roster: list[RosterEntry], period: Period, *, until: datetime
) -> StaffedHours:
    """When phone counselors who speak the language asked for had hours, up to a moment."""
    begin, end = period.begin.timestamp(), until.timestamp()
    found: Counter[Windows] = Counter()
    for each in filter_roster(roster, mode=Mode.PHONE, language=period.language):
        near = open_windows(each, Mode.PHONE, period.begin, until)
        found[merge_intervals((max(start, begin), min(stop, end)) for start, stop in near)] += 1
    return StaffedHours(found)


def measure_coverage(period: Period, staffed: StaffedHours) -> StaffingCoverage:
    """When people asked, and whether someone was there."""
    asked: Counter[WeekHour] = Counter()
    counted: Counter[str] = Counter()
    rows = query_figures(
        HourOfRequests,
        period.find_requests(),
        REQUESTS_BY_HOUR_SQL,
        zone=str(center_zone()),
        **staffed.sql_arrays,
    )
    for each in rows:
        asked[each.weekday, each.hour] += each.requests
        counted["total"] += each.requests
        counted["unstaffed"] += each.requests * (not each.is_staffed)
        counted["during_shortage"] += each.requests * each.is_short
    return StaffingCoverage(
        asked=dict(asked),
        staffed=staffed.counselor_hours(),
        total=counted["total"],
        unstaffed=counted["unstaffed"],
        during_shortage=counted["during_shortage"],
        shortages=find_shortages(period),
    )


def find_shortages(period: Period) -> list[Shortage]:
    """The stretches without a phone time within a day that touch these days, newest first."""
    found = annotate_demand(Shortage.objects.during(period.begin, period.end))
    return list(found.filter(language=period.language) if period.language else found)
