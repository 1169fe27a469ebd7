"""What this session has proven, and what ends it. allauth leads people in: see `adapters`."""

from datetime import timedelta
from typing import cast

from allauth.account.authentication import get_authentication_records
from django.contrib import auth
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from admissions.alerts import devices
from admissions.audit.models import AuditEvent
from users.models import User

from . import known_browsers, notices, two_factor
from .models import Session, hash_session_key
from .staff_request import StaffRequest

Type = AuditEvent.Type
# Tries that confirm nothing, even in the browser of someone who is signed in.
OF_NO_SESSION = {"link", "forgotten"}


def is_fully_authenticated(request: HttpRequest) -> bool:
    """Whether this session has proven password and second factor, or a passkey, of a staff user
    of today who still has one."""
    user = request.user
    if not (user.is_active and user.is_staff):
        return False
    records = get_authentication_records(request, user)
    return any(each["method"] == "mfa" for each in records) and keeps_factor(
        cast(StaffRequest, request)
    )


def keeps_factor(request: StaffRequest) -> bool:
    """Whether the user has a factor now, asked once in a request."""
    if not hasattr(request, "accounts_has_factor"):
        request.accounts_has_factor = two_factor.has_factor(request.user)
    return request.accounts_has_factor


def is_recently_authenticated(request: HttpRequest, span: timedelta) -> bool:
    """Whether the person behind this session has proven who they are so lately.

    Signing in counts; allauth would count only what was asked again after it.
    """
    records = get_authentication_records(request, request.user)
    now = timezone.now().timestamp()
    return any(0 <= now - each["at"] < span.total_seconds() for each in records)


@transaction.atomic
def close_session(request: HttpRequest) -> None:
    """End the session on the server, and alerts to this browser; what it keeps is worth nothing."""
    if request.user.is_authenticated:
        AuditEvent.objects.create(type=Type.SIGNED_OUT, actor=request.user, staff=request.user)
        devices.remove_browser(by=request.user, browser=known_browsers.read_browser_name(request))
    auth.logout(request)


@transaction.atomic
def change_password(request: StaffRequest, password: str) -> None:
    """Take over a new password. This session gets a new id, all others end."""
    user = request.user
    user.set_password(password)
    user.save(update_fields=["password"])
    auth.update_session_auth_hash(request, user)
    this = hash_session_key(request.session.session_key or "")
    Session.objects.filter(user=user).exclude(session_key=this).delete()
    AuditEvent.objects.create(type=Type.PASSWORD_CHANGED, actor=user, staff=user)
    notices.tell(user, notices.News.PASSWORD_CHANGED)


def record_failure(
    request: HttpRequest, why: str, *, user: User | None, is_refused: bool = False
) -> None:
    """A try that failed, of who is signed in; else nobody knows whose, whatever name they gave.

    With the network and the kind of browser, so that the auditor sees how many come from one place.
    """
    detail: dict = known_browsers.describe_origin(request)
    if is_refused:
        detail["refused"] = "too many"
    if request.user.is_authenticated:
        AuditEvent.objects.create(
            type=Type.SIGN_IN_FAILED,
            actor=request.user,
            staff=request.user,
            code=why if why in OF_NO_SESSION else "confirmation",
            detail=detail,
        )
    else:
        AuditEvent.objects.create(
            type=Type.SIGN_IN_FAILED,
            source=AuditEvent.Source.SOMEONE,
            staff=user,
            code=why,
            detail=detail,
        )
