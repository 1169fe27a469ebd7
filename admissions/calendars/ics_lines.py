"""The lines of an iCalendar file that say when, read one by one; all others are skipped.

Other people's programs write lines that no reader could take: a year 0, an alarm without its
colon, a description that was not folded. None of them says when its owner is busy, so none of
them costs a calendar. A line that does say when is never skipped in silence.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

# What is lost from one of these would be offered as free, so they are read or refused.
REQUIRED_NAMES = {
    "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID",
}  # fmt: skip
# One of these that is not understood leaves its owner busy.
OPTIONAL_NAMES = {
    "UID", "SEQUENCE", "STATUS", "TRANSP", "ATTENDEE", "X-MICROSOFT-CDO-BUSYSTATUS",
}  # fmt: skip
ONCE_ONLY = REQUIRED_NAMES - {"RRULE", "RDATE", "EXDATE"}
CALENDAR_NAMES = {"X-WR-CALNAME", "X-WR-TIMEZONE", "CALSCALE"}
ZONE_NAMES = {"TZID", "DTSTART", "RRULE", "RDATE", "TZOFFSETFROM", "TZOFFSETTO", "TZNAME"}
PROPERTY = re.compile(r"([A-Za-z0-9-]+)([;:].*)", re.DOTALL)
# The colon after the parameters: one within quotes is none.
FIRST_COLON = re.compile(r'((?:[^":]|"[^"]*")*):(.*)', re.DOTALL)


class UnreadableCalendar(Exception):
    """The file is not taken over; the message is a code of ExternalCalendar.Reason.

    `line` is the number of the line in the file that cannot be read, and `on` the date of its
    event (YYYY-MM-DD); neither is known for a file that is no calendar.
    """

    def __init__(self, reason: str, *, line: int | None = None, on: str | None = None) -> None:
        super().__init__(reason)
        self.line, self.on = line, on


@dataclass(frozen=True)
class Line:
    """One property: its number in the file, its name in capitals, its parameters and value."""

    number: int
    name: str
    rest: str

    @property
    def params(self) -> str:
        return self.split()[0]

    @property
    def value(self) -> str:
        return self.split()[1].strip()

    def split(self) -> tuple[str, str]:
        """Parameters and value. A date has no colon, but its zone may: TZID=-05:00."""
        if self.name in REQUIRED_NAMES:
            params, colon, value = self.rest.rpartition(":")
            return (params, value) if colon else (self.rest, "")
        found = FIRST_COLON.fullmatch(self.rest)
        return (found[1], found[2]) if found else (self.rest, "")

    def param(self, name: str) -> str:
        """The value of one parameter without its quotes, or an empty string."""
        found = re.search(rf';{name}=("[^"]*"|[^;]*)', self.params, re.IGNORECASE)
        return found[1].strip('"') if found else ""


@dataclass
class EventLines:
    """What one event says about when it is, in lines."""

    number: int
    lines: list[Line] = field(default_factory=list)

    def all(self, name: str) -> list[Line]:
        return [line for line in self.lines if line.name == name]

    def first(self, name: str) -> Line | None:
        return next((line for line in self.lines if line.name == name), None)

    def value(self, name: str) -> str:
        line = self.first(name)
        return line.value if line else ""

    @property
    def on(self) -> str | None:
        """The date on which it starts, as YYYY-MM-DD, if that much can be read."""
        digits = re.match(r"\d{8}", self.value("DTSTART"))
        try:
            return date.fromisoformat(digits[0]).isoformat() if digits else None
        except ValueError:
            return None

    def refused(self, reason: str, line: Line | None = None) -> UnreadableCalendar:
        number = line.number if line else self.number
        return UnreadableCalendar(reason, line=number, on=self.on)


@dataclass
class CalendarLines:
    """One calendar of the file: what it says of itself, its events and its time zones."""

    own: dict[str, str] = field(default_factory=dict)
    events: list[EventLines] = field(default_factory=list)
    zones: dict[str, list[str]] = field(default_factory=dict)


def read_calendars(
    file: Iterable[bytes], *, may_matter: Callable[[EventLines], bool], limit: int
) -> list[CalendarLines]:
    """The calendars of a file, usually one, with the events that may matter, at most `limit`.

    Raises UnreadableCalendar for a file that is no calendar, is cut off, or holds more.
    """
    reader, lines, text = LineReader(may_matter, limit), unfold_lines(file), ""
    try:
        for number, text in lines:
            reader.take(number, text)
    except UnreadableCalendar:
        rest = deque(lines, maxlen=1)
        last = rest[0][1] if rest else text
        if not last.upper().startswith("END:VCALENDAR"):
            # What broke off has no line that its owner could mend.
            raise UnreadableCalendar("no_calendar") from None
        raise
    if reader.path or not reader.calendars:
        raise UnreadableCalendar("no_calendar")
    return reader.calendars


def unfold_lines(file: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    """(number, text) of each line, joined with those that begin with a space: they go on with it.

    They are joined as bytes, since a fold may cut through a letter.
    """
    number, parts = 0, [b""]
    for count, raw in enumerate(file, 1):
        line = (raw.removeprefix(b"\xef\xbb\xbf") if count == 1 else raw).rstrip(b"\r\n")
        if line[:1] in (b" ", b"\t"):
            parts.append(line[1:])
        elif line:
            yield number, b"".join(parts).decode(errors="surrogateescape")
            number, parts = count, [line]
    yield number, b"".join(parts).decode(errors="surrogateescape")


class LineReader:
    """Where in the file we are, and what was taken so far."""

    def __init__(self, may_matter: Callable[[EventLines], bool], limit: int):
        self.may_matter, self.limit = may_matter, limit
        self.calendars: list[CalendarLines] = []
        self.path: list[str] = []
        self.event: EventLines | None = None
        self.zone: list[str] = []
        self.count = 0
        # The required line before this one: what has no name after it may be its lost end.
        self.open_line: Line | None = None

    def take(self, number: int, text: str) -> None:
        if not text.strip():
            return
        found = PROPERTY.fullmatch(text)
        name = found[1].upper() if found else ""
        if name in ("BEGIN", "END") and found and found[2][0] == ":":
            self.open_line = None
            change = self.begin if name == "BEGIN" else self.end
            change(number, found[2][1:].strip().upper())
        elif not self.path:
            raise UnreadableCalendar("no_calendar")
        elif self.event and len(self.path) == 2:
            self.take_event_line(self.event, number, found)
        elif found and self.path[1:2] == ["VTIMEZONE"]:
            if name in ZONE_NAMES:
                self.zone.append(text)
        elif found and len(self.path) == 1 and name in CALENDAR_NAMES:
            self.calendars[-1].own[name] = Line(number, name, found[2]).value

    def begin(self, number: int, what: str) -> None:
        """What must stand at the top level stands nowhere else: there it would be skipped."""
        if not self.path:
            if what != "VCALENDAR":
                raise UnreadableCalendar("no_calendar")
            self.calendars.append(CalendarLines())
        elif what in ("VCALENDAR", "VFREEBUSY") or (what == "VEVENT" and len(self.path) > 1):
            raise self.broken(number)
        elif what == "VEVENT":
            self.event = EventLines(number)
        elif what == "VTIMEZONE":
            self.zone = []
        elif self.path[1:2] == ["VTIMEZONE"]:
            self.zone.append(f"BEGIN:{what}")
        self.path.append(what)

    def end(self, number: int, what: str) -> None:
        if not self.path:
            raise UnreadableCalendar("no_calendar")
        if self.path.pop() != what:
            raise self.broken(number)
        if len(self.path) == 1 and what == "VEVENT" and self.event:
            self.keep(self.event)
            self.event = None
        elif len(self.path) == 1 and what == "VTIMEZONE":
            names = [line for line in self.zone if line.upper().startswith("TZID")]
            if names:
                self.calendars[-1].zones[names[0].partition(":")[2].strip()] = self.zone
        elif self.path[1:2] == ["VTIMEZONE"]:
            self.zone.append(f"END:{what}")

    def keep(self, event: EventLines) -> None:
        if self.may_matter(event):
            self.count += 1
            if self.count > self.limit:
                raise UnreadableCalendar("too_much")
            self.calendars[-1].events.append(event)

    def take_event_line(self, event: EventLines, number: int, found: re.Match[str] | None) -> None:
        if found is None:
            if self.open_line:
                raise event.refused("broken", self.open_line)
            return
        name, rest = found[1].upper(), found[2]
        # "Status: canceled" or "Duration: 1 hour" is a line of someone's description.
        is_prose = not found[1].isupper() and rest.startswith(": ")
        if is_prose or name not in REQUIRED_NAMES | OPTIONAL_NAMES:
            self.open_line = None
            return
        line = Line(number, name, rest)
        self.open_line = line if name in REQUIRED_NAMES else None
        twin = event.first(name) if name in ONCE_ONLY else None
        if twin and twin.rest != line.rest:
            raise event.refused("broken", line)
        event.lines.append(line)

    def broken(self, number: int) -> UnreadableCalendar:
        on = self.event.on if self.event else None
        return UnreadableCalendar("broken", line=number, on=on)
