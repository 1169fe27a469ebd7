"""Writes an encrypted backup of the database, and notes it there."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from admissions.backups import records
from recovery_site.backups import dump, files, keys
from recovery_site.backups.faults import BackupFault


class Command(BaseCommand):
    help = (
        "Streams the database through pg_dump and age into one file that only the holder of the"
        " private key opens. Ends with 1, and leaves no file, when any part of it fails."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--folder",
            type=Path,
            help="Where it goes; BACKUP_FOLDER, or backups in VAR, if not said.",
        )
        parser.add_argument(
            "--keep-days",
            type=int,
            metavar="N",
            help="Then delete backups that are older than this.",
        )

    def handle(self, *, folder: Path | None, keep_days: int | None, **options: Any) -> None:
        folder = folder or backup_folder()
        try:
            manifest = dump.make_backup(folder, keys.read_recipients())
        except BackupFault as fault:
            raise CommandError(f"No backup was made. {fault}", returncode=1) from None
        except OSError as fault:
            raise CommandError(f"No backup was made: {fault.strerror}.", returncode=1) from None
        path = folder / f"{manifest.name}{files.FILE}"
        self.stdout.write(f"{path} holds {manifest.size} bytes, encrypted.")
        self.record(manifest)
        if keep_days is not None:
            deleted = files.delete_older(folder, than=timezone.now() - timedelta(days=keep_days))
            self.stdout.write(f"Backups older than {keep_days} days: {deleted} deleted.")

    def record(self, manifest: files.Manifest) -> None:
        try:
            records.record_made(
                name=manifest.name,
                release=manifest.release,
                size=manifest.size,
                sha256=manifest.sha256,
            )
        except DatabaseError as fault:
            why = str(fault).strip().partition("\n")[0]
            raise CommandError(f"It is whole, but was not noted: {why}", returncode=1) from None


def backup_folder() -> Path:
    return Path(os.environ.get("BACKUP_FOLDER") or settings.VAR / "backups")
