"""In place of Django's command, which needs gettext's msgfmt."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from recovery_site import catalogs


class Command(BaseCommand):
    help = "Compiles the translations for Django; fuzzy ones are left out."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "-l", "--locale", action="append", default=[], help="This language; more than once."
        )
        parser.add_argument(
            "-x", "--exclude", action="append", default=[], help="Not this language."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for language in options["locale"] or catalogs.other_languages():
            if language not in options["exclude"]:
                compiled = catalogs.read_catalog(language).to_binary()
                catalogs.compiled_path(language).write_bytes(compiled)
