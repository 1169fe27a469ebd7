"""The moment that a page of the desk shows, how late is late then, and who is away."""

from dataclasses import dataclass
from datetime import datetime

from admissions.intake import service_levels
from admissions.messaging.rules import CallAlerts, load_call_alerts

from . import ownership


@dataclass(frozen=True)
class DeskClock:
    """Now, when somebody is at the phones next (where nobody is), when a late call alarms, and
    the ids of staff who are away."""

    now: datetime
    alerts: CallAlerts
    opens_at: datetime | None = None
    absent: frozenset[int] = frozenset()


def read_desk_clock(now: datetime) -> DeskClock:
    """Asked once for a page, however many requests it shows."""
    return DeskClock(
        now,
        load_call_alerts(),
        service_levels.find_next_phone_opening(now),
        ownership.find_absent(now),
    )
