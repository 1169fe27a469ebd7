"""The moment that a page of the desk shows, and what decides how late is late."""

from dataclasses import dataclass
from datetime import datetime

from admissions.intake import service_levels
from admissions.messaging.rules import CallAlerts, load_call_alerts


@dataclass(frozen=True)
class DeskClock:
    """Now, when somebody is at the phones next (where nobody is), and when a late call alarms."""

    now: datetime
    alerts: CallAlerts
    opens_at: datetime | None = None


def read_desk_clock(now: datetime) -> DeskClock:
    """Asked once for a page, however many requests it shows."""
    return DeskClock(now, load_call_alerts(), service_levels.find_next_phone_opening(now))
