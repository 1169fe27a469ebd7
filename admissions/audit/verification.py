"""Recomputes the seals over the audit and names every fault it finds."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.db.models import Max

from admissions.time_limits import without_statement_timeout

from .models import AuditArchive, AuditSeal
from .seal_chain import (
    COLUMNS_BY_FORMAT,
    archived_head,
    compute_archive_digest,
    compute_digest,
    compute_mark,
    fetch_event_rows,
    latest_settled_seal,
    serialize_event,
)


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was sealed; `seal`, `event` or `archive` says where."""

    description: str
    seal: int | None = None
    event: int | None = None
    archive: str = ""


# Checking


def find_faults() -> Iterator[Fault]:
    """Everything that is not as it was sealed; reads the whole chain, a seal at a time.

    What was put away is not here to be read: the chain begins at the head that stands for it.
    """
    yield from find_archive_faults()
    head = archived_head()
    expected, digest = head.number + 1, head.digest
    for sealed in seals_in_order():
        yield from find_missing_seal(expected, sealed.number)
        if sealed.previous != digest and expected == sealed.number:
            yield Fault("does not follow the seal before it", seal=sealed.number)
        yield from find_seal_faults(sealed)
        expected, digest = sealed.number + 1, sealed.digest
    with without_statement_timeout():
        rest = [*find_inserted_events(), *find_events_sealed_twice()]
    yield from rest


def find_archive_faults() -> Iterator[Fault]:
    """Archives whose row was changed, or that leave a gap between them."""
    expected = 1
    for archive in AuditArchive.objects.order_by("last_seal"):
        digests = [compute_archive_digest(archive, secret) for secret in known_keys()]
        if not any(hmac.compare_digest(archive.digest, each) for each in digests):
            yield Fault("was changed", archive=archive.name)
        if archive.first_seal != expected:
            yield Fault("does not follow the archive before it", archive=archive.name)
        expected = archive.last_seal + 1


def seals_in_order() -> Iterator[AuditSeal]:
    """Every seal, some at a time; no cursor on the server, as a pooler may stand between."""
    number = 0
    while batch := list(AuditSeal.objects.filter(number__gt=number).order_by("number")[:20]):
        yield from batch
        number = batch[-1].number


def find_missing_seal(expected: int, number: int) -> Iterator[Fault]:
    if number > expected:
        yield Fault("is missing", seal=expected)


def find_seal_faults(sealed: AuditSeal) -> Iterator[Fault]:
    """What became of the events of one seal, and of itself."""
    if sealed.format_version not in COLUMNS_BY_FORMAT or len(sealed.marks) != len(sealed.ids):
        yield Fault("was changed", seal=sealed.number)
        return
    found = {
        row[0]: serialize_event(row, sealed.format_version)
        for row in fetch_event_rows(sealed.ids, sealed.format_version)
    }
    missing = [pk for pk in sealed.ids if pk not in found]
    yield from (Fault("is missing", sealed.number, pk) for pk in missing)
    lines = [found[pk] for pk in sealed.ids if pk in found]
    if not missing and any(digest_matches(sealed, lines, each) for each in known_keys()):
        return
    changed = find_changed_events(sealed, found)
    yield from (Fault("was changed", sealed.number, pk) for pk in changed)
    if not missing and not changed:
        yield Fault("was changed, or was sealed with a key that we do not have", sealed.number)


def known_keys() -> list[bytes]:
    return [each.encode() for each in settings.AUDIT_KEYS]


def digest_matches(sealed: AuditSeal, lines: list[bytes], secret: bytes) -> bool:
    return hmac.compare_digest(sealed.digest, compute_digest(sealed, lines, secret))


def find_changed_events(sealed: AuditSeal, found: dict[int, bytes]) -> list[int]:
    """Events whose mark is not theirs, by the key that fits most; none if no key fits any."""
    marks = dict(zip(sealed.ids, sealed.marks, strict=True))
    by_key = [
        [pk for pk, text in found.items() if compute_mark(text, secret) != marks[pk]]
        for secret in known_keys()
    ]
    fewest = min(by_key, key=len)
    return fewest if len(fewest) < len(found) or len(found) == 1 else []


def find_inserted_events() -> Iterator[Fault]:
    """Events in no seal, of numbers that were settled long ago; a hundred at most.

    ALL: a second event of a number that is sealed stands in no seal.
    """
    settled = latest_settled_seal()
    if settled is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM admissions_auditevent WHERE id <= %s"
            " EXCEPT ALL SELECT unnest(ids) FROM admissions_auditseal ORDER BY id LIMIT 100",
            [settled.top],
        )
        yield from (Fault("was never sealed", event=pk) for (pk,) in cursor.fetchall())


def find_events_sealed_twice() -> Iterator[Fault]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM (SELECT unnest(ids) AS id FROM admissions_auditseal) AS sealed"
            " GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT 100"
        )
        yield from (Fault("was sealed twice", event=pk) for (pk,) in cursor.fetchall())


def has_seal(number: int, expected: str) -> bool:
    """Whether the chain still holds a head that was noted elsewhere, or ends an archive with it."""
    is_here = AuditSeal.objects.filter(number=number, digest=expected).exists()
    return is_here or AuditArchive.objects.filter(last_seal=number, head=expected).exists()


def archive_of_seal(number: int) -> AuditArchive | None:
    """Where a seal was put away."""
    return AuditArchive.objects.filter(first_seal__lte=number, last_seal__gte=number).first()


def archived_until() -> datetime | None:
    """Events of before then were put away, and are not in the database; None where none were."""
    return AuditArchive.objects.aggregate(until=Max("ends_at"))["until"]
