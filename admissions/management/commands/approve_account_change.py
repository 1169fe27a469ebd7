"""For the operator of a center with one director: the second person, on the command line."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from admissions.accounts.colleagues import account_changes
from admissions.accounts.models import AccountChange
from admissions.exceptions import ActionNotAllowed


class Command(BaseCommand):
    help = (
        "Approves what a director asked for and no second person is there to decide. Without a"
        " number it lists what waits, by usernames. The audit says that the system did it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("change", type=int, nargs="?")

    def handle(self, **options: Any) -> None:
        if options["change"] is None:
            return self.list_waiting()
        try:
            change = account_changes.approve(change_id=options["change"], by=None)
        except ActionNotAllowed as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"{change.pk}: approved")

    def list_waiting(self) -> None:
        waiting = AccountChange.objects.waiting(now=timezone.now())
        for each in waiting.select_related("user", "asked_by").order_by("asked_at"):
            what = ", ".join([*each.roles, *filter(None, [each.email])])
            flags = [name for name in ("makes_superuser", "lets_in_again") if getattr(each, name)]
            self.stdout.write(
                f"{each.pk}: {each.kind} {' '.join([what, *flags]).strip()} for"
                f" {each.user.username}, asked by {each.asked_by.username}"
            )
