"""Partitions of the audit: made ahead, and taken out once a file holds them with their seals."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection, transaction
from django.db.models import Max
from psycopg import sql

from .models import AuditArchive, AuditEvent, AuditSeal
from .seal_chain import (
    ADVISORY_LOCK_ID,
    BATCH_SIZE,
    archived_head,
    compute_archive_digest,
    current_key,
    seal_events,
)
from .verification import seals_in_order

PREFIX = "admissions_auditevent_"
PARTITIONS_SQL = """
    SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = 'admissions_auditevent'::regclass AND relname ~ '_[0-9]{4}q[1-4]$'
    ORDER BY relname
"""


class ArchiveRefused(Exception):
    """Why nothing of this quarter was taken out, in one line."""


@dataclass(frozen=True)
class Quarter:
    """One partition, of a quarter in UTC."""

    table: str

    @property
    def label(self) -> str:
        return self.table.removeprefix(PREFIX)

    @property
    def begins_at(self) -> datetime:
        year, _q, number = self.label.partition("q")
        return datetime(int(year), int(number) * 3 - 2, 1, tzinfo=UTC)

    @property
    def ends_at(self) -> datetime:
        begins = self.begins_at
        is_last = begins.month > 9
        return begins.replace(year=begins.year + is_last, month=1 if is_last else begins.month + 3)


def make_partitions() -> int:
    """Make those of this quarter and a year ahead; return how many are new.

    Events of a quarter without one stand in the default partition, and move when it is made.
    """
    return fetch_number("SELECT admissions_make_audit_partitions()")


def list_quarters() -> list[Quarter]:
    with connection.cursor() as cursor:
        cursor.execute(PARTITIONS_SQL)
        return [Quarter(table) for (table,) in cursor.fetchall()]


def fetch_number(statement: str, quarter: Quarter | None = None) -> int:
    """The one number that a statement gives; 0 for NULL."""
    query = sql.SQL(statement).format(table=sql.Identifier(quarter.table if quarter else ""))
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0] or 0


def count_events(quarter: Quarter) -> int:
    return fetch_number("SELECT count(*) FROM {table}", quarter)


def find_last_seal(quarter: Quarter) -> int:
    """The highest seal with an event of the quarter; 0 for none."""
    return fetch_number(
        "SELECT max(number) FROM admissions_auditseal, unnest(ids) AS held (id)"
        " JOIN {table} USING (id)",
        quarter,
    )


def seals_up_to(last: int) -> Iterator[AuditSeal]:
    for sealed in seals_in_order():
        if sealed.number > last:
            return
        yield sealed


@transaction.atomic
def drop_empty_partition(quarter: Quarter) -> bool:
    """Take out a partition that holds nothing."""
    lock_partition(quarter)
    if count_events(quarter):
        return False
    drop_partition(quarter)
    return True


@transaction.atomic
def remove_archived(quarter: Quarter, archive: AuditArchive) -> None:
    """Take out a quarter and its seals, and store the row that stands for them; all or nothing.

    Events of later quarters that these seals held as well are sealed anew, at the end of the
    chain. Raises ArchiveRefused if anything changed since the file was written.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK_ID])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    lock_partition(quarter)
    check_unchanged(quarter, archive)

    seals = AuditSeal.objects.filter(number__lte=archive.last_seal)
    held = {pk for ids in seals.values_list("ids", flat=True) for pk in ids}
    archive.top = max(archive.top, seals.aggregate(top=Max("top"))["top"])
    archive.digest = compute_archive_digest(archive, current_key())
    archive.save(force_insert=True)
    delete_seals(archive.last_seal)
    drop_partition(quarter)
    left = AuditEvent.objects.filter(pk__in=held).order_by("pk").values_list("pk", flat=True)
    seal_again(list(dict.fromkeys(left)))

    AuditEvent.objects.create(
        type=AuditEvent.Type.AUDIT_ARCHIVED,
        source=AuditEvent.Source.SYSTEM,
        code=quarter.label,
        detail={"seals": f"{archive.first_seal}-{archive.last_seal}", "sha256": archive.sha256},
    )


def check_unchanged(quarter: Quarter, archive: AuditArchive) -> None:
    is_next = archive.first_seal == archived_head().number + 1
    head = AuditSeal.objects.filter(number=archive.last_seal, digest=archive.head)
    if count_events(quarter) != archive.events or not is_next or not head.exists():
        raise ArchiveRefused("It changed while its file was written: run this again.")


def seal_again(ids: list[int]) -> None:
    for start in range(0, len(ids), BATCH_SIZE):
        seal_events(ids[start : start + BATCH_SIZE])


def lock_partition(quarter: Quarter) -> None:
    run("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE", quarter)


def drop_partition(quarter: Quarter) -> None:
    run("ALTER TABLE admissions_auditevent DETACH PARTITION {table}", quarter)
    run("DROP TABLE {table}", quarter)


def run(statement: str, quarter: Quarter) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(table=sql.Identifier(quarter.table)))


def delete_seals(last: int) -> None:
    """Only whoever owns the table can turn its trigger off, and nobody else ever sees it off."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE admissions_auditseal DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM admissions_auditseal WHERE number <= %s", [last])
        cursor.execute("ALTER TABLE admissions_auditseal ENABLE TRIGGER USER")
