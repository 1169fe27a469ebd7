"""When someone is busy, by an iCalendar file; run as a program, so that none can harm us.

A few lines of a calendar can mean millions of events, so a file is read by a
process with little time and memory, which knows nothing of the site.
It gets one line of JSON and the file, and answers with one line of JSON.
"""

import json
import math
import re
import resource
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Event

from .ics_lines import CalendarLines, EventLines, Line, UnreadableCalendar, read_calendars
from .ics_moments import EventReader, parse_duration
from .ics_zones import ZoneFinder

CPU_SECONDS, MEMORY_BYTES = 10, 1024**3
MAX_EVENTS, MAX_TIMES = 5_000, 5_000
DAY = timedelta(days=1)
# Clocks differ by a day at most, so whatever is farther off than this cannot matter.
MARGIN = 3 * DAY
FREE_BUSY_STATUSES = {"FREE", "WORKINGELSEWHERE"}
FREE = "X-OWNER-IS-FREE"


@dataclass(frozen=True)
class Window:
    """What is asked: from when until when, in seconds since 1970, by whom, and in which zone.

    `zone` is where the owner lives: for whole days, and times without a zone. `owner` is their
    email address, `ours` the domain of our own events.
    """

    zone: str
    owner: str
    ours: str
    begin: int
    end: int

    @cached_property
    def first(self) -> datetime:
        return datetime.fromtimestamp(self.begin, UTC)

    @cached_property
    def last(self) -> datetime:
        return datetime.fromtimestamp(self.end, UTC)

    def may_matter(self, event: EventLines) -> bool:
        """Whether the event is another's than ours, and may touch this time.

        Our own events, come back by a copy of our feed, must not hold time that is free again.
        """
        if event.value("UID").upper().endswith(f"@{self.ours}".upper()):
            return False
        first, last = self.first - MARGIN, self.last + MARGIN
        try:
            begins, ends = date_bounds(event)
        except (ValueError, OverflowError):
            return True
        return begins <= last.date() and first.date() <= ends


def parse_busy_times(file: Iterable[bytes], window: Window) -> list[list[int]]:
    """[start, end] in seconds since 1970, clipped, in order and without seams."""
    calendars = read_calendars(file, may_matter=window.may_matter, limit=MAX_EVENTS)
    times = merge_intervals(
        times for calendar in calendars for times in busy_occurrences(calendar, window)
    )
    if len(times) > MAX_TIMES:
        raise UnreadableCalendar("too_much")
    return times


def date_bounds(event: EventLines) -> tuple[date, date]:
    """The first and last date that an event may touch; ValueError where only a reader can say."""
    start = leading_date(event.value("DTSTART"))
    if event.first("RDATE"):
        raise ValueError
    length = timedelta(0)
    if line := event.first("DTEND"):
        length = leading_date(line.value) - start
    if line := event.first("DURATION"):
        length = max(length, parse_duration(line.value))
    begins, ends = start, start
    for line in event.all("RRULE"):
        until = re.search(r"UNTIL=(\d{8})", line.value.upper())
        ends = max(ends, leading_date(until[1]) if until else date.max)
    if line := event.first("RECURRENCE-ID"):
        replaced = leading_date(line.value)
        begins, ends = min(begins, replaced), max(ends, replaced)
        if line.param("RANGE"):
            ends = date.max
    if ends == date.max:
        return begins + min(length, timedelta(0)), ends
    return begins + min(length, timedelta(0)), ends + max(length, timedelta(0))


def leading_date(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:8]))


def busy_occurrences(calendar: CalendarLines, window: Window) -> Iterator[list[int]]:
    """Start and end of every occurrence that keeps the owner busy, clipped."""
    if calendar.own.get("CALSCALE", "GREGORIAN").upper() != "GREGORIAN":
        raise UnreadableCalendar("broken")
    # A main calendar of Google's is named by its owner's address.
    owners = {window.owner.lower(), calendar.own.get("X-WR-CALNAME", "").lower()} - {""}
    zones, zone = ZoneFinder(calendar.zones), ZoneInfo(window.zone)
    reader = EventReader(zones, own=zone, usual=zones.find(calendar.own.get("X-WR-TIMEZONE", "")))
    for series in group_by_series(calendar.events):
        for event in expand_series(series, reader, owners, window):
            starts = max(window.begin, math.floor(to_timestamp(event.start, zone)))
            ends = min(window.end, math.ceil(to_timestamp(event.end, zone)))
            if starts < ends:
                yield [starts, ends]


