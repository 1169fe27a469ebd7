"""The quarter hours down the side of the week calendar, on days when clocks change too."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from admissions import local_time
from admissions.scheduling.week_layout import CLOSED, OUTSIDE, Span

QUARTER_HOUR = timedelta(minutes=15)
OFFICE_HOURS = (9, 17)


@dataclass(frozen=True)
class AxisHour:
    """One hour of the scale beside the columns."""

    name: str
    rows: int


@dataclass(frozen=True)
class TimeAxis:
    """The quarter hours down the side, by (time, fold): a repeated hour stands twice.

    A day that skips an hour lacks those rows; any day lacks those of a
    repeated hour that is not its own.
    """

    rows: dict[tuple, int]
    top: int
    bottom: int

    @classmethod
    def covering(cls, days: set[date], columns: list[list[Span]]) -> "TimeAxis":
        rows = max((quarter_hours_of_day(day) for day in sorted(days)), key=len, default=[])
        scale = cls({row: place for place, row in enumerate(rows)}, 0, len(rows))
        used = [each for spans in columns for each in spans if each.kind not in (OUTSIDE, CLOSED)]
        top = min((scale.row_at(span.starts_at) for span in used), default=OFFICE_HOURS[0] * 4)
        bottom = max((scale.end_row(span.ends_at) for span in used), default=OFFICE_HOURS[1] * 4)
        return cls(scale.rows, top - top % 4, bottom + -bottom % 4)

    def row_at(self, at: datetime) -> int:
        """The row in which an instant falls."""
        return self.rows[quarter_hour_of(at)]

    def end_row(self, at: datetime) -> int:
        """The row after the last one that a stretch until this instant touches."""
        return self.row_at(at - timedelta(microseconds=1)) + 1

    def hours(self) -> list[AxisHour]:
        shown = list(self.rows)[self.top : self.bottom]
        groups = groupby(shown, key=lambda row: (row[0].hour, row[1]))
        return [axis_hour(list(group)) for _key, group in groups]


def quarter_hours_of_day(day: date) -> list[tuple]:
    """Every quarter hour of one local day, in the order in which it comes."""
    begin, end = local_time.day_bounds(day)
    count = (end - begin) // QUARTER_HOUR
    return [quarter_hour_of(begin + number * QUARTER_HOUR) for number in range(count)]


def quarter_hour_of(at: datetime) -> tuple:
    return quarter_hour_in(at, local_time.center_zone())


@lru_cache(maxsize=2_000)
def quarter_hour_in(at: datetime, zone: ZoneInfo) -> tuple:
    """Remembered, because the columns of a day ask for the same moments."""
    local = local_time.floor_to_step(at, QUARTER_HOUR).astimezone(zone)
    return local.time(), local.fold


def axis_hour(rows: list[tuple]) -> AxisHour:
    at, fold = rows[0]
    name = date_format(datetime.combine(date.min, at), "g a").replace(".", "")
    return AxisHour(_("%(hour)s again") % {"hour": name} if fold else name, len(rows))
