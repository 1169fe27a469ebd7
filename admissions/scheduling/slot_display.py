"""Open slots as a person reads them: chips of a day and a time, in their own zone."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

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
class SlotDay:
    """One day of times, ready to show."""

    name: str
    chips: list[SlotChip]


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
            date_format(day, _("l, F j")),
            [build_short_chip(slot, zone, format_time) for slot in group],
        )
        for day, group in availability.group_slots_by_day(slots, zone)
    ]


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
