"""Time zones of visitors: which ones we take, and how a person calls each of them.

`tzdata` ships two tables beside the zones: `zone.tab` lists the zones that stand for a place, and
the lines `L new old` of `tzdata.zi` tell what a zone was called before. Browsers still send the
old ones: Asia/Katmandu, US/Pacific.
"""

import functools
from datetime import datetime, timedelta
from importlib import resources
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from . import local_time

# How people name their own clock; anywhere else the city says it.
FAMILIAR_ZONE_NAMES = {
    "America/Los_Angeles": _lazy("Pacific time"),
    "America/Denver": _lazy("Mountain time"),
    "America/Phoenix": _lazy("Arizona time"),
    "America/Chicago": _lazy("Central time"),
    "America/New_York": _lazy("Eastern time"),
    "America/Anchorage": _lazy("Alaska time"),
    "Pacific/Honolulu": _lazy("Hawaii time"),
}
# Cities that are written differently in the other languages of the site.
CITY_ZONE_NAMES = {
    "America/Asuncion": _lazy("Asuncion time"),
    "America/Bogota": _lazy("Bogota time"),
    "America/Havana": _lazy("Havana time"),
    "America/Mexico_City": _lazy("Mexico City time"),
    "America/Sao_Paulo": _lazy("Sao Paulo time"),
    "Asia/Kathmandu": _lazy("Kathmandu time"),
    "Asia/Kolkata": _lazy("Kolkata time"),
    "Asia/Tokyo": _lazy("Tokyo time"),
    "Europe/London": _lazy("London time"),
}
# What these letters mean in the United States, in hours from UTC; elsewhere they mean other clocks.
US_ABBREVIATIONS = {
    "PST": -8, "PDT": -7, "MST": -7, "MDT": -6, "CST": -6, "CDT": -5, "EST": -5, "EDT": -4,
    "AKST": -9, "AKDT": -8, "HST": -10,
}  # fmt: skip


@functools.cache
def known_time_zones() -> set[str]:
    """Every zone that is the clock of a place; looking them up reads the disk.

    UTC, GMT and Etc/GMT+5 are not among them: a browser that says so hides where it is.
    """
    return {name for name in available_timezones() if modern_name(name) in zones_of_places()}


@functools.cache
def zones_of_places() -> set[str]:
    lines = read_table("zone.tab")
    return {line.split("\t")[2] for line in lines if not line.startswith("#")}


@functools.cache
def renamed_zones() -> dict[str, str]:
    """Old name to new one, for every zone that was renamed or merged."""
    links = (line.split() for line in read_table("tzdata.zi") if line.startswith("L "))
    return {old: new for _letter, new, old in links}


def read_table(name: str) -> list[str]:
    return resources.files("tzdata").joinpath("zoneinfo", name).read_text("utf-8").splitlines()


def modern_name(name: str) -> str:
    """Asia/Kathmandu for Asia/Katmandu; a zone that stands for a place keeps its name."""
    return name if name in zones_of_places() else renamed_zones().get(name, name)


def parse_zone(name: str | None) -> ZoneInfo:
    """The zone of this name, or the center's when it is none that we take."""
    return ZoneInfo(name) if name and name in known_time_zones() else local_time.center_zone()


def format_time_zone(zone: ZoneInfo) -> str:
    """A zone as people name it: Pacific time, or Kathmandu time."""
    name = modern_name(zone.key)
    city = name.rpartition("/")[2].replace("_", " ")
    known = FAMILIAR_ZONE_NAMES.get(name) or CITY_ZONE_NAMES.get(name)
    return str(known or _("%(city)s time") % {"city": city})


def format_zone_at(local: datetime) -> str:
    """The zone beside a time: PST in the United States, elsewhere Kathmandu time.

    In the hour that a clock repeats a city would not say which, so there it is the
    abbreviation (GMT, BST), or UTC+10:30 where the zone has none.
    """
    offset, abbreviation = local.utcoffset() or timedelta(0), local.tzname() or ""
    if offset == timedelta(hours=US_ABBREVIATIONS.get(abbreviation, 99)):
        return abbreviation
    if is_repeated(local):
        return abbreviation if abbreviation.isalpha() else format_offset(offset)
    return format_time_zone(local.tzinfo) if isinstance(local.tzinfo, ZoneInfo) else abbreviation


def is_repeated(local: datetime) -> bool:
    """Whether clocks show this time twice that day."""
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def format_offset(offset: timedelta) -> str:
    """UTC+10:30, UTC-3."""
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    sign = "-" if offset < timedelta(0) else "+"
    return f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")
