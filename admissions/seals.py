"""The audit sealed in batches, each over the one before, so that tampering shows.

Writing an event waits for no seal. A batch takes whatever is committed and in no
seal yet, so an event that commits after a higher number was sealed comes into a
later one. Only a transaction longer than WINDOW could come too late; none lives as
long, and if one did, checking would name it, never pass over it.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from .models import AuditEvent, AuditSeal

logger = logging.getLogger(__name__)
# The columns of an event in order. A new column makes a new form; old seals keep theirs.
FORMS = {
    1: [
        "id", "at", "type", "actor_id", "source", "request_id", "consultation_id",
        "counselor_id", "staff_id", "shown", "code", "fields",
    ],
}  # fmt: skip
FORM = max(FORMS)
BATCH, AT_ONCE = 2000, 500
WINDOW = timedelta(hours=1)
TURN = 5_302  # any number of ours: one sealing at a time
PURPOSE = b"admissions.audit.seal"
UNSEALED = """
    SELECT id FROM admissions_auditevent WHERE id > %s
    EXCEPT SELECT unnest(ids) FROM admissions_auditseal WHERE number > %s
    ORDER BY id LIMIT %s
"""


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was sealed; `seal` or `event` says where."""

    words: str
    seal: int | None = None
    event: int | None = None


