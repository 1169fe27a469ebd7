"""The moment that a page of the desk shows, who was told of calls late then, and who is away."""

from dataclasses import dataclass, field
from datetime import datetime

from admissions.intake import service_levels

from . import late_calls, ownership


@dataclass(frozen=True)
class DeskClock:
    """Now, when somebody is at the phones next (where nobody is), who knows of late calls, and
    the ids of staff who are away."""

    now: datetime
    alerts: late_calls.Alerts = field(default_factory=dict)
    opens_at: datetime | None = None
    absent: frozenset[int] = frozenset()


def read_desk_clock(now: datetime) -> DeskClock:
    """Asked once for a page, however many requests it shows."""
    return DeskClock(
        now,
        late_calls.read_alerts(now),
        service_levels.find_next_phone_opening(now),
        ownership.find_absent(now),
    )
