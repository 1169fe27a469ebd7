"""Notes that a backup of this database was restored and counted on another machine."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from admissions.backups import records
from admissions.exceptions import ActionNotAllowed


class Command(BaseCommand):
    help = "Notes what verify_backup found on the machine that has the private key."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("sha256")

    def handle(self, *, name: str, sha256: str, **options: Any) -> None:
        try:
            records.record_check(records.Kind.RESTORED, name=name, sha256=sha256)
        except ActionNotAllowed as refused:
            raise CommandError(str(refused), returncode=1) from None
        self.stdout.write(f"Noted: {name} was restored and counted.")
