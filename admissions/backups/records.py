"""When the last backup was made, and when one was last proved good."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max

from admissions.exceptions import ActionNotAllowed

from .models import BackupRecord

# A night and what a slow one takes longer.
LATE_AFTER = timedelta(hours=26)
Kind = BackupRecord.Kind


@dataclass(frozen=True)
class BackupState:
    """When the newest backup was made, its file last read again, and one last restored."""

    made_at: datetime | None
    unchanged_at: datetime | None
    restored_at: datetime | None

    def is_late(self, now: datetime) -> bool:
        """No backup was made for a day."""
        return self.made_at is None or self.made_at < now - LATE_AFTER


def read_state() -> BackupState:
    found = dict(BackupRecord.objects.values_list("kind").annotate(last=Max("at")))
    return BackupState(*(found.get(kind) for kind in (Kind.MADE, Kind.UNCHANGED, Kind.RESTORED)))


def record_made(*, name: str, release: str, size: int, sha256: str) -> None:
    """Store that a backup is whole under its name."""
    BackupRecord.objects.create(
        kind=Kind.MADE, name=name, release=release, size=size, sha256=sha256
    )


def record_check(kind: str, *, name: str, sha256: str) -> None:
    """Store that a backup of this database was proved good; refuse one that it never made."""
    made = BackupRecord.objects.filter(kind=Kind.MADE, name=name, sha256=sha256).last()
    if made is None:
        raise ActionNotAllowed("This database has made no backup of that name and digest.")
    BackupRecord.objects.create(
        kind=kind, name=name, release=made.release, size=made.size, sha256=sha256
    )
