"""The quarter hours down the side of the week calendar, on days when clocks change too."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from . import week
from .week import CLOSED, OUTSIDE, Span

QUARTER = timedelta(minutes=15)
OFFICE = (9, 17)


@dataclass(frozen=True)
class Hour:
    """One hour of the scale beside the columns."""

    name: str
    rows: int


@dataclass(frozen=True)
class Scale:
    """The quarter hours down the side, by (time, fold): a repeated hour stands twice.

    A day that skips an hour lacks those rows; any day lacks those of a
    repeated hour that is not its own.
    """

    rows: dict[tuple, int]
    top: int
    bottom: int

    @classmethod
    def of(cls, days: set[date], columns: list[list[Span]]) -> "Scale":
        rows = max((rows_of(day) for day in sorted(days)), key=len, default=[])
        scale = cls({row: place for place, row in enumerate(rows)}, 0, len(rows))
        used = [each for spans in columns for each in spans if each.kind not in (OUTSIDE, CLOSED)]
        top = min((scale.place(span.starts_at) for span in used), default=OFFICE[0] * 4)
        bottom = max((scale.end(span.ends_at) for span in used), default=OFFICE[1] * 4)
        return cls(scale.rows, top - top % 4, bottom + -bottom % 4)

    def place(self, at: datetime) -> int:
        """The row in which an instant falls."""
        return self.rows[row_of(at)]

    def end(self, at: datetime) -> int:
        """The row after the last one that a stretch until this instant touches."""
        return self.place(at - timedelta(microseconds=1)) + 1

    def hours(self) -> list[Hour]:
        shown = list(self.rows)[self.top : self.bottom]
        groups = groupby(shown, key=lambda row: (row[0].hour, row[1]))
        return [hour(list(group)) for _key, group in groups]


def rows_of(day: date) -> list[tuple]:
    """Every quarter hour of one local day, in the order in which it comes."""
    begin, end = week.bounds(day)
    count = (end - begin) // QUARTER
    return [row_of(begin + number * QUARTER) for number in range(count)]


def row_of(at: datetime) -> tuple:
    local = week.floor(at, QUARTER).astimezone(week.centre())
    return local.time(), local.fold


def hour(rows: list[tuple]) -> Hour:
    at, fold = rows[0]
    name = date_format(datetime.combine(date.min, at), "g a").replace(".", "")
    return Hour(_("%(hour)s again") % {"hour": name} if fold else name, len(rows))
