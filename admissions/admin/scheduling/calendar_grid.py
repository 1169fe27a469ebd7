"""The week calendar as staff see it: columns of days or counselors, rows of quarter hours."""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from admissions import formatting, local_time, staff_formatting
from admissions.scheduling import availability, week_layout
from admissions.scheduling.assignment import SlotChoice
from admissions.scheduling.models import Closure, Consultation, Counselor
from admissions.scheduling.week_layout import (
    BUFFER,
    CLOSED,
    ENDED,
    FREE,
    HELD,
    IDLE,
    MOVING,
    OUTSIDE,
    ScheduleData,
    SlotQuery,
    Span,
)

from .time_axis import OFFICE_HOURS, QUARTER_HOUR, AxisHour, TimeAxis

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

COLUMNS_PER_BAND = 7
SKIPPED = "skipped"
IDLE_REASONS = {
    "past": _lazy("Past"),
    "busy": _lazy("Busy elsewhere"),
    "paused": _lazy("Takes no consultations"),
    "mode": _lazy("Does not take this mode"),
    "language": _lazy("Does not speak the language"),
    "full": _lazy("The day is full"),
    "soon": _lazy("Too soon to book"),
    "later": _lazy("Not open yet"),
    "short": _lazy("No start fits"),
}
KIND_LABELS = {
    BUFFER: _lazy("Buffer"),
    OUTSIDE: _lazy("Outside hours"),
    SKIPPED: _lazy("The clocks skip this time"),
}


@dataclass(frozen=True)
class BookableStart:
    """One bookable start, as a link carries it and as a person reads it."""

    stamp: str
    time: str


@dataclass(frozen=True)
class GridEntry:
    """One stretch of a column: how many quarter hours it fills, when it is, and what it says."""

    kind: str
    rows: int
    starts: str = ""
    ends: str = ""
    words: "StrOrPromise" = ""
    free: list[BookableStart] = field(default_factory=list)
    consultation: Consultation | None = None


@dataclass(frozen=True)
class CalendarColumn:
    """One counselor on one day."""

    counselor: Counselor
    day: date
    name: str
    query: str
    is_today: bool
    hours: tuple[datetime, datetime]
    entries: list[GridEntry]
    # The entries as HTML, once they are written.
    written: str = ""

    @property
    def slug(self) -> str:
        return f"{self.day:%Y%m%d}-{self.counselor.pk}"

    @property
    def closure_query(self) -> str:
        """What the page of time away is filled with: this counselor's hours on this day."""
        first, last = (at.astimezone(local_time.center_zone()) for at in self.hours)
        until = {"last_day": last.date(), "last_time": f"{last:%H:%M}"}
        return closure_query(first.date(), first_time=f"{first:%H:%M}", **until)


@dataclass(frozen=True)
class CalendarBand:
    """As many columns as stand side by side, under their own scale."""

    hours: list[AxisHour]
    columns: list[CalendarColumn]


def counselor_bands(diary: ScheduleData, first: date, last: date) -> list[CalendarBand]:
    """One counselor, day by day; a day leads to all counselors of that day."""
    days = [first + number * local_time.DAY for number in range((last - first).days + 1)]
    today = timezone.localdate(diary.now)
    heads = [
        ColumnHead(who, day, short_day_name(day), {"from": day}, is_today=day == today)
        for who in diary.counselors
        for day in days
    ]
    return build_bands(diary, heads)


def day_bands(diary: ScheduleData, first: date, _last: date) -> list[CalendarBand]:
    """Every counselor on one day; a name leads to that counselor's week."""
    heads = [
        ColumnHead(who, first, who.public_name, {"from": first, "counselor": who.pk})
        for who in diary.counselors
    ]
    return build_bands(diary, heads)


@dataclass(frozen=True)
class ColumnHead:
    """Whose column of which day, its name, and which look its name leads to."""

    counselor: Counselor
    day: date
    name: str
    query: dict
    is_today: bool = False


def build_bands(diary: ScheduleData, heads: list[ColumnHead]) -> list[CalendarBand]:
    filled = [week_layout.day_spans(diary, head.counselor, head.day) for head in heads]
    scale = TimeAxis.covering({head.day for head in heads}, filled)
    columns = [build_column(*each, scale=scale) for each in zip(heads, filled, strict=True)]
    return [
        CalendarBand(scale.hours(), columns[place : place + COLUMNS_PER_BAND])
        for place in range(0, len(columns), COLUMNS_PER_BAND)
    ]


def build_column(head: ColumnHead, spans: list[Span], *, scale: TimeAxis) -> CalendarColumn:
    return CalendarColumn(
        counselor=head.counselor,
        day=head.day,
        name=head.name,
        query=urlencode(head.query),
        is_today=head.is_today,
        hours=staffed_bounds(spans, head.day),
        entries=stack_entries(spans, scale),
    )


