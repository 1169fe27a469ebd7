"""Proves that a backup is good: by its digest, and with the private key by restoring it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from admissions.backups import records
from admissions.exceptions import ActionNotAllowed
from recovery_site.backups import files, keys, verification
from recovery_site.backups.faults import BackupFault

from .backup import backup_folder


class Command(BaseCommand):
    help = (
        "With the private key: restores a backup into a scratch database, counts its rows, checks"
        " the seals of its audit and whether our keys open it. Without: compares its digest."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, nargs="?", help="The newest in BACKUP_FOLDER if none."
        )
        parser.add_argument(
            "--key", type=Path, metavar="FILE", help="The private key; BACKUP_KEY_FILE if not said."
        )

    def handle(self, *, file: Path | None, key: Path | None, **options: Any) -> None:
        key = keys.find_key_file(key)
        try:
            path = file or newest_backup()
            if key:
                manifest = verification.verify(path, keys.read_keys(key))
            else:
                manifest = verification.check_file(path)
        except BackupFault as fault:
            raise CommandError(f"This backup is not verified. {fault}", returncode=1) from None
        if key:
            self.stdout.write(f"{path.name} restores: every row is there, its seals hold.")
        else:
            self.stdout.write(
                f"{path.name} is as it was written. Without its key nobody knows more."
            )
        self.record(manifest, records.Kind.RESTORED if key else records.Kind.UNCHANGED)

    def record(self, manifest: files.Manifest, kind: str) -> None:
        """Note it where the backup was made, which a machine that only verifies is not."""
        try:
            records.record_check(kind, name=manifest.name, sha256=manifest.sha256)
        except (ActionNotAllowed, DatabaseError):
            self.stdout.write(
                "Not noted here, as this database did not make it. There: manage.py"
                f" note_verified_backup {manifest.name} {manifest.sha256}"
            )


def newest_backup() -> Path:
    found = files.find_backups(backup_folder())
    if not found:
        raise BackupFault(f"{backup_folder()} holds no backup.")
    return found[-1]