def group_by_series(events: list[EventLines]) -> Iterator[list[EventLines]]:
    """Each event with those that replace some of its repetitions.

    Of several versions the newest counts. Several of one number are different events that a
    program gave one UID: each of them counts.
    """
    by_uid: dict[str, list[EventLines]] = defaultdict(list)
    for event in events:
        by_uid[event.value("UID") or f"line {event.number}"].append(event)
    for group in by_uid.values():
        replacing = [event for event in group if event.first("RECURRENCE-ID")]
        whole = [event for event in group if not event.first("RECURRENCE-ID")]
        newest = max((sequence_of(event) for event in whole), default=0)
        kept = [event for event in whole if sequence_of(event) == newest]
        if not kept:
            yield replacing
        for event in kept:
            yield [event, *replacing]


def sequence_of(event: EventLines) -> int:
    number = event.value("SEQUENCE")
    return int(number) if number.isdecimal() else 0


def expand_series(
    series: list[EventLines], reader: EventReader, owners: set[str], window: Window
) -> list[Event]:
    """The occurrences of one series that keep the owner busy."""
    calendar = Calendar()
    for lines in series:
        event = reader.build_event(lines)
        event.add("UID", "series")
        event.add("SEQUENCE", sequence_of(lines))
        if is_free(lines, owners):
            event.add(FREE, "1")
        calendar.add_component(event)
    first, last = window.first - 2 * DAY, window.last + 2 * DAY
    try:
        found = recurring_ical_events.of(calendar).between(first, last)
    except MemoryError:
        raise
    except Exception:
        # Rules of other people's programs break in more ways than a list could name.
        raise series[0].refused("broken") from None
    return [event for event in found if FREE not in event]


def is_free(event: EventLines, owners: set[str]) -> bool:
    """Whether this event leaves its owner free: it says so, is canceled, or they declined."""

    def says(name: str, *words: str) -> bool:
        """Whether every such line, of one at least, says one of these words."""
        lines = event.all(name)
        return bool(lines) and all(line.value.upper() in words for line in lines)

    return (
        says("TRANSP", "TRANSPARENT")
        or says("STATUS", "CANCELLED")
        or says("X-MICROSOFT-CDO-BUSYSTATUS", *FREE_BUSY_STATUSES)
        or any(
            line.param("PARTSTAT").upper() == "DECLINED"
            for line in event.all("ATTENDEE")
            if owners & addresses_of(line)
        )
    )


def addresses_of(attendee: Line) -> set[str]:
    """The value is an address or only a number of its program's; EMAIL is one (RFC 7986, 6.2)."""
    said = (attendee.value, attendee.param("EMAIL"))
    return {text.strip().lower().removeprefix("mailto:") for text in said}


def to_timestamp(moment: date | datetime, zone: ZoneInfo) -> float:
    """Seconds since 1970; a bare date is its midnight in the owner's zone."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(0), zone)
    return moment.timestamp()


def merge_intervals(times: Iterable[list[int]]) -> list[list[int]]:
    whole: list[list[int]] = []
    for start, end in sorted(times):
        if whole and start <= whole[-1][1]:
            whole[-1][1] = max(whole[-1][1], end)
        else:
            whole.append([start, end])
    return whole


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    # macOS knows this limit by name only.
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    window = Window(**json.loads(sys.stdin.buffer.readline()))
    answer: dict[str, object]
    try:
        answer = {"times": parse_busy_times(sys.stdin.buffer, window)}
    except UnreadableCalendar as refused:
        answer = {"refused": str(refused), "line": refused.line, "on": refused.on}
    except MemoryError:
        answer = {"refused": "too_much"}
    except Exception:
        answer = {"refused": "broken"}
    sys.stdout.write(json.dumps(answer))
