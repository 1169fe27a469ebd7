"""What a director looks at: some days up to a moment, and whose requests."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from admissions.intake.models import ConsultationRequest, ConsultationRequestQuerySet
from admissions.local_time import center_zone, day_bounds
from admissions.scheduling.roster import DAY
from admissions.sql_rows import fetch_rows

PERIOD_DAYS = [1, 7, 30]
# The code of "no program", where a program's own address would stand.
NO_PROGRAM = "none"
Disposition = ConsultationRequest.Disposition
Rows = TypeVar("Rows", bound="QuerySet[Any]")
Figure = TypeVar("Figure")
# Nobody new asked for help with these.
EXCLUDED_DISPOSITIONS = [Disposition.DUPLICATE, Disposition.SPAM_OR_TEST]


@dataclass(frozen=True)
class Period:
    """From `begin` until just before `end`; empty filters narrow nothing."""

    days: int
    begin: datetime
    end: datetime
    program: str = ""
    language: str = ""
    source: str = ""

    @property
    def is_filtered(self) -> bool:
        return bool(self.program or self.language or self.source)

    @property
    def filters(self) -> dict[str, str]:
        """What narrows it, by name."""
        named = {"program": self.program, "language": self.language, "source": self.source}
        return {name: code for name, code in named.items() if code}

    @property
    def previous(self) -> "Period":
        """As many local days just before, up to the same time of day."""
        return replace(self, begin=days_before(self.begin, self.days), end=self.previous_end)

    @property
    def previous_end(self) -> datetime:
        return min(days_before(self.end, self.days), self.begin)

    def filter_rows(self, rows: Rows, path: str = "") -> Rows:
        """Those of the requests asked for; `path` leads from the rows to their request."""
        found = Q()
        if self.language:
            found &= Q(**{f"{path}language": self.language})
        if self.source:
            found &= Q(**{f"{path}source": self.source})
        if self.program == NO_PROGRAM:
            found &= Q(**{f"{path}program_interest": None})
        elif self.program:
            found &= Q(**{f"{path}program_interest__slug": self.program})
        return rows.filter(found)

    def find_requests(self) -> ConsultationRequestQuerySet:
        """The requests made in these days, without duplicates, spam and tests."""
        made = ConsultationRequest.objects.filter(
            created_at__gte=self.begin, created_at__lt=self.end
        )
        return self.filter_rows(made.exclude(disposition__in=EXCLUDED_DISPOSITIONS))


def period_until_now(
    *, days: int, now: datetime, program: str = "", language: str = "", source: str = ""
) -> Period:
    """So many local days of the center, today as far as it has come being the last."""
    today = now.astimezone(center_zone()).date()
    begin, _end = day_bounds(today - (days - 1) * DAY)
    return Period(days, begin, now, program, language, source)


def period_of_whole_days(*, days: int, now: datetime) -> Period:
    """So many local days of the center that are over, of everyone."""
    today = now.astimezone(center_zone()).date()
    return Period(days, *day_bounds(today - days * DAY, today - DAY))


def days_before(at: datetime, days: int) -> datetime:
    """The same time by the center's clock, so many dates earlier."""
    local = at.astimezone(center_zone())
    earlier: time = local.timetz()
    return datetime.combine(local.date() - days * DAY, earlier).astimezone(at.tzinfo)


def query_figures(
    row_type: Callable[..., Figure], population: QuerySet[Any], sql: str, **params: Any
) -> list[Figure]:
    """Ask in plain SQL about a population, which it names `asked`; rows by name of column."""
    asked, given = population.query.sql_with_params()
    named = {f"given_{place}": value for place, value in enumerate(given)}
    asked = asked % tuple(f"%({name})s" for name in named)
    return fetch_rows(row_type, f"WITH asked AS ({asked}) {sql}", named | params)
