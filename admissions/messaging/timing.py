"""The night, asked in one place: when a message may go where the person is."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from admissions.intake import contact_hours

from .catalog import CATALOG
from .kinds import Night
from .models import Message

# What changes without being asked for waits out the night, but never until it is too late.
LATEST_NOTICE_BEFORE_START = timedelta(hours=2)


def find_send_time(
    night: Night, at: datetime, *, zone: ZoneInfo, starts_at: datetime | None = None
) -> datetime | None:
    """The first moment from `at` on in which it may go; None for what is not for the night."""
    if night is Night.ANY_HOUR or not contact_hours.is_in_quiet_hours(at, zone):
        return at
    if night is Night.NEVER:
        return None
    morning = contact_hours.move_past_quiet_hours(at, zone)
    is_close = starts_at is not None and morning > starts_at - LATEST_NOTICE_BEFORE_START
    return at if night is Night.WAIT_UNLESS_CLOSE and is_close else morning


def find_send_time_of(message: Message, at: datetime) -> datetime | None:
    """As find_send_time, by what its kind says and by the clock of its person."""
    night, request, talk = CATALOG[message.kind].night, message.request, message.consultation
    if request is None or night is Night.ANY_HOUR:
        return at
    starts_at = talk.starts_at if talk else None
    return find_send_time(night, at, zone=ZoneInfo(request.time_zone), starts_at=starts_at)


def find_due_time(message: Message, at: datetime) -> datetime:
    """When it falls due that would go `at`: then, or after the night."""
    send_at = find_send_time_of(message, at)
    if send_at is None and message.request:
        return contact_hours.move_past_quiet_hours(at, ZoneInfo(message.request.time_zone))
    return send_at or at
