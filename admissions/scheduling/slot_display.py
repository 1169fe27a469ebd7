"""Open slots as a person reads them: chips of a day and a time, in their own zone."""

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import groupby
from operator import itemgetter
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from admissions import formatting
from admissions.formatting import (
    TimeFormat,
    format_center_time_if_different,
    format_relative_day,
    format_time_until,
    format_unambiguous_time,
)

from . import availability
from .availability import Slot


@dataclass(frozen=True)
class SlotChip:
    """One tappable time: its stamp, what it says, the center's time, and how far off it is.

    `here` is empty when the reader's clock and the center's agree; `day` and
    `time_until` are empty where the list itself says the day.
    """

    stamp: str
    time: str
    center_time: str
    day: str = ""
    time_until: str = ""


@dataclass(frozen=True)
class DayPart:
    """The times of a morning, an afternoon or an evening."""

    name: str
    chips: list[SlotChip]


@dataclass(frozen=True)
class SlotDay:
    """One day of times, ready to show: where a page has it, its name, in short too, its parts."""

    anchor: str
    name: str
    weekday: str
    number: int
    parts: list[DayPart]

    @property
    def chips(self) -> list[SlotChip]:
        return [chip for part in self.parts for chip in part.chips]


# The hours at which a part of the day begins.
DAY_PARTS = (
    (0, _lazy("Early morning")),
    (5, _lazy("Morning")),
    (12, _lazy("Afternoon")),
    (18, _lazy("Evening")),
)


def soonest_chips(slots: list[Slot], *, zone: ZoneInfo, count: int = 3) -> list[SlotChip]:
    return [build_chip(slot, zone=zone) for slot in slots[:count]]


def nearest_chips(
    slots: list[Slot], to: datetime, *, zone: ZoneInfo, count: int = 3
) -> list[SlotChip]:
    """The open times closest to one that was lost, in the order of the clock."""
    closest = sorted(slots, key=lambda slot: abs(slot.starts_at - to))[:count]
    return [build_chip(slot, zone=zone) for slot in sorted(closest)]


def chips_by_day(slots: list[Slot], *, zone: ZoneInfo) -> list[SlotDay]:
    """All slots by day; the same few times of day come again, and are put into words once."""
    format_time = cache(formatting.format_time)
    return [
        SlotDay(
            f"day-{day:%m-%d}",
            date_format(day, _("l, F j")),
            date_format(day, "D"),
            day.day,
            [
                DayPart(name, [build_short_chip(slot, zone, format_time) for slot in part])
                for name, part in group_slots_by_part(group, zone)
            ],
        )
        for day, group in availability.group_slots_by_day(slots, zone)
    ]


def group_slots_by_part(slots: list[Slot], zone: ZoneInfo) -> list[tuple[str, list[Slot]]]:
    """(part of the day, its slots) of one local day, in order; only parts that have any."""

    def part_of(slot: Slot) -> int:
        hour = slot.starts_at.astimezone(zone).hour
        return bisect_right(DAY_PARTS, hour, key=itemgetter(0)) - 1

    return [(str(DAY_PARTS[at][1]), list(part)) for at, part in groupby(slots, key=part_of)]


def build_chip(slot: Slot, *, zone: ZoneInfo) -> SlotChip:
    now = timezone.now()
    local = slot.starts_at.astimezone(zone)
    return replace(
        build_short_chip(slot, zone),
        day=format_relative_day(local.date(), now.astimezone(zone).date()),
        time_until=format_time_until(slot.starts_at, now, local),
    )


def build_short_chip(
    slot: Slot, zone: ZoneInfo, format_time: TimeFormat = formatting.format_time
) -> SlotChip:
    """A time under a heading that names its day."""
    local = slot.starts_at.astimezone(zone)
    return SlotChip(
        slot.stamp,
        format_unambiguous_time(local, format_time),
        format_center_time_if_different(slot.starts_at, local, format_time),
    )
