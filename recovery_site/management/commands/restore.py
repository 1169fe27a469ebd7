"""Restores a backup in place of the database of DATABASE_URL."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from recovery_site.backups import keys, restore, verification
from recovery_site.backups.faults import BackupFault


class Command(BaseCommand):
    help = (
        "Restores a backup in place of the database of DATABASE_URL, brings it to this release and"
        " gives the roles their rights. Whatever fails before that leaves all as it was."
    )
    # There may be no database yet.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--key", type=Path, metavar="FILE", help="The private key; BACKUP_KEY_FILE if not said."
        )
        parser.add_argument(
            "--overwrite",
            metavar="DATABASE",
            default="",
            help="The name of the database that holds something, and is set aside.",
        )

    def handle(self, *, file: Path, key: Path | None, overwrite: str, **options: Any) -> None:
        try:
            self.restore(file, keys.find_key_file(key), overwrite)
        except BackupFault as fault:
            raise CommandError(str(fault), returncode=1) from None

    def restore(self, file: Path, key: Path | None, overwrite: str) -> None:
        if key is None:
            raise BackupFault("Name the private key: --key FILE, or BACKUP_KEY_FILE.")
        done = restore.restore(file, keys.read_keys(key), overwrite=overwrite)
        self.stdout.write(f"{done.rows} rows are back, as of {done.manifest.made_at}.")
        if done.former:
            self.stdout.write(
                f"What was there is {done.former} now: drop it when you need it no more."
            )
        for line in restore.bring_up():
            self.stdout.write(line)
        if unread := list(verification.find_unreadable()):
            raise BackupFault(
                f"Restored, but with other keys than its own: {unread[0]} The site must not serve"
                " until manage.py check --database default is silent."
            )
        self.stdout.write("Our keys open what is stored. Nothing else is left to do here.")
