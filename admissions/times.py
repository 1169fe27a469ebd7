"""Times as a page shows them: grouped by day, in words, by the right clock."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from . import availability, letters
from .availability import Slot

# How people name their own clock; anywhere else the city says it.
FAMILIAR = {
    "America/Los_Angeles": _lazy("Pacific time"),
    "America/Denver": _lazy("Mountain time"),
    "America/Phoenix": _lazy("Arizona time"),
    "America/Chicago": _lazy("Central time"),
    "America/New_York": _lazy("Eastern time"),
    "America/Anchorage": _lazy("Alaska time"),
    "Pacific/Honolulu": _lazy("Hawaii time"),
}


@dataclass(frozen=True)
class Chip:
    """One tappable time: its stamp, what it says, the centre's time, and how far off it is.

    `here` is empty when the reader's clock and the centre's agree; `day` and
    `distance` are empty where the list itself says the day.
    """

    stamp: str
    time: str
    here: str
    day: str = ""
    distance: str = ""


@dataclass(frozen=True)
class Day:
    """One day of times, ready to show."""

    name: str
    chips: list[Chip]


def soonest(slots: list[Slot], *, zone: ZoneInfo, count: int = 3) -> list[Chip]:
    return [chip(slot, zone=zone) for slot in slots[:count]]


def nearest(slots: list[Slot], to: datetime, *, zone: ZoneInfo, count: int = 3) -> list[Chip]:
    """The open times closest to one that was lost, in the order of the clock."""
    closest = sorted(slots, key=lambda slot: abs(slot.starts_at - to))[:count]
    return [chip(slot, zone=zone) for slot in sorted(closest)]


def days(slots: list[Slot], *, zone: ZoneInfo) -> list[Day]:
    """All slots by day; the same few times of day come again, and are put into words once."""
    said = cache(letters.time_words)
    return [
        Day(date_format(day, _("l, F j")), [short_chip(slot, zone, said) for slot in group])
        for day, group in availability.by_day(slots, zone)
    ]


def call_promise(*, now: datetime, zone: ZoneInfo, roster=None) -> dict | None:
    """When we can honestly promise a call, in words; None when nobody has hours soon."""
    promise = availability.promise_call_by(now=now, roster=roster)
    if promise is None:
        return None
    local = promise.by.astimezone(zone)
    ahead = (local.date() - now.astimezone(zone).date()).days
    # Spanish says "la 1:00" and "las 2:00": the hour is what is counted.
    by = {
        0: ngettext("today by %(time)s", "today by %(time)s", local.hour % 12),
        1: ngettext("tomorrow by %(time)s", "tomorrow by %(time)s", local.hour % 12),
    }.get(ahead, ngettext("on %(day)s by %(time)s", "on %(day)s by %(time)s", local.hour % 12))
    words = {"time": letters.time_words(local), "day": date_format(local, _("l, F j"))}
    return {"by": by % words, "is_staffed": promise.is_staffed}


def chip(slot: Slot, *, zone: ZoneInfo) -> Chip:
    now = timezone.now()
    local = slot.starts_at.astimezone(zone)
    return replace(
        short_chip(slot, zone),
        day=day_words(local.date(), now.astimezone(zone).date()),
        distance=distance_words(slot.starts_at, now, local),
    )


def short_chip(slot: Slot, zone: ZoneInfo, said=letters.time_words) -> Chip:
    """A time under a heading that names its day."""
    local = slot.starts_at.astimezone(zone)
    return Chip(slot.stamp, clock_words(local, said), here_words(slot.starts_at, local, said))


def clock_words(local: datetime, said=letters.time_words) -> str:
    """A time of day; in the hour that a clock repeats, with its zone: 1:30 am (PST)."""
    words = said(local.time())
    is_repeated = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{words} ({local.tzname()})" if is_repeated else words


def here_words(at: datetime, local: datetime, said=letters.time_words) -> str:
    """The centre's own time, where it differs from the reader's: 9:00 am (PST)."""
    here = at.astimezone(ZoneInfo(settings.TIME_ZONE))
    if here.utcoffset() == local.utcoffset():
        return ""
    return f"{said(here.time())} ({here.tzname()})"


def zone_words(zone: ZoneInfo) -> str:
    """A zone as people name it: Pacific time, or Kathmandu time."""
    city = zone.key.rpartition("/")[2].replace("_", " ")
    return FAMILIAR.get(zone.key) or _("%(city)s time") % {"city": city}


def day_words(day: date, today: date) -> str:
    """Today, Tomorrow, or the date: Thursday, November 26."""
    ahead = (day - today).days
    return {0: _("Today"), 1: _("Tomorrow")}.get(ahead) or date_format(day, _("l, F j"))


def distance_words(at: datetime, now: datetime, local: datetime) -> str:
    """In 35 min, in 1 h 35 min; from tomorrow on the weekday says more."""
    minutes = int((at - now).total_seconds() // 60)
    if local.date() != now.astimezone(local.tzinfo).date():
        return date_format(local, "l")
    if minutes < 60:
        return ngettext("in %(n)s min", "in %(n)s min", minutes) % {"n": minutes}
    return _("in %(h)s h %(m)s min") % {"h": minutes // 60, "m": minutes % 60}
