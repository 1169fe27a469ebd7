"""Brings the database, its roles and its demo data up to date, in one process for a quick start."""

import os

import django
from django.conf import settings
from django.core.management import call_command


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recovery_site.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("sync_roles")
    if not settings.PRODUCTION:
        with (settings.VAR / "demo.txt").open("w") as sign_ins:
            call_command("seed_demo", stdout=sign_ins)


if __name__ == "__main__":
    main()
