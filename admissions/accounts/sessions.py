"""The sessions that someone has open: seen in plain words, ended one by one or all others."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.crypto import salted_hmac

from admissions.audit.models import AuditEvent
from users.models import User

from .models import Session, hash_session_key

RETENTION = timedelta(days=1)


@dataclass(frozen=True)
class OpenSession:
    """One session as its owner may see it; the handle names it, and opens nothing."""

    handle: str
    browser: str
    signed_in_at: datetime | None
    seen_at: datetime
    is_this: bool


def open_sessions(user: User, *, this: str, now: datetime) -> list[OpenSession]:
    """What someone has open, the latest first."""
    rows = Session.objects.filter(user=user, expire_date__gt=now).order_by("-seen_at")
    return [
        OpenSession(
            session_handle(row.session_key),
            row.browser,
            row.signed_in_at,
            row.seen_at,
            row.session_key == hash_session_key(this),
        )
        for row in rows
    ]


@transaction.atomic
def end_own_session(*, handle: str, by: User) -> bool:
    """End one session of one's own; False if there is none such any more."""
    keys = Session.objects.filter(user=by).values_list("session_key", flat=True)
    key = next((key for key in keys if session_handle(key) == handle), None)
    if key is None or not Session.objects.filter(session_key=key, user=by).delete()[0]:
        return False
    record_session_ended(by, "one")
    return True


@transaction.atomic
def end_other_sessions(*, by: User, this: str) -> int:
    """End every session of one's own but this; how many that were."""
    ended, _rows = (
        Session.objects.filter(user=by).exclude(session_key=hash_session_key(this)).delete()
    )
    if ended:
        record_session_ended(by, "others")
    return ended


def record_session_ended(by: User, code: str) -> None:
    AuditEvent.objects.create(type=AuditEvent.Type.SESSION_ENDED, actor=by, staff=by, code=code)


def delete_expired_sessions(now: datetime) -> None:
    """Delete what has run out; of staff after a day, as they may come back for what they typed."""
    ended = Session.objects.filter(expire_date__lt=now)
    ended.filter(user=None).delete()
    ended.filter(expire_date__lt=now - RETENTION).delete()


def session_handle(key: str) -> str:
    return salted_hmac("staff.session", key, algorithm="sha256").hexdigest()[:24]
