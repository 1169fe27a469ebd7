"""Proves that a backup restores, in a scratch database that is gone afterwards."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from django.core import checks
from django.core.management import CommandError, call_command
from django.db import connection

from admissions.installation import key_marks

from . import databases, encryption, files
from .faults import BackupFault


def check_file(path: Path) -> files.Manifest:
    """Refuse a file that is not as it was written; no key is needed for that."""
    manifest = files.read_manifest(path)
    files.check_digest(path, manifest)
    return manifest


def verify(path: Path, keys: encryption.Keys) -> files.Manifest:
    """Restore a backup beside the database, count its rows, check its seals and our keys."""
    manifest = check_file(path)
    expected = encryption.open_counts(manifest.counts, keys)
    scratch = f"{connection.settings_dict['NAME']}_scratch"
    with databases.one_restore() as server:
        databases.check_counts(databases.restore_into(server, scratch, path, keys), expected)
        try:
            with databases.connected_to(scratch):
                check_seals()
                if unread := next(find_unreadable(), ""):
                    raise BackupFault(unread)
        finally:
            databases.drop(server, scratch)
    return manifest


def check_seals() -> None:
    said = StringIO()
    try:
        call_command("verify_audit", stdout=said, stderr=said)
    except CommandError as fault:
        raise BackupFault(f"The audit in this backup does not hold: {fault}") from None


def find_unreadable() -> Iterator[str]:
    """A line for each key of this process that is not the one of Django's database."""
    yield from key_marks.find_foreign_keys()
    for found in checks.run_checks(tags=[checks.Tags.database], databases=["default"]):
        if found.is_serious() and not found.is_silenced():
            yield f"{found.msg} {found.hint or ''}".strip()
