"""Puts old quarters of the audit away into encrypted files, with their seals."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from admissions.audit.archives import ArchiveRefused
from recovery_site.archives import putting_away
from recovery_site.backups import keys
from recovery_site.backups.faults import BackupFault

from .backup import backup_folder


class Command(BaseCommand):
    help = (
        "Writes each whole quarter of the audit before a month into an encrypted file with its"
        " seals, reads it back, checks every seal, and only then takes it out of the database."
        " Runs as the owner of the tables, with AUDIT_KEY; killed anywhere, run it again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--before", required=True, metavar="YYYY-MM")
        parser.add_argument(
            "--folder",
            type=Path,
            help="Where files go; audit in the folder of backups if not said.",
        )

    def handle(self, *, before: str, folder: Path | None, **options: Any) -> None:
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", before):
            raise CommandError("--before is a month like 2027-01.")
        year, month = map(int, before.split("-"))
        done = putting_away.put_away(
            before=datetime(year, month, 1, tzinfo=UTC),
            now=timezone.now(),
            folder=folder or backup_folder() / "audit",
            recipients=self.recipients(),
        )
        try:
            told = [self.stdout.write(line) for line in done]
        except (ArchiveRefused, BackupFault) as refused:
            raise CommandError(f"Not put away. {refused}", returncode=1) from None
        except OSError as fault:
            raise CommandError(f"Not put away: {fault.strerror}.", returncode=1) from None
        if not told:
            self.stdout.write(f"No quarter of before {before} is left here.")

    def recipients(self) -> list:
        try:
            return keys.read_recipients()
        except BackupFault as fault:
            raise CommandError(str(fault), returncode=1) from None
