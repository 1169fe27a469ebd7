"""What a director looks at: some days up to a moment, and whose requests."""

from dataclasses import dataclass, replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet

from ..models import ConsultationRequest
from ..roster import DAY
from ..week import bounds

PERIODS = [1, 7, 30]
# The code of "no program", where a program's own address would stand.
NO_PROGRAM = "none"
Disposition = ConsultationRequest.Disposition
# Nobody new asked for help with these.
NOT_PEOPLE = [Disposition.DUPLICATE, Disposition.SPAM_OR_TEST]


@dataclass(frozen=True)
class Look:
    """From `begin` until just before `end`; empty codes narrow nothing."""

    days: int
    begin: datetime
    end: datetime
    program: str = ""
    language: str = ""
    source: str = ""

    @property
    def is_narrow(self) -> bool:
        return bool(self.program or self.language or self.source)

    @property
    def codes(self) -> dict[str, str]:
        """What narrows it, by name."""
        named = {"program": self.program, "language": self.language, "source": self.source}
        return {name: code for name, code in named.items() if code}

    @property
    def before(self) -> "Look":
        """As many local days just before, up to the same time of day."""
        return replace(self, begin=days_before(self.begin, self.days), end=self.end_before)

    @property
    def end_before(self) -> datetime:
        return min(days_before(self.end, self.days), self.begin)

    def narrowed(self, rows: QuerySet, path: str = "") -> QuerySet:
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

    def asked(self) -> QuerySet[ConsultationRequest]:
        """The requests made in these days, without duplicates, spam and tests."""
        made = ConsultationRequest.objects.filter(
            created_at__gte=self.begin, created_at__lt=self.end
        )
        return self.narrowed(made.exclude(disposition__in=NOT_PEOPLE))


def look_back(*, days: int, now: datetime, **codes: str) -> Look:
    """So many local days of the centre, today as far as it has come being the last."""
    today = now.astimezone(centre()).date()
    begin, _end = bounds(today - (days - 1) * DAY)
    return Look(days, begin, now, **codes)


def whole_days(*, days: int, now: datetime) -> Look:
    """So many local days of the centre that are over, of everyone."""
    today = now.astimezone(centre()).date()
    return Look(days, *bounds(today - days * DAY, today - DAY))


def centre() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def days_before(at: datetime, days: int) -> datetime:
    """The same time by the centre's clock, so many dates earlier."""
    local = at.astimezone(centre())
    earlier: time = local.timetz()
    return datetime.combine(local.date() - days * DAY, earlier).astimezone(at.tzinfo)


def figures_of(population: QuerySet, sql: str, **params) -> list[tuple]:
    """Asks in plain SQL about a population, which it names `asked`."""
    asked, given = population.query.sql_with_params()
    named = {f"given_{place}": value for place, value in enumerate(given)}
    asked = asked % tuple(f"%({name})s" for name in named)
    with connection.cursor() as cursor:
        cursor.execute(f"WITH asked AS ({asked}) {sql}", named | params)
        return cursor.fetchall()
