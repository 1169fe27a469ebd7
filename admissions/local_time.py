"""The center's own clock: its zone, its days, and whole steps of them."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings

DAY = timedelta(days=1)


def center_zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def local_midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=center_zone())


def day_bounds(first: date, last: date | None = None) -> tuple[datetime, datetime]:
    """From the midnight that begins the first day to the one that ends the last, in UTC."""
    after = (last or first) + DAY
    return utc_midnight(first), utc_midnight(after)


def utc_midnight(day: date) -> datetime:
    """The midnight that begins a day of the center, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=center_zone()).astimezone(UTC)


def floor_to_step(at: datetime, step: timedelta) -> datetime:
    """The latest whole step of local time at or before this instant."""
    return floor_in_zone(at, step, center_zone())


@lru_cache(maxsize=2_000)
def floor_in_zone(at: datetime, step: timedelta, zone: ZoneInfo) -> datetime:
    """Remembered, because counselors are free at the same moments."""
    local = at.astimezone(zone)
    since_midnight = timedelta(
        hours=local.hour,
        minutes=local.minute,
        seconds=local.second,
        microseconds=local.microsecond,
    )
    return at - since_midnight % step
