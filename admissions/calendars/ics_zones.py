"""Which time zone the name in a calendar file means: one that is sure, or none."""

import re
from datetime import UTC, timedelta, timezone, tzinfo
from functools import cache
from typing import cast
from zoneinfo import ZoneInfo, available_timezones

from icalendar import Timezone
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

# Half the year these are an hour off from what most people who write them mean.
AMBIGUOUS = {"est", "mst", "hst"}
UTC_NAMES = {"z", "utc", "gmt", "tzone://microsoft/utc", "coordinated universal time"}
DISPLAY_NAMES = {
    "eastern time (us & canada)": "America/New_York",
    "central time (us & canada)": "America/Chicago",
    "mountain time (us & canada)": "America/Denver",
    "pacific time (us & canada)": "America/Los_Angeles",
    "arizona": "America/Phoenix",
    "alaska": "America/Anchorage",
    "hawaii": "Pacific/Honolulu",
}
OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-])(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)
MAX_OFFSET_HOURS = 14
# icalendar reads some number from anything.
ODD_OFFSET = re.compile(r"TZOFFSET\w+[;:](?!(?:.*:)?[+-]?\d\d:?\d\d(?:\d\d)?\s*$)", re.IGNORECASE)


class ZoneFinder:
    """The zones of one calendar, each looked up once. `described` are its own VTIMEZONEs."""

    def __init__(self, described: dict[str, list[str]]):
        self.described, self.found = described, dict[str, tzinfo | None]()

    def find(self, name: str) -> tzinfo | None:
        """The zone that this name means, or None when that is not sure."""
        if name not in self.found:
            self.found[name] = (
                find_iana_zone(name)
                or build_zone(self.described.get(name))
                or find_alias(name)
                or parse_offset(name)
            )
        return self.found[name]


def find_iana_zone(name: str) -> tzinfo | None:
    key = name.strip().lower()
    if key in UTC_NAMES:
        return UTC
    known = iana_names().get(key)
    return ZoneInfo(known) if known else None


@cache
def iana_names() -> dict[str, str]:
    """The names of the time zone database, by their small letters."""
    return {name.lower(): name for name in available_timezones() if name.lower() not in AMBIGUOUS}


def build_zone(lines: list[str] | None) -> tzinfo | None:
    """The zone that a file describes; None where it describes none that can be read."""
    if not lines or any(ODD_OFFSET.match(line) for line in lines):
        return None
    text = "\r\n".join(["BEGIN:VTIMEZONE", *lines, "END:VTIMEZONE", ""])
    try:
        return cast(Timezone, Timezone.from_ical(text)).to_tz(lookup_tzid=False)
    except (ValueError, KeyError, IndexError, AttributeError, TypeError, OverflowError):
        return None


def find_alias(name: str) -> tzinfo | None:
    """The names of Windows, of programs that put themselves before the name, and near misses."""
    key = re.sub(r"^\((?:utc|gmt)[^)]*\)\s*", "", name.strip().lower())
    windows = {known.lower(): iana for known, iana in WINDOWS_TO_OLSON.items()}
    candidates = [windows.get(key, ""), DISPLAY_NAMES.get(key, "")]
    if key.startswith("/"):
        # /freeassociation.sourceforge.net/America/New_York
        parts = key.strip("/").split("/")
        candidates += ["/".join(parts[n:]) for n in range(1, len(parts) - 1)]
    # US-Eastern, America/New York, America-New York
    plain = key.replace(" ", "_")
    candidates += [plain, re.sub(r"[-_.]", "/", plain, count=1)]
    return next(filter(None, map(find_iana_zone, candidates)), None)


def parse_offset(name: str) -> tzinfo | None:
    """-05:00, GMT-0500, UTC+5 and +00: hours before (+) or behind (-) UTC."""
    found = OFFSET.fullmatch(name.strip().strip("()"))
    if not found:
        return None
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    if offset > timedelta(hours=MAX_OFFSET_HOURS):
        return None
    return timezone(-offset if found[1] == "-" else offset)
