"""What may be said, where and when; and the links that open a request."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from .models import ConsultationRequest

CALL_HOURS = time(8), time(20)

QUIET_FROM, QUIET_UNTIL = time(21), time(8)
GOOD_TIME_HOURS: dict[str, tuple[time, time]] = {
    ConsultationRequest.GoodTime.MORNING: (time(8), time(12)),
    ConsultationRequest.GoodTime.AFTERNOON: (time(12), time(17)),
    ConsultationRequest.GoodTime.EVENING: (time(17), time(20)),
}


def is_in_quiet_hours(at: datetime, zone: ZoneInfo) -> bool:
    """Whether an instant falls between 21:00 and 08:00 where the person is."""
    local = at.astimezone(zone).time()
    return local >= QUIET_FROM or local < QUIET_UNTIL


def move_past_quiet_hours(at: datetime, zone: ZoneInfo) -> datetime:
    """The same instant, or the next 08:00 local if it falls in quiet hours."""
    if not is_in_quiet_hours(at, zone):
        return at
    local = at.astimezone(zone)
    day = local.date() + timedelta(days=1 if local.time() >= QUIET_FROM else 0)
    return datetime.combine(day, QUIET_UNTIL, tzinfo=zone).astimezone(at.tzinfo)


def find_next_good_time(good_time: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Now, or the next start of the part of the day that the person asked for."""
    if good_time not in GOOD_TIME_HOURS:
        return now
    opens, closes = GOOD_TIME_HOURS[good_time]
    local = now.astimezone(zone)
    if opens <= local.time() < closes:
        return now
    day = local.date() + timedelta(days=1 if local.time() >= closes else 0)
    return datetime.combine(day, opens, tzinfo=zone).astimezone(now.tzinfo)


def shift_into_call_hours(at: datetime, zone: ZoneInfo) -> datetime:
    """The same instant, or the next 8 in the morning if it falls outside 8 to 20."""
    local = at.astimezone(zone)
    opens, closes = CALL_HOURS
    if opens <= local.time() < closes:
        return at
    day = local.date() + timedelta(days=1 if local.time() >= closes else 0)
    return datetime.combine(day, opens, tzinfo=zone).astimezone(at.tzinfo)
