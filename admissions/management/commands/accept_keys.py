"""Takes the keys of this process as the database's, where the former SECRET_KEY is lost."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from admissions import encryption
from admissions.installation import key_marks


class Command(BaseCommand):
    help = (
        "Notes the SECRET_KEY of this environment as the one in use, where the former one is lost:"
        " links in emails that went out, and all sessions, end. Refuses while FIELD_KEYS do not"
        " open what is stored."
    )

    def handle(self, **options: Any) -> None:
        unreadable = encryption.check_encrypted_texts(databases=["default"])
        if unreadable:
            raise CommandError("\n".join(f"{each.msg} {each.hint or ''}" for each in unreadable))
        key_marks.keep_marks()
        self.stdout.write("The keys of this environment are the database's from now on.")
