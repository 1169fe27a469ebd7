"""Puts quarters of the audit away: whether that is allowed, the file, then what it stands for."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction

from admissions.audit import archives
from admissions.audit.archives import ArchiveRefused, Quarter
from admissions.privacy import holds, schedule
from admissions.privacy.models import RetentionPeriod
from recovery_site.backups import encryption, files

from . import writing


def put_away(
    *, before: datetime, now: datetime, folder: Path, recipients: encryption.Recipients
) -> Iterator[str]:
    """Put each whole quarter of before that time away, the oldest first; yield a line for each.

    Raises ArchiveRefused at the first that may not go. Killed anywhere, a quarter is either here
    or in its file, and the next run goes on with it.
    """
    archives.make_partitions()
    kept_from = now - schedule.periods()[RetentionPeriod.Rule.RECORDS]
    due = [each for each in archives.list_quarters() if each.ends_at <= before]
    for quarter in due:
        if quarter.ends_at > kept_from:
            raise ArchiveRefused(f"{quarter.label} must be at hand: it is kept in full until then.")
        with files.hold_folder(folder):
            yield put_quarter_away(quarter, folder, recipients)


def put_quarter_away(quarter: Quarter, folder: Path, recipients: encryption.Recipients) -> str:
    if archives.drop_empty_partition(quarter):
        return f"{quarter.label}: nothing happened in it."
    refuse_held(quarter)
    archive = writing.write_archive(quarter, folder, recipients)
    with transaction.atomic():
        with connection.cursor() as cursor:
            # A hold that is being placed is waited for, and then seen.
            cursor.execute("LOCK TABLE admissions_legalhold IN SHARE MODE")
        refuse_held(quarter)
        archives.remove_archived(quarter, archive)
    return (
        f"{quarter.label}: {archive.events} events and seals {archive.first_seal} to"
        f" {archive.last_seal} are in {folder / archive.name}, sha256 {archive.sha256}"
    )


def refuse_held(quarter: Quarter) -> None:
    if held := holds.find_held_in_audit(begins=quarter.begins_at, ends=quarter.ends_at):
        raise ArchiveRefused(f"{quarter.label} is about requests under a hold: {', '.join(held)}.")
