"""Who rings: what a phone system says, proved by a signature, and shown to whom it rings for."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber, to_python

from users.models import User

from .models import Call, Ring

SIGNED_WITHIN = timedelta(minutes=5)
SHOWN_FOR = timedelta(minutes=2)
# How long the page that a ring opens knows its number.
KNOWN_FOR = timedelta(hours=1)
LONGEST_BODY = 2_000
MOST_A_MINUTE = 120
LONGEST_NUMBER = 40


class BadProof(Exception):
    """The signature is missing or wrong, too old, or has been used."""


class BadRing(Exception):
    """It is signed, and does not say who calls whom."""


class TooManyRings(Exception):
    """More calls come in within a minute than a center takes."""


@dataclass(frozen=True)
class RingReport:
    """What a phone system says: the number that calls, if it is shown, and for whom it rings."""

    number: PhoneNumber | str
    staff: User


@transaction.atomic
def record_ring(*, body: bytes, timestamp: str, signature: str, now: datetime) -> Ring | None:
    """Store who rings for whom; None where nobody of ours has that line.

    Raises BadProof, BadRing or TooManyRings, and stores nothing.
    """
    check_proof(body=body, timestamp=timestamp, signature=signature, now=now)
    report = read_report(body)
    if Ring.objects.filter(at__gt=now - timedelta(minutes=1)).count() >= MOST_A_MINUTE:
        raise TooManyRings
    if report is None:
        return None

    mark = hashlib.sha256(signature.encode()).hexdigest()
    columns = {"at": now, "staff": report.staff, "number": report.number}
    ring, is_new = Ring.objects.get_or_create(signature=mark, defaults=columns)
    if not is_new:
        raise BadProof
    return ring


def check_proof(*, body: bytes, timestamp: str, signature: str, now: datetime) -> None:
    expected = sign(body, timestamp)
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
        raise BadProof
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        raise BadProof
    if abs(now.timestamp() - int(timestamp)) > SIGNED_WITHIN.total_seconds():
        raise BadProof


def sign(body: bytes, timestamp: str) -> str:
    """What the header X-Phone-Signature must hold for this body at this time."""
    signed = timestamp.encode("utf-8", "replace") + b"." + body
    return hmac.new(settings.PHONE_WEBHOOK_KEY.encode(), signed, "sha256").hexdigest()


def read_report(body: bytes) -> RingReport | None:
    try:
        said: Any = json.loads(body)
        number, line = said["from"], said["to"]
    except (ValueError, KeyError, TypeError) as fault:
        raise BadRing from fault
    if not isinstance(number, str) or not isinstance(line, str) or len(number) > LONGEST_NUMBER:
        raise BadRing
    staff = find_staff(line.strip())
    parsed = to_python(number, region="US")
    known: PhoneNumber | str = parsed if parsed and parsed.is_valid() else ""
    return RingReport(known, staff) if staff else None


def find_staff(line: str) -> User | None:
    """By the email of their account, or the extension that PHONE_EXTENSIONS gives it."""
    email = settings.PHONE_EXTENSIONS.get(line, line)
    if "@" not in email:
        return None
    return User.objects.filter(email__iexact=email, is_active=True, is_staff=True).first()


def find_current_ring(staff: User, *, now: datetime) -> Ring | None:
    """The last call that rings for them, until it was taken or two minutes have passed."""
    taken = Call.objects.filter(ring_id=OuterRef("pk"))
    return Ring.objects.filter(~Exists(taken), staff=staff, at__gt=now - SHOWN_FOR).first()


def find_ring(given: str | None, *, staff: User) -> Ring | None:
    """The ring of this id, where it is theirs and no older than an hour."""
    try:
        pk = UUID(given or "")
    except ValueError:
        return None
    return Ring.objects.filter(pk=pk, staff=staff, at__gt=timezone.now() - KNOWN_FOR).first()
