"""Brings the roles of staff in line with their table; run it after each migrate."""

from django.core.management.base import BaseCommand, CommandError

from admissions import roles


class Command(BaseCommand):
    help = "Makes, changes and removes roles of staff until they are as admissions/roles.py says."

    def handle(self, *args, **options):
        try:
            changes = roles.sync()
        except roles.UnknownPermission as names:
            raise CommandError(f"There is no permission {names}. Run migrate first.") from names
        if options["verbosity"]:
            self.stdout.write("\n".join(changes) or "Every role is as the table says.")
