"""What may be said, where and when; and the links that open a request."""

import hashlib
import secrets
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.utils import timezone

from .models import Consultation, ConsultationRequest, ManageToken, Suppression, suppressions

QUIET_FROM, QUIET_UNTIL = time(21), time(8)
GOOD_TIMES = {
    ConsultationRequest.GoodTime.MORNING: (time(8), time(12)),
    ConsultationRequest.GoodTime.AFTERNOON: (time(12), time(17)),
    ConsultationRequest.GoodTime.EVENING: (time(17), time(20)),
}
LINK_LIVES = timedelta(days=30)
LINK_OUTLIVES_CONSULTATION = timedelta(days=7)
# An email found a year later must still be good for stopping the next.
STOP_LINK_LIVES = timedelta(days=400)


def new_tokens(
    request: ConsultationRequest, consultation: Consultation | None = None
) -> tuple[str, str]:
    """Fresh 256-bit tokens, to manage this request and to stop its emails; hashes are kept.

    `consultation` is the one that stands, where it is known.
    """
    manage, stop = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    purposes = ManageToken.Purpose
    ManageToken.objects.bulk_create(
        ManageToken(
            request=request, purpose=purpose, sha256=fingerprint(token), expires_at=expires_at
        )
        for token, purpose, expires_at in (
            (manage, purposes.MANAGE, link_expiry(consultation or request.standing_consultation())),
            (stop, purposes.STOP, timezone.now() + STOP_LINK_LIVES),
        )
    )
    return manage, stop


def link_expiry(consultation: Consultation | None) -> datetime:
    """Thirty days from now, or a week after the consultation if that is later."""
    expiry = timezone.now() + LINK_LIVES
    if consultation is None:
        return expiry
    return max(expiry, consultation.ends_at + LINK_OUTLIVES_CONSULTATION)


def request_for_token(
    token: str, purpose: str = ManageToken.Purpose.MANAGE
) -> ConsultationRequest | None:
    """The request that a live token opens; None for unknown, expired and malformed alike."""
    found = ManageToken.objects.filter(
        sha256=fingerprint(token), purpose=purpose, expires_at__gt=timezone.now()
    ).select_related("request")
    return next((each.request for each in found), None)


def suppress(request: ConsultationRequest, cause: str) -> None:
    """Write to this address no more, whoever's request it stands in; the latest word counts."""
    if not request.email:
        return
    now, mark = timezone.now(), suppressions.fingerprint(request.email)
    kept = Suppression.objects.of(request.email).filter(cause=cause)
    if not kept.update(at=now, request=request):
        new = Suppression(sha256=mark, cause=cause, at=now, request=request)
        Suppression.objects.bulk_create([new], ignore_conflicts=True)


def lift_stop(request: ConsultationRequest, *, by: User | None = None) -> None:
    """Write to this address again, as its owner asks; one that bounced or complained stays."""
    stopped = Suppression.objects.of(request.email).filter(cause=Suppression.Cause.STOPPED)
    stopped.update(lifted_at=timezone.now(), lifted_by=by)


def may_write(request: ConsultationRequest) -> bool:
    """Whether a letter to this requester would go: permitted, and not suppressed."""
    is_permitted = bool(request.email) and request.may_email
    return is_permitted and not Suppression.objects.against(request).exists()


def comes_back(request: ConsultationRequest) -> bool:
    """Whether email to this address bounced or was reported, whatever its owner permits."""
    lasting = Suppression.objects.of(request.email).exclude(cause=Suppression.Cause.STOPPED)
    return bool(request.email) and lasting.exists()


def fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def is_quiet(at: datetime, zone: ZoneInfo) -> bool:
    """Whether an instant falls between 21:00 and 08:00 where the person is."""
    local = at.astimezone(zone).time()
    return local >= QUIET_FROM or local < QUIET_UNTIL


def after_quiet_hours(at: datetime, zone: ZoneInfo) -> datetime:
    """The same instant, or the next 08:00 local if it falls in quiet hours."""
    if not is_quiet(at, zone):
        return at
    local = at.astimezone(zone)
    day = local.date() + timedelta(days=1 if local.time() >= QUIET_FROM else 0)
    return datetime.combine(day, QUIET_UNTIL, tzinfo=zone).astimezone(at.tzinfo)


def next_good_time(good_time: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Now, or the next start of the part of the day that the person asked for."""
    if good_time not in GOOD_TIMES:
        return now
    opens, closes = GOOD_TIMES[good_time]
    local = now.astimezone(zone)
    if opens <= local.time() < closes:
        return now
    day = local.date() + timedelta(days=1 if local.time() >= closes else 0)
    return datetime.combine(day, opens, tzinfo=zone).astimezone(now.tzinfo)


def masked_email(email: str) -> str:
    """Enough for its owner to recognise, too little for anyone else: j…@example.com."""
    name, _at, domain = email.partition("@")
    return f"{name[:1]}…@{domain}" if domain else ""
