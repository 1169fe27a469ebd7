"""Recomputes the seals over the audit and names every fault it finds."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from admissions.time_limits import without_statement_timeout

from .models import AuditSeal
from .seal_chain import (
    COLUMNS_BY_FORMAT,
    compute_digest,
    compute_mark,
    fetch_event_rows,
    latest_settled_seal,
    serialize_event,
)


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was sealed; `seal` or `event` says where."""

    description: str
    seal: int | None = None
    event: int | None = None


# Checking


def find_faults() -> Iterator[Fault]:
    """Everything that is not as it was sealed; reads the whole chain, a seal at a time."""
    expected, before = 1, None
    for sealed in seals_in_order():
        yield from find_missing_seal(expected, sealed.number)
        if sealed.previous != (before.digest if before else "") and expected == sealed.number:
            yield Fault("does not follow the seal before it", seal=sealed.number)
        yield from find_seal_faults(sealed)
        expected, before = sealed.number + 1, sealed
    with without_statement_timeout():
        rest = [*find_inserted_events(), *find_events_sealed_twice()]
    yield from rest


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
    """Events in no seal, of numbers that were settled long ago; a hundred at most."""
    settled = latest_settled_seal()
    if settled is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM admissions_auditevent WHERE id <= %s"
            " EXCEPT SELECT unnest(ids) FROM admissions_auditseal ORDER BY id LIMIT 100",
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
    """Whether the chain still holds a head that was noted elsewhere."""
    return AuditSeal.objects.filter(number=number, digest=expected).exists()
