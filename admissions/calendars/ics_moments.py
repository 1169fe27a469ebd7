"""The times of one event of an iCalendar file: read for sure, or refused with their line."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TypeVar

from icalendar import Event, vRecur

from .ics_lines import EventLines, Line
from .ics_zones import ZoneFinder

MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z)?)?", re.IGNORECASE)
DURATION = re.compile(
    r"([+-])?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.IGNORECASE
)
UNTIL = re.compile(r"(?<![^;])UNTIL=([^;]*)", re.IGNORECASE)
NO_STEP = re.compile(r"(?<![^;])INTERVAL=0*(;|$)", re.IGNORECASE)
DAY, LAST_SECOND = timedelta(days=1), time(23, 59, 59)
T = TypeVar("T")


class UnknownZone(Exception):
    """The file names a zone that we do not know for sure."""


class EventReader:
    """Reads the events of one calendar; `own` is its owner's zone, `usual` the calendar's.

    A time without a zone is one of the owner's clock. A zone that is not sure is refused: read
    by another clock, the owner would be offered while busy.
    """

    def __init__(self, zones: ZoneFinder, *, own: tzinfo, usual: tzinfo | None):
        self.zones, self.own, self.usual = zones, own, usual

    def build_event(self, lines: EventLines) -> Event:
        """The event with its times alone; UnreadableCalendar for what cannot be read."""
        event = Event()
        start, end = self.read_span(lines)
        if lines.first("RRULE"):
            start, end = self.at_usual_clock(start), self.at_usual_clock(end)
        event.add("DTSTART", start)
        event.add("DTEND", end)
        for line in lines.all("RRULE"):
            event.add("RRULE", self.read(lines, line, lambda line: self.read_rule(line, start)))
        for name in ("EXDATE", "RDATE"):
            for line in lines.all(name):
                if line.value:
                    event.add(
                        name, self.read(lines, line, lambda line: self.read_list(line, start))
                    )
        if instead := lines.first("RECURRENCE-ID"):
            reach = instead.param("RANGE").upper()
            moment = self.read(lines, instead, lambda line: self.read_moment(line, start))
            event.add("RECURRENCE-ID", moment, {"RANGE": reach} if reach else {})
        return event

    def read(self, lines: EventLines, line: Line, how: Callable[[Line], T]) -> T:
        """What a line says, or UnreadableCalendar that names it."""
        try:
            return how(line)
        except UnknownZone:
            raise lines.refused("zone", line) from None
        except (ValueError, OverflowError, TypeError, KeyError, IndexError):
            raise lines.refused("broken", line) from None

    def read_span(self, lines: EventLines) -> tuple[date, date]:
        """Start and end, both dates or both times with a zone; the later of two ends."""
        line = lines.first("DTSTART")
        if line is None:
            raise lines.refused("broken")
        start = self.read(lines, line, self.read_moment)
        ends = [
            self.read(lines, each, lambda each: self.read_end(each, start))
            for each in (lines.first("DTEND"), lines.first("DURATION"))
            if each
        ]
        if not ends:
            return start, start if isinstance(start, datetime) else start + DAY
        if not isinstance(start, datetime) and any(isinstance(end, datetime) for end in ends):
            start = self.at_midnight(start)
        if isinstance(start, datetime):
            return start, max(
                end if isinstance(end, datetime) else datetime.combine(end, time(0), start.tzinfo)
                for end in ends
            )
        # Many programs write the last whole day where the day after it belongs.
        return start, max(*ends, start + DAY) if start in ends else max(ends)

    def read_end(self, line: Line, start: date) -> date:
        if line.name == "DTEND":
            return self.read_moment(line, start)
        length = parse_duration(line.value)
        if not isinstance(start, datetime) and length % DAY:
            start = self.at_midnight(start)
        return start + length

    def read_moment(self, line: Line, beside: date | None = None) -> date:
        """The one date or time of a line. `beside` is the event's start, if that is known."""
        return self.parse_moment(line.value, line, beside)

    def read_list(self, line: Line, start: date) -> list:
        """The dates, times, or pairs of them, that a line takes out of a series or adds to it."""
        found: list = []
        for part in line.value.split(","):
            begin, is_period, end = part.partition("/")
            moment = self.parse_moment(begin, line, start)
            if not isinstance(start, datetime) and isinstance(moment, datetime):
                moment = moment.date()
            if not is_period:
                found.append(moment)
            elif end.upper().startswith(("P", "+", "-")):
                found.append((moment, parse_duration(end)))
            else:
                found.append((moment, self.parse_moment(end, line, start)))
        return found

    def parse_moment(self, text: str, line: Line, beside: date | None) -> date:
        found = MOMENT.fullmatch(text.strip())
        if not found:
            raise ValueError(text)
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
        if found[4] is None or line.param("VALUE").upper() == "DATE":
            return date(year, month, day)
        # A leap second is the one before it.
        local = datetime(year, month, day, hour, minute, min(second, 59))
        return local.replace(tzinfo=UTC if found[7] else self.zone_of(line, beside))

    def zone_of(self, line: Line, beside: date | None) -> tzinfo:
        """The zone that a line names, else that of the event's start, else the owner's."""
        if name := line.param("TZID"):
            zone = self.zones.find(name)
            if zone is None:
                raise UnknownZone
            return zone
        if isinstance(beside, datetime) and beside.tzinfo and not is_utc(beside):
            return beside.tzinfo
        return self.own

    def at_usual_clock(self, moment: date) -> date:
        """A meeting of every week in UTC means the clock of its calendar, also in summer."""
        if self.usual and isinstance(moment, datetime) and is_utc(moment):
            return moment.astimezone(self.usual)
        return moment

    def at_midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(0), self.own)

    def read_rule(self, line: Line, start: date) -> vRecur:
        """The rule of a series, its end written as the start is."""
        text = line.value.strip(";")
        if NO_STEP.search(text):
            raise ValueError(text)
        until = UNTIL.search(text)
        rule = vRecur.from_ical(UNTIL.sub("", text).replace(";;", ";").strip(";"))
        if not rule.get("FREQ"):
            raise ValueError(text)
        if until and (last := self.read_until(until[1], line, start)):
            rule["UNTIL"] = [last]
        return rule

    def read_until(self, text: str, line: Line, start: date) -> date | None:
        """The last moment at which a series may begin again, in doubt the later one.

        None for one so far ahead that it has no end in UTC.
        """
        last = self.parse_moment(text, Line(line.number, line.name, f":{text}"), start)
        if not isinstance(start, datetime):
            return self.last_date(last)
        zone = start.tzinfo
        if not isinstance(last, datetime):
            last = datetime.combine(last, LAST_SECOND, zone)
        elif not text.upper().endswith("Z") and last.time() == time(0):
            # A date that was written as a time.
            last = datetime.combine(last.date(), LAST_SECOND, last.tzinfo)
        elif is_utc(last) and last.time() == start.time():
            # The local time of the last meeting, wrongly marked as UTC.
            last = max(last, last.replace(tzinfo=zone))
        try:
            return last.astimezone(UTC)
        except OverflowError:
            return None

    def last_date(self, last: date) -> date:
        """The last date of a series of whole days."""
        if not isinstance(last, datetime):
            return last
        local = last.astimezone(self.own)
        return local.date() if local.time() == LAST_SECOND else max(last.date(), local.date())


def is_utc(moment: date) -> bool:
    return isinstance(moment, datetime) and moment.tzinfo is UTC


def parse_duration(text: str) -> timedelta:
    """A length such as PT1H30M; ValueError for anything else."""
    found = DURATION.fullmatch(text.strip())
    if not found or not any(found.groups()[1:]):
        raise ValueError(text)
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if found[1] == "-" else length
