"""Holds every email until someone allows sending on the desk; whoever restores a backup runs it."""

from typing import Any

from django.core.management.base import BaseCommand

from admissions.operations import sending_hold


class Command(BaseCommand):
    help = (
        "Lets no worker send until a director or superuser allows it under Operations. A dump that"
        " is restored does this by itself; a cluster that was taken back to an earlier time looks"
        " the same to us, so run it before workers start."
    )

    def handle(self, **options: Any) -> None:
        sending_hold.hold_sending()
        self.stdout.write("Nothing is sent until someone allows it on the desk, under Operations.")
