"""Puts a backup in the place of the database, once all of it is there and counted."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from admissions.accounts.models import Session
from admissions.operations import sending_hold

from . import databases, encryption, files, verification
from .faults import BackupFault

ROLE_URLS = ("WEB_DATABASE_URL", "WORKER_DATABASE_URL")


@dataclass(frozen=True)
class Restored:
    """What came back, and the name of the former database, if it held anything."""

    manifest: files.Manifest
    rows: int
    former: str


def restore(path: Path, keys: encryption.Keys, *, overwrite: str = "") -> Restored:
    """Restore into a draft, then swap it in; until then nothing is changed.

    A database that holds anything is set aside under another name, and only if it was named.
    """
    manifest = verification.check_file(path)
    refuse_newer_release(manifest)
    expected = encryption.open_counts(manifest.counts, keys)
    database, now = connection.settings_dict["NAME"], timezone.now()
    connection.close()
    with databases.one_restore() as server:
        tables = databases.count_tables(server, database)
        refuse_to_overwrite(database, tables, overwrite)
        if sessions := databases.wait_until_unused(server, database):
            raise BackupFault(
                f"{sessions} connections use {database}: stop the site first. Nothing was changed."
            )
        draft, former = f"{database}_restoring", f"{database}_before_{now:%Y%m%d%H%M%S}"
        counted = databases.restore_into(server, draft, path, keys)
        try:
            databases.check_counts(counted, expected)
            databases.take_place(server, draft, database, former=former)
        except BaseException:
            databases.drop(server, draft)
            raise
        if not tables:
            databases.drop(server, former)
    return Restored(manifest, sum(counted.values()), former if tables else "")


def refuse_to_overwrite(database: str, tables: int, overwrite: str) -> None:
    if overwrite and overwrite != database:
        raise BackupFault(f"DATABASE_URL names {database}, not {overwrite}. Nothing was changed.")
    if tables and not overwrite:
        raise BackupFault(
            f"{database} holds {tables} tables. Nothing was changed. To set it aside under another"
            f" name and restore: --overwrite {database}"
        )


def refuse_newer_release(manifest: files.Manifest) -> None:
    """Refuse a backup with tables of which this code knows nothing."""
    known = {".".join(each) for each in MigrationLoader(None).disk_migrations}
    if unknown := sorted(set(manifest.migrations) - known):
        raise BackupFault(
            f"This backup is of another release, {manifest.release}, with {unknown[0]}: restore it"
            " with that one."
        )


def bring_up() -> Iterator[str]:
    """Bring a restored database to this release; yield a line for each step that was done.

    What it was told of sessions is over: whoever was signed out since would be signed in again.
    """
    call_command("migrate", interactive=False, verbosity=0)
    call_command("sync_roles", verbosity=0)
    yield "Its tables are those of this release."
    sending_hold.hold_sending()
    yield "No email is sent until someone allows it on the desk, under Operations."
    Session.objects.all().delete()
    yield "Everybody signs in again."
    if all(os.environ.get(name) for name in ROLE_URLS):
        call_command("setup_roles", verbosity=0)
    elif any(os.environ.get(name) for name in ROLE_URLS):
        raise BackupFault(f"Set both of {' and '.join(ROLE_URLS)}, then run manage.py setup_roles.")
