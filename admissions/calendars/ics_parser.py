"""When someone is busy, by an iCalendar file; run as a program, so that none can harm us.

A few lines of a calendar can mean millions of events, so a file is read by a
process with little time and memory, which knows nothing of the site.
It gets one line of JSON and the file, and answers with one line of JSON.
"""

import json
import math
import resource
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Component, vCalAddress

CPU_SECONDS, MEMORY_BYTES = 10, 1024**3
MAX_EVENTS, MAX_TIMES = 5_000, 5_000
DAY = timedelta(days=1)
FREE_BUSY_STATUSES = {"FREE", "WORKINGELSEWHERE"}


class UnreadableCalendar(Exception):
    """The file is not taken over; the message is a code of OutsideCalendar.Reason."""


def parse_busy_times(
    file: bytes, *, zone: str, owner: str, ours: str, begin: int, end: int
) -> list[list[int]]:
    """[start, end] in seconds since 1970, clipped, in order and without seams.

    `zone` is where the owner lives: for whole days, and times without a zone we
    know. `owner` is their email address, `ours` the domain of our own events.
    """
    calendars = parse_calendars(file)
    if sum(len(each.walk("VEVENT")) for each in calendars) > MAX_EVENTS:
        raise UnreadableCalendar("too_much")
    times: list[list[int]] = []
    for calendar in calendars:
        remove_own_events(calendar, ours)
        times += busy_occurrences(calendar, ZoneInfo(zone), {owner.lower()} - {""}, begin, end)
    joined = merge_intervals(times)
    if len(joined) > MAX_TIMES:
        raise UnreadableCalendar("too_much")
    return joined


def parse_calendars(file: bytes) -> list[Calendar]:
    """The calendars of a file that is whole; usually one."""
    if not file.rstrip().upper().endswith(b"END:VCALENDAR"):
        raise UnreadableCalendar("no_calendar")
    try:
        calendars = Calendar.from_ical(file, multiple=True)
    except (ValueError, IndexError, KeyError):
        raise UnreadableCalendar("no_calendar") from None
    if any(each.name != "VCALENDAR" for each in calendars):
        raise UnreadableCalendar("no_calendar")
    return calendars


def busy_occurrences(
    calendar: Calendar, zone: ZoneInfo, owners: set[str], begin: int, end: int
) -> Iterator[list[int]]:
    """Start and end of every occurrence that keeps its owner busy, clipped."""
    refuse_unread_parts(calendar)
    # A main calendar of Google's is named by its owner's address.
    owners = owners | {str(calendar.get("X-WR-CALNAME", "")).lower()}
    first, last = (datetime.fromtimestamp(at, UTC) for at in (begin, end))
    for event in recurring_ical_events.of(calendar).between(first - 2 * DAY, last + 2 * DAY):
        if not is_busy(event, owners):
            continue
        starts = max(begin, math.floor(to_timestamp(event.start, zone)))
        ends = min(end, math.ceil(to_timestamp(event.end, zone)))
        if starts < ends:
            yield [starts, ends]


def remove_own_events(calendar: Calendar, ours: str) -> None:
    """Our own events, come back by a copy of our feed, must not hold time that is free again."""
    mark, parts = f"@{ours}".upper(), calendar.subcomponents
    calendar.subcomponents = [each for each in parts if not upper_value(each, "UID").endswith(mark)]


def refuse_unread_parts(calendar: Calendar) -> None:
    """No part may go unread in silence: what is lost would be offered as free."""
    if calendar.walk("VFREEBUSY") or any(event.errors for event in calendar.walk("VEVENT")):
        raise UnreadableCalendar("broken")


def is_busy(event: Component, owners: set[str]) -> bool:
    """Whether this occurrence keeps its owner busy: not if free, canceled or declined."""
    return not (
        upper_value(event, "TRANSP") == "TRANSPARENT"
        or upper_value(event, "STATUS") == "CANCELLED"
        or upper_value(event, "X-MICROSOFT-CDO-BUSYSTATUS") in FREE_BUSY_STATUSES
        or any(is_declined(each) for each in attendees(event) if email_of(each) in owners)
    )


def upper_value(event: Component, name: str) -> str:
    return str(event.get(name, "")).upper()


def attendees(event: Component) -> list:
    found = event.get("ATTENDEE", [])
    return found if isinstance(found, list) else [found]


def email_of(attendee: vCalAddress) -> str:
    return str(attendee).lower().removeprefix("mailto:")


def is_declined(attendee: vCalAddress) -> bool:
    return str(attendee.params.get("PARTSTAT", "")).upper() == "DECLINED"


def to_timestamp(moment: date | datetime, zone: ZoneInfo) -> float:
    """Seconds since 1970; a bare date is its midnight, and a bare time is local."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(0))
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()


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
    asked = json.loads(sys.stdin.buffer.readline())
    try:
        answer: dict[str, object] = {"times": parse_busy_times(sys.stdin.buffer.read(), **asked)}
    except UnreadableCalendar as refused:
        answer = {"refused": str(refused)}
    except MemoryError:
        answer = {"refused": "too_much"}
    except Exception:
        # Other people's files break in more ways than a list could name.
        answer = {"refused": "broken"}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
