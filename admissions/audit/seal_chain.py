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
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from .models import AuditArchive, AuditEvent, AuditSeal

# The id of an event, and the rest of its columns in their order.
EventRow = tuple[int, *tuple[object, ...]]

# What JSON holds; dates and ids become text.
JsonValue = None | int | str | list["JsonValue"] | dict[str, "JsonValue"]

logger = logging.getLogger(__name__)
# The columns of an event in order. A new column makes a new form; old seals keep theirs.
COLUMNS_BY_FORMAT = {
    1: [
        "id", "at", "type", "actor_id", "source", "request_id", "consultation_id",
        "counselor_id", "staff_id", "shown", "code", "fields",
        "object_type", "object_id", "detail",
    ],
}  # fmt: skip
CURRENT_FORMAT = max(COLUMNS_BY_FORMAT)
BATCH_SIZE = 2000
SETTLING_WINDOW = timedelta(hours=1)
ADVISORY_LOCK_ID = 5_302  # any number of ours: one sealing at a time
HMAC_PURPOSE = b"admissions.audit.seal"
UNSEALED_SQL = """
    SELECT id FROM admissions_auditevent WHERE id > %s
    EXCEPT SELECT unnest(ids) FROM admissions_auditseal WHERE number > %s
    ORDER BY id LIMIT %s
"""


@dataclass(frozen=True)
class Head:
    """The end of the chain: a seal, or the last one that was put away; number 0 is none yet."""

    number: int
    digest: str
    top: int


@transaction.atomic
def seal_next_batch() -> AuditSeal | None:
    """Seal the next batch; None when nothing is left, or someone else is sealing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ADVISORY_LOCK_ID])
        if cursor.fetchone() == (False,):
            return None
    ids = unsealed_event_ids(latest_settled_seal(), limit=BATCH_SIZE)
    return seal_events(ids) if ids else None


def seal_events(ids: list[int]) -> AuditSeal:
    """Add a seal of these events to the chain; the caller holds the lock of sealing."""
    last = latest_head()
    made = AuditSeal(
        number=last.number + 1,
        format_version=CURRENT_FORMAT,
        previous=last.digest,
        ids=ids,
        count=len(ids),
        top=max(last.top, ids[-1]),
        sealed_at=timezone.now(),
    )
    lines = [serialize_event(row, CURRENT_FORMAT) for row in fetch_event_rows(ids, CURRENT_FORMAT)]
    made.marks = [compute_mark(each, current_key()) for each in lines]
    made.digest = compute_digest(made, lines, current_key())
    made.save(force_insert=True)
    logger.info("Audit seal of %s events, the head is %s:%s", made.count, made.number, made.digest)
    return made


def seal_waiting_events() -> int:
    """Seal whatever waits; returns how many seals that took."""
    made = 0
    while (sealed := seal_next_batch()) is not None:
        made += 1
        if sealed.count < BATCH_SIZE:
            break
    return made


def latest_seal() -> AuditSeal | None:
    return AuditSeal.objects.order_by("-number").first()


def latest_head() -> Head:
    """The last seal, or what the last archive says of its own where none came after it."""
    if last := latest_seal():
        return Head(last.number, last.digest, last.top)
    return archived_head()


def archived_head() -> Head:
    """What the oldest seal that is still here follows."""
    archive = AuditArchive.objects.order_by("-last_seal").first()
    return Head(archive.last_seal, archive.head, archive.top) if archive else Head(0, "", 0)


def latest_settled_seal() -> AuditSeal | None:
    """The newest seal so old that no transaction of its time can still be open."""
    return AuditSeal.objects.filter(sealed_at__lt=timezone.now() - SETTLING_WINDOW).last()


def unsealed_event_ids(settled: AuditSeal | None, *, limit: int) -> list[int]:
    """Events in no seal, of those that may still have come late."""
    above = [settled.top, settled.number] if settled else [0, 0]
    with connection.cursor() as cursor:
        cursor.execute(UNSEALED_SQL, [*above, limit])
        return [pk for (pk,) in cursor.fetchall()]


# What is sealed


def current_key() -> bytes:
    return settings.AUDIT_KEYS[0].encode()


def fetch_event_rows(ids: list[int], form: int) -> list[EventRow]:
    """Rows of these events in order; where a number was forged, the first that has it."""
    rows = AuditEvent.objects.filter(pk__in=ids).order_by("pk", "at").distinct("pk")
    return list(rows.values_list(*COLUMNS_BY_FORMAT[form]))


def serialize_event(row: EventRow, form: int) -> bytes:
    """Every column of an event by name, each value written in one way only."""
    known = dict(zip(COLUMNS_BY_FORMAT[form], map(canonical_value, row), strict=True))
    return json.dumps(known, separators=(",", ":"), ensure_ascii=True).encode()


def canonical_value(value: object) -> JsonValue:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, list):
        return [canonical_value(each) for each in value]
    if isinstance(value, dict):
        return {key: canonical_value(value[key]) for key in sorted(value)}
    return value if value is None or isinstance(value, int | str) else str(value)


def compute_mark(text: bytes, secret: bytes) -> int:
    """Eight bytes by which a changed event is found; the seal itself holds all of it."""
    found = hmac.new(secret, HMAC_PURPOSE + b" event\n" + text, hashlib.sha256).digest()
    return int.from_bytes(found[:8], signed=True)


def compute_digest(sealed: AuditSeal, lines: list[bytes], secret: bytes) -> str:
    """Over the events in order, the seal before, and every other column of this one."""
    own = [sealed.number, sealed.format_version, sealed.previous, sealed.count, sealed.top]
    own += [canonical_value(sealed.sealed_at), sealed.ids, sealed.marks]
    found = hmac.new(secret, HMAC_PURPOSE + b"\n" + json.dumps(own).encode(), hashlib.sha256)
    for each in lines:
        found.update(b"\n" + each)
    return found.hexdigest()


def compute_archive_digest(archive: AuditArchive, secret: bytes) -> str:
    """Over every other column of the row that stands for a part of the chain."""
    names = [each.attname for each in AuditArchive._meta.concrete_fields]
    own = [
        canonical_value(getattr(archive, each)) for each in names if each not in ("id", "digest")
    ]
    text = HMAC_PURPOSE + b" archive\n" + json.dumps(own).encode()
    return hmac.new(secret, text, hashlib.sha256).hexdigest()


def count_unsealed_events(limit: int = 10_000) -> int:
    """How many events wait for the next seal; counts no further than the limit."""
    return len(unsealed_event_ids(latest_settled_seal(), limit=limit))