@transaction.atomic
def seal() -> AuditSeal | None:
    """Seal the next batch; None when nothing is left, or someone else is sealing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [TURN])
        if cursor.fetchone() == (False,):
            return None
    last, settled = head(), settled_seal()
    ids = unsealed(settled, limit=BATCH)
    if not ids:
        return None

    made = AuditSeal(
        number=last.number + 1 if last else 1,
        form=FORM,
        previous=last.digest if last else "",
        ids=ids,
        count=len(ids),
        top=max(last.top if last else 0, ids[-1]),
        sealed_at=timezone.now(),
    )
    lines = [line(row, FORM) for row in rows(ids, FORM)]
    made.marks = [mark(each, key()) for each in lines]
    made.digest = digest(made, lines, key())
    made.save(force_insert=True)
    logger.info("Audit seal of %s events, the head is %s:%s", made.count, made.number, made.digest)
    return made


def seal_all() -> int:
    """Seal whatever waits; returns how many seals that took."""
    made = 0
    while (sealed := seal()) is not None:
        made += 1
        if sealed.count < BATCH:
            break
    return made


def head() -> AuditSeal | None:
    return AuditSeal.objects.order_by("-number").first()


def settled_seal() -> AuditSeal | None:
    """The newest seal so old that no transaction of its time can still be open."""
    return AuditSeal.objects.filter(sealed_at__lt=timezone.now() - WINDOW).last()


def unsealed(settled: AuditSeal | None, *, limit: int) -> list[int]:
    """Events in no seal, of those that may still have come late."""
    above = [settled.top, settled.number] if settled else [0, 0]
    with connection.cursor() as cursor:
        cursor.execute(UNSEALED, [*above, limit])
        return [pk for (pk,) in cursor.fetchall()]


# What is sealed


def key() -> bytes:
    return settings.AUDIT_KEYS[0].encode()


def rows(ids: list[int], form: int) -> list[tuple]:
    return list(AuditEvent.objects.filter(pk__in=ids).order_by("pk").values_list(*FORMS[form]))


def line(row: tuple, form: int) -> bytes:
    """Every column of an event by name, each value written in one way only."""
    known = dict(zip(FORMS[form], map(plain, row), strict=True))
    return json.dumps(known, separators=(",", ":"), ensure_ascii=True).encode()


def plain(value):
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value if value is None or isinstance(value, int | str) else str(value)


def mark(text: bytes, secret: bytes) -> int:
    """Eight bytes by which a changed event is found; the seal itself holds all of it."""
    found = hmac.new(secret, PURPOSE + b" event\n" + text, hashlib.sha256).digest()
    return int.from_bytes(found[:8], signed=True)


def digest(sealed: AuditSeal, lines: list[bytes], secret: bytes) -> str:
    """Over the events in order, the seal before, and every other column of this one."""
    own = [sealed.number, sealed.form, sealed.previous, sealed.count, sealed.top]
    own += [plain(sealed.sealed_at), sealed.ids, sealed.marks]
    found = hmac.new(secret, PURPOSE + b"\n" + json.dumps(own).encode(), hashlib.sha256)
    for each in lines:
        found.update(b"\n" + each)
    return found.hexdigest()


# Checking


def faults() -> Iterator[Fault]:
    """Everything that is not as it was sealed; reads the whole chain, a seal at a time."""
    expected, before = 1, None
    for sealed in AuditSeal.objects.order_by("number").iterator(chunk_size=20):
        yield from gap(expected, sealed.number)
        if sealed.previous != (before.digest if before else "") and expected == sealed.number:
            yield Fault("does not follow the seal before it", seal=sealed.number)
        yield from faults_within(sealed)
        expected, before = sealed.number + 1, sealed
    yield from inserted()
    yield from twice()


def gap(expected: int, number: int) -> Iterator[Fault]:
    if number > expected:
        yield Fault("is missing", seal=expected)


def faults_within(sealed: AuditSeal) -> Iterator[Fault]:
    """What became of the events of one seal, and of itself."""
    if sealed.form not in FORMS or len(sealed.marks) != len(sealed.ids):
        yield Fault("was changed", seal=sealed.number)
        return
    found = {row[0]: line(row, sealed.form) for row in rows(sealed.ids, sealed.form)}
    missing = [pk for pk in sealed.ids if pk not in found]
    yield from (Fault("is missing", sealed.number, pk) for pk in missing)
    lines = [found[pk] for pk in sealed.ids if pk in found]
    if not missing and any(holds(sealed, lines, each) for each in secrets()):
        return
    changed = fewest_changed(sealed, found)
    yield from (Fault("was changed", sealed.number, pk) for pk in changed)
    if not missing and not changed:
        yield Fault("was changed, or was sealed with a key that we do not have", sealed.number)


def secrets() -> list[bytes]:
    return [each.encode() for each in settings.AUDIT_KEYS]


def holds(sealed: AuditSeal, lines: list[bytes], secret: bytes) -> bool:
    return hmac.compare_digest(sealed.digest, digest(sealed, lines, secret))


def fewest_changed(sealed: AuditSeal, found: dict[int, bytes]) -> list[int]:
    """Events whose mark is not theirs, by the key that fits most; none if no key fits any."""
    marks = dict(zip(sealed.ids, sealed.marks, strict=True))
    by_key = [
        [pk for pk, text in found.items() if mark(text, secret) != marks[pk]]
        for secret in secrets()
    ]
    fewest = min(by_key, key=len)
    return fewest if len(fewest) < len(found) or len(found) == 1 else []


def inserted() -> Iterator[Fault]:
    """Events in no seal, of numbers that were settled long ago; a hundred at most."""
    settled = settled_seal()
    if settled is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM admissions_auditevent WHERE id <= %s"
            " EXCEPT SELECT unnest(ids) FROM admissions_auditseal ORDER BY id LIMIT 100",
            [settled.top],
        )
        yield from (Fault("was never sealed", event=pk) for (pk,) in cursor.fetchall())


def twice() -> Iterator[Fault]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM (SELECT unnest(ids) AS id FROM admissions_auditseal) AS sealed"
            " GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT 100"
        )
        yield from (Fault("was sealed twice", event=pk) for (pk,) in cursor.fetchall())


def reaches(number: int, expected: str) -> bool:
    """Whether the chain still holds a head that was noted elsewhere."""
    return AuditSeal.objects.filter(number=number, digest=expected).exists()


def waiting(limit: int = 10_000) -> int:
    """How many events wait for the next seal; counts no further than the limit."""
    return len(unsealed(settled_seal(), limit=limit))
