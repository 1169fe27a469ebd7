"""What a form brings beside its answers: a key that counts once, and consents."""

import uuid
from datetime import timedelta

from django.core import signing
from django.db import connection
from django.utils import timezone

from .models import ConsultationRequest, IdempotencyKey

KEY_SALT = "admissions.form"
KEY_MAX_AGE = 24 * 60 * 60


def sign_key(key: uuid.UUID, purpose: str) -> str:
    """The key as a form carries it: only we can issue one, and it names what it is for."""
    return signing.dumps([str(key), purpose], salt=KEY_SALT)


def verify_key(signed: str, purpose: str) -> uuid.UUID | None:
    """The key in a form that came back, or None when it is missing, forged, old or misplaced."""
    try:
        key, issued_for = signing.loads(signed, salt=KEY_SALT, max_age=KEY_MAX_AGE)
    except signing.BadSignature:
        return None
    return uuid.UUID(key) if issued_for == purpose else None


def read_purpose(signed: str) -> str:
    """What a key of ours was issued for; nothing where it is missing, forged or old."""
    try:
        _key, issued_for = signing.loads(signed, salt=KEY_SALT, max_age=KEY_MAX_AGE)
    except signing.BadSignature:
        return ""
    return issued_for


def find_or_claim_key(key: uuid.UUID, *, sender: str = "") -> ConsultationRequest | None:
    """The request that this key already made or changed; waits for a twin still under way.

    `sender` is the mark of the browser that it came from, kept for `is_sent_by`.
    """
    # The twin of a double click waits here until the first has committed, and then reads what
    # it made; to look first and insert later would let both through.
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO admissions_idempotencykey (key, at, sender) VALUES (%s, %s, %s)"
            " ON CONFLICT DO NOTHING RETURNING key",
            [key, timezone.now(), sender],
        )
        if cursor.fetchone():
            return None
    submission = IdempotencyKey.objects.select_for_update().select_related(None).get(key=key)
    return submission.request


def is_sent_by(sender: str, key: uuid.UUID, *, within: timedelta) -> bool:
    """Whether this browser was the first to send the key, no longer ago than that."""
    since = timezone.now() - within
    return IdempotencyKey.objects.filter(key=key, sender=sender, at__gt=since).exists()


def is_made_by(key: uuid.UUID, request: ConsultationRequest) -> bool:
    """Whether the form with this key made or changed the request."""
    return IdempotencyKey.objects.filter(key=key, request=request).exists()


def link_key_to_request(key: uuid.UUID, request: ConsultationRequest) -> None:
    IdempotencyKey.objects.filter(key=key).update(request=request)
