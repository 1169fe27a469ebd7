"""What a form brings beside its answers: a key that counts once, and consents."""

import uuid

from django.contrib.auth.models import User
from django.core import signing
from django.db import connection
from django.utils import timezone

from .models import ConsentEvent, ConsentVersion, ConsultationRequest, Submission

SALT = "admissions.form"
KEY_LIVES = 24 * 60 * 60


def signed_key(key: uuid.UUID, purpose: str) -> str:
    """The key as a form carries it: only we can issue one, and it names what it is for."""
    return signing.dumps([str(key), purpose], salt=SALT)


def read_key(signed: str, purpose: str) -> uuid.UUID | None:
    """The key in a form that came back, or None when it is missing, forged, old or misplaced."""
    try:
        key, issued_for = signing.loads(signed, salt=SALT, max_age=KEY_LIVES)
    except signing.BadSignature:
        return None
    return uuid.UUID(key) if issued_for == purpose else None


def answered_before(key: uuid.UUID) -> ConsultationRequest | None:
    """The request that this key already made or changed; waits for a twin still under way."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO admissions_submission (key, at) VALUES (%s, %s)"
            " ON CONFLICT DO NOTHING RETURNING key",
            [key, timezone.now()],
        )
        if cursor.fetchone():
            return None
    submission = Submission.objects.select_for_update().select_related(None).get(key=key)
    return submission.request


def remember(key: uuid.UUID, request: ConsultationRequest) -> None:
    Submission.objects.filter(key=key).update(request=request)


def keep_consents(
    request: ConsultationRequest, consents: dict, *, by: User | None = None, language: str = ""
) -> None:
    """One event per consent asked, with the version of the words shown, or read out by staff.

    The words were in this `language`, or in the person's own.
    """
    versions = ConsentVersion.objects.current(language=language or request.language)
    channel = ConsentEvent.Channel.PHONE if by else ConsentEvent.Channel.WEB
    ConsentEvent.objects.bulk_create(
        ConsentEvent(
            request=request,
            version=versions[key],
            is_granted=is_granted,
            channel=channel,
            actor=by,
        )
        for key, is_granted in consents.items()
    )
