"""When beat and the workers were last seen, in one row each."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic

from django.db import DatabaseError, InterfaceError, close_old_connections
from django.db.models import Max
from django.utils import timezone

from .models import Heartbeat

logger = logging.getLogger(__name__)
# Beat has work for a worker every minute; three that pass in silence are no accident.
SILENT_AFTER = timedelta(minutes=3)
FORGOTTEN_AFTER = timedelta(days=1)
Role = Heartbeat.Role


@dataclass(frozen=True)
class Pulse:
    """When one kind of process was last seen; None if never."""

    role: Role
    seen_at: datetime | None

    def is_silent(self, now: datetime) -> bool:
        return self.seen_at is None or self.seen_at < now - SILENT_AFTER


class Recorder:
    """Writes the heartbeat of one process, not more often than its pause, and never fails."""

    PAUSE_SECONDS = 20.0

    def __init__(self, *, role: Role, name: str) -> None:
        self.role, self.name = role, name[:150]
        self.next_at, self.writing = 0.0, Lock()

    def record(self) -> None:
        with self.writing:
            if monotonic() < self.next_at:
                return
            self.next_at = monotonic() + self.PAUSE_SECONDS
        try:
            save_heartbeat(role=self.role, name=self.name)
        except (DatabaseError, InterfaceError) as away:
            logger.warning("A heartbeat was not written: %s", type(away).__name__)
            close_old_connections()


def save_heartbeat(*, role: Role, name: str) -> None:
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, role=role, seen_at=timezone.now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["role", "seen_at"],
    )


def read_pulses() -> dict[Role, Pulse]:
    """When beat, and whichever worker was last, were seen."""
    rows = Heartbeat.objects.values_list("role").annotate(last=Max("seen_at"))
    seen = dict(rows.values_list("role", "last"))
    return {role: Pulse(role, seen.get(role)) for role in (Role.BEAT, Role.WORKER)}


def delete_old_heartbeats(now: datetime) -> None:
    """Forget processes that ended long ago, each of which had a name of its own."""
    Heartbeat.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()
