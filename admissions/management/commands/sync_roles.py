"""Brings the roles of staff in line with their table; run it after each migrate."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from admissions.accounts import roles


class Command(BaseCommand):
    help = "Makes, changes and removes roles of staff to match admissions/accounts/roles.py."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            changes = roles.sync()
        except roles.UnknownPermission as names:
            raise CommandError(f"There is no permission {names}. Run migrate first.") from names
        if options["verbosity"]:
            self.stdout.write("\n".join(changes) or "Every role is as the table says.")