def closure_query(day: date, **times: Any) -> str:
    """What fills a form that closes time, and leads back to the calendar of this day."""
    return urlencode({"calendar": day, "first_day": day, **times})


def staffed_bounds(spans: list[Span], day: date) -> tuple[datetime, datetime]:
    """From the first to the last staffed moment of a day, or office hours on a day without."""
    staffed = [span for span in spans if span.kind not in (OUTSIDE, CLOSED)]
    if staffed:
        return staffed[0].starts_at, staffed[-1].ends_at
    opens, closes = (
        datetime(day.year, day.month, day.day, hour, tzinfo=local_time.center_zone())
        for hour in OFFICE_HOURS
    )
    return opens, closes


def stack_entries(spans: list[Span], scale: TimeAxis) -> list[GridEntry]:
    """The spans as entries that follow each other without a gap, from top to bottom."""
    entries, row = [], scale.top
    for span in spans:
        begin, end = scale.row_at(span.starts_at), scale.end_row(span.ends_at)
        if end <= scale.top or begin >= scale.bottom:
            continue
        begin, end = max(begin, row), min(end, scale.bottom)
        if end <= begin and span.kind in (IDLE, OUTSIDE):
            continue
        if begin > row:
            entries.append(GridEntry(SKIPPED, begin - row, words=KIND_LABELS[SKIPPED]))
        row = max(end, begin + 1)
        entries.append(grid_entry(span, row - begin))
    if row < scale.bottom:
        entries.append(GridEntry(OUTSIDE, scale.bottom - row, words=KIND_LABELS[OUTSIDE]))
    return entries


def grid_entry(span: Span, rows: int) -> GridEntry:
    consultation = cast(Consultation, span.about) if span.kind in (HELD, MOVING, ENDED) else None
    shown = consultation or span
    return GridEntry(
        kind=span.kind,
        rows=rows,
        starts=format_start(shown.starts_at),
        ends=format_start(shown.ends_at),
        words=describe_span(span),
        free=[bookable_start(at) for at in cast(list[datetime], span.about)]
        if span.kind == FREE
        else [],
        consultation=consultation,
    )


def describe_span(span: Span) -> "StrOrPromise":
    if span.kind == CLOSED:
        reason = cast(Closure, span.about).reason
        return _("Closed: %(reason)s") % {"reason": reason} if reason else _("Closed")
    if span.kind == IDLE:
        return IDLE_REASONS[str(span.about)]
    return KIND_LABELS.get(span.kind, "")


def bookable_start(at: datetime) -> BookableStart:
    return BookableStart(availability.format_stamp(at), format_start(at))


def format_start(at: datetime) -> str:
    return format_start_in(at, local_time.center_zone(), translation.get_language())


@lru_cache(maxsize=2_000)
def format_start_in(at: datetime, zone: ZoneInfo, _language: str | None) -> str:
    """Remembered, because the columns of a day show the same times."""
    return formatting.format_unambiguous_time(at.astimezone(zone))


def short_day_name(day: date) -> str:
    return date_format(day, _("D, M j"))


def period_title(first: date, days: int) -> str:
    """Monday, November 23, or Nov 23 to Nov 29."""
    if days == 1:
        return date_format(first, _("l, F j"))
    last = first + (days - 1) * local_time.DAY
    return _("%(first)s to %(last)s") % {
        "first": date_format(first, _("M j")),
        "last": date_format(last, _("M j")),
    }


def describe_zones(first: date, days: int) -> str:
    """The clock of these days: PST, or both names in a week in which clocks change."""
    begin, end = local_time.day_bounds(first, first + (days - 1) * local_time.DAY)
    names = [at.astimezone(local_time.center_zone()).tzname() for at in (begin, end - QUARTER_HOUR)]
    return _(" and ").join(dict.fromkeys(str(name) for name in names))


@dataclass(frozen=True)
class AlternativeStart:
    """Another free start: its pick as a button sends it, and its words."""

    value: str
    words: str


def nearest_alternatives(
    pick: SlotChoice, query: SlotQuery, *, now: datetime, count: int = 3
) -> list[AlternativeStart]:
    """The free starts closest to one that was lost, by the clock; the same counselor if free."""
    slots = availability.open_slots(
        mode=query.mode, now=now, language=query.language, freeing=query.moving
    )
    closest = sorted(slots, key=lambda slot: abs(slot.starts_at - pick.starts_at))[:count]
    names = dict(Counselor.objects.values_list("pk", "public_name"))
    return [alternative_start(slot, pick, names) for slot in sorted(closest)]


def alternative_start(
    slot: availability.Slot, pick: SlotChoice, names: dict[int, str]
) -> AlternativeStart:
    named = pick.counselor_id
    pk = named if named is not None and named in slot.counselors else slot.counselors[0]
    words = _("%(when)s with %(counselor)s") % {
        "when": staff_formatting.format_date_and_time(slot.starts_at),
        "counselor": names[pk],
    }
    return AlternativeStart(f"{slot.stamp}-{pk}", words)
