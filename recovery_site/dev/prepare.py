"""Brings the database, its roles and its demo data up to date, in one process for a quick start."""

import os
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.migrations.loader import MigrationLoader

from admissions import time_limits
from recovery_site import startup_checks

from . import startup, state

FIRST_OF_ALL = ("admissions", "0001_initial")
ENCRYPTED = ("admissions", "0004_encrypt_what_people_type")
OUR_APPS = {"accounts", "admissions", "programs", "staff", "users"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recovery_site.settings")
    django.setup()
    refuse_other_versions()
    call_command("migrate", interactive=False, verbosity=0)
    limit_own_role()
    startup_checks.run_everywhere()
    call_command("sync_roles")
    if not settings.PRODUCTION:
        with (settings.VAR / "demo.txt").open("w") as sign_ins:
            call_command("seed_demo", stdout=sign_ins)


def limit_own_role() -> None:
    """`make run` serves as the role that owns the tables: how long it may take, from now on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        role = cursor.fetchone()[0]
    time_limits.set_role_defaults(role, time_limits.SERVING_DEFAULTS)
    # Those hold from the next session on; this one is checked as any that serves.
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', '10s', false)")


def refuse_other_versions() -> None:
    """End with one line where the database has migrations that this code does not know.

    Migrations were written anew before the first release, and a checkout may be older than its
    database: either way migrate would fail halfway, or run beside tables that do not fit.
    One that was applied before what it now depends on is of another version as well, and so is a
    database of before texts were encrypted.
    """
    loader = MigrationLoader(connection)
    applied = loader.applied_migrations.keys()
    unknown = applied - loader.disk_migrations.keys()
    try:
        loader.check_consistent_history(connection)
        is_plain = FIRST_OF_ALL in applied and ENCRYPTED not in applied
        is_other = is_plain or any(app in OUR_APPS for app, _name in unknown)
    except InconsistentMigrationHistory:
        is_other = True
    if is_other:
        sys.exit(f"it was made by another version of this site. {way_out()} and start again.")


def way_out() -> str:
    """What to do with the database that we started ourselves, or with one that has its own URL."""
    if settings.DATABASES["default"]["PORT"] == state.read_state(settings.VAR).get("postgres_port"):
        folder = startup.short_path(settings.VAR / "postgres")
        return f"Remove the folder {folder}, with all that was entered,"
    return "Name an empty one in DATABASE_URL"


if __name__ == "__main__":
    main()
