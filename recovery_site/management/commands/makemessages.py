"""In place of Django's command, which would bring in what only staff read, and need gettext."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from recovery_site import catalogs


class Command(BaseCommand):
    help = (
        "Brings the texts to translate in line with the code. A changed text keeps its old"
        " translation, marked as fuzzy, until a translator has seen it."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "-l", "--locale", action="append", default=[], help="This language; more than once."
        )
        parser.add_argument(
            "-x", "--exclude", action="append", default=[], help="Not this language."
        )
        parser.add_argument(
            "-a", "--all", action="store_true", help="Every language; so it is without -l too."
        )
        parser.add_argument(
            "--check", action="store_true", help="Write nothing; exit with 1 if a file is behind."
        )
        parser.add_argument(
            "--no-obsolete", action="store_true", help="Drop the words of texts that are gone."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = [] if options["all"] else options["locale"]
        behind = [
            language
            for language in chosen or catalogs.other_languages()
            if language not in options["exclude"] and self.update(language, **options)
        ]
        if options["check"] and behind:
            sys.exit(1)

    def update(self, language: str, *, check: bool, no_obsolete: bool, **options: Any) -> bool:
        """Write the file unless `check`; return whether it was behind."""
        path = catalogs.catalog_path(language)
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        catalog = catalogs.merge_catalog(
            catalogs.read_catalog(language), keeps_obsolete=not no_obsolete
        )
        is_behind = str(catalog) != before
        if is_behind and not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(str(catalog), encoding="utf-8")
        self.tell(language, catalog, "behind the code" if is_behind and check else "up to date")
        return is_behind

    def tell(self, language: str, catalog: Any, state: str) -> None:
        """What a translator has to do."""
        lacking = [entry for entry in catalog if catalogs.lacks_words(entry)]
        texts = len([entry for entry in catalog if not entry.obsolete])
        self.stdout.write(f"{language}: {state}; texts: {texts}, to translate: {len(lacking)}")
        for entry in lacking:
            was = f" (was: {entry.previous_msgid})" if entry.fuzzy else ""
            self.stdout.write(f"  {entry.msgid}{was}")
