"""Makes a pair of keys for backups, on a machine that holds none of them."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from recovery_site.backups import keys
from recovery_site.backups.faults import BackupFault


class Command(BaseCommand):
    help = "Writes a private key that opens backups, and prints the public one that makes them."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="A new file, as on a disk that you lock away.")

    def handle(self, *, file: Path, **options: Any) -> None:
        try:
            recipient = keys.make_key(file)
        except BackupFault as fault:
            raise CommandError(str(fault), returncode=1) from None
        self.stdout.write(f"BACKUP_RECIPIENTS={recipient}")
        self.stdout.write(f"{file} opens every backup made for it. Keep it in two places, none of")
        self.stdout.write("them with the backups: without it they are lost for ever.")
