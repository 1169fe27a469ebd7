"""The week calendar as staff see it: columns of days or counselors, rows of quarter hours."""

from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from . import availability, desk, times, week
from .assignment import Pick
from .models import Consultation, Counselor
from .week import BUFFER, CLOSED, ENDED, FREE, HELD, IDLE, MOVING, OUTSIDE, Asked, Diary, Span
from .week_scale import OFFICE, QUARTER, Hour, Scale

ABREAST = 7
SKIPPED = "skipped"
REASONS = {
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
WORDS = {
    BUFFER: _lazy("Buffer"),
    OUTSIDE: _lazy("Outside hours"),
    SKIPPED: _lazy("The clocks skip this time"),
}


@dataclass(frozen=True)
class Start:
    """One bookable start, as a link carries it and as a person reads it."""

    stamp: str
    time: str


@dataclass(frozen=True)
class Entry:
    """One stretch of a column: how many quarter hours it fills, when it is, and what it says."""

    kind: str
    rows: int
    starts: str = ""
    ends: str = ""
    words: str = ""
    free: list[Start] = field(default_factory=list)
    consultation: Consultation | None = None


@dataclass(frozen=True)
class Column:
    """One counselor on one day."""

    counselor: Counselor
    day: date
    name: str
    leads_to: str
    is_today: bool
    hours: tuple[datetime, datetime]
    entries: list[Entry]

    @property
    def slug(self) -> str:
        return f"{self.day:%Y%m%d}-{self.counselor.pk}"

    @property
    def closing(self) -> str:
        """What the page of time away is filled with: this counselor's hours on this day."""
        first, last = (at.astimezone(week.centre()) for at in self.hours)
        until = {"last_day": last.date(), "last_time": f"{last:%H:%M}"}
        return closing(first.date(), first_time=f"{first:%H:%M}", **until)


@dataclass(frozen=True)
class Band:
    """As many columns as stand side by side, under their own scale."""

    hours: list[Hour]
    columns: list[Column]


def of_days(diary: Diary, first: date, last: date) -> list[Band]:
    """One counselor, day by day; a day leads to all counselors of that day."""
    days = [first + number * week.DAY for number in range((last - first).days + 1)]
    today = timezone.localdate(diary.now)
    heads = [
        Head(who, day, day_name(day), {"from": day}, is_today=day == today)
        for who in diary.counselors
        for day in days
    ]
    return bands(diary, heads)


def of_day(diary: Diary, first: date, _last: date) -> list[Band]:
    """Every counselor on one day; a name leads to that counselor's week."""
    heads = [
        Head(who, first, who.public_name, {"from": first, "counselor": who.pk})
        for who in diary.counselors
    ]
    return bands(diary, heads)


@dataclass(frozen=True)
class Head:
    """Whose column of which day, its name, and which look its name leads to."""

    counselor: Counselor
    day: date
    name: str
    leads_to: dict
    is_today: bool = False


def bands(diary: Diary, heads: list[Head]) -> list[Band]:
    filled = [week.spans(diary, head.counselor, head.day) for head in heads]
    scale = Scale.of({head.day for head in heads}, filled)
    columns = [column(*each, scale=scale) for each in zip(heads, filled, strict=True)]
    return [
        Band(scale.hours(), columns[place : place + ABREAST])
        for place in range(0, len(columns), ABREAST)
    ]


def column(head: Head, spans: list[Span], *, scale: Scale) -> Column:
    return Column(
        counselor=head.counselor,
        day=head.day,
        name=head.name,
        leads_to=urlencode(head.leads_to),
        is_today=head.is_today,
        hours=working_hours(spans, head.day),
        entries=placed(spans, scale),
    )


def closing(day: date, **times) -> str:
    """What fills a form that closes time, and leads back to the calendar of this day."""
    return urlencode({"calendar": day, "first_day": day, **times})


def working_hours(spans: list[Span], day: date) -> tuple[datetime, datetime]:
    """From the first to the last staffed moment of a day, or office hours on a day without."""
    staffed = [span for span in spans if span.kind not in (OUTSIDE, CLOSED)]
    if staffed:
        return staffed[0].starts_at, staffed[-1].ends_at
    return tuple(
        datetime(day.year, day.month, day.day, hour, tzinfo=week.centre()) for hour in OFFICE
    )


def placed(spans: list[Span], scale: Scale) -> list[Entry]:
    """The spans as entries that follow each other without a gap, from top to bottom."""
    entries, row = [], scale.top
    for span in spans:
        begin, end = scale.place(span.starts_at), scale.end(span.ends_at)
        if end <= scale.top or begin >= scale.bottom:
            continue
        begin, end = max(begin, row), min(end, scale.bottom)
        if end <= begin and span.kind in (IDLE, OUTSIDE):
            continue
        if begin > row:
            entries.append(Entry(SKIPPED, begin - row, words=WORDS[SKIPPED]))
        row = max(end, begin + 1)
        entries.append(entry(span, row - begin))
    if row < scale.bottom:
        entries.append(Entry(OUTSIDE, scale.bottom - row, words=WORDS[OUTSIDE]))
    return entries


def entry(span: Span, rows: int) -> Entry:
    about = span.about
    is_consultation = span.kind in (HELD, MOVING, ENDED)
    begin, end = (
        (about.starts_at, about.ends_at) if is_consultation else (span.starts_at, span.ends_at)
    )
    return Entry(
        kind=span.kind,
        rows=rows,
        starts=clock(begin),
        ends=clock(end),
        words=words(span),
        free=[start(at) for at in about] if span.kind == FREE else [],
        consultation=about if is_consultation else None,
    )


def words(span: Span) -> str:
    if span.kind == CLOSED:
        reason = span.about.reason
        return _("Closed: %(reason)s") % {"reason": reason} if reason else _("Closed")
    if span.kind == IDLE:
        return REASONS[span.about]
    return WORDS.get(span.kind, "")


def start(at: datetime) -> Start:
    return Start(availability.stamp_of(at), clock(at))


def clock(at: datetime) -> str:
    return times.clock_words(at.astimezone(week.centre()))


def day_name(day: date) -> str:
    return date_format(day, _("D, M j"))


def title(first: date, days: int) -> str:
    """Monday, November 23, or Nov 23 to Nov 29."""
    if days == 1:
        return date_format(first, _("l, F j"))
    last = first + (days - 1) * week.DAY
    return _("%(first)s to %(last)s") % {
        "first": date_format(first, _("M j")),
        "last": date_format(last, _("M j")),
    }


def zone_names(first: date, days: int) -> str:
    """The clock of these days: PST, or both names in a week in which clocks change."""
    begin, end = week.bounds(first, first + (days - 1) * week.DAY)
    names = [at.astimezone(week.centre()).tzname() for at in (begin, end - QUARTER)]
    return _(" and ").join(dict.fromkeys(names))


@dataclass(frozen=True)
class Nearby:
    """Another free start: its pick as a button sends it, and its words."""

    value: str
    words: str


def nearest(pick: Pick, asked: Asked, *, now: datetime, count: int = 3) -> list[Nearby]:
    """The free starts closest to one that was lost, by the clock; the same counselor if free."""
    slots = availability.open_slots(
        mode=asked.mode, now=now, language=asked.language, freeing=asked.moving
    )
    closest = sorted(slots, key=lambda slot: abs(slot.starts_at - pick.starts_at))[:count]
    names = dict(Counselor.objects.values_list("pk", "public_name"))
    return [nearby(slot, pick, names) for slot in sorted(closest)]


def nearby(slot: availability.Slot, pick: Pick, names: dict[int, str]) -> Nearby:
    is_same = pick.counselor_id in slot.counselors
    pk = pick.counselor_id if is_same else slot.counselors[0]
    words = _("%(when)s with %(counselor)s") % {
        "when": desk.full_clock(slot.starts_at),
        "counselor": names[pk],
    }
    return Nearby(f"{slot.stamp}-{pk}", words)
