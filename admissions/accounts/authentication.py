"""The way in: a password, then a code, then a session that has proven both; and the way out."""

from datetime import datetime, timedelta
from typing import cast

from django.contrib import auth
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from admissions.audit.models import AuditEvent
from users.models import User

from . import known_browsers, throttling, totp, two_factor
from .models import Session
from .session_backend import BROWSER_KEY, SIGNED_IN_AT_KEY
from .staff_request import StaffRequest

Type = AuditEvent.Type
PENDING_KEY = "signing_in"
FACTOR_KEY = "factor"
CONFIRMED_KEY = "confirmed_at"
PENDING_FOR = timedelta(minutes=10)
AUTH_BACKEND = "django.contrib.auth.backends.ModelBackend"
# How many failures are free, before each further one doubles the wait.
FREE_FAILURES, FREE_FAILURES_PER_ADDRESS = 5, 30


def is_fully_authenticated(request: HttpRequest) -> bool:
    """Whether this session has proven password and second factor of a staff user of today."""
    user = request.user
    if not (user.is_active and user.is_staff):
        return False
    proven = request.session.get(FACTOR_KEY)
    return proven is not None and proven == current_factor_id(cast(StaffRequest, request))


def current_factor_id(request: StaffRequest) -> int | None:
    """The id of the user's factor, asked once in a request."""
    if not hasattr(request, "accounts_factor"):
        request.accounts_factor = two_factor.factor_id(request.user)
    return request.accounts_factor


def verify_password(
    request: HttpRequest, *, username: str, password: str, now: datetime
) -> User | None:
    """The staff user with this name and password; everyone else fails alike."""
    name = f"password {username.lower()} {password_throttle_scope(request, username=username)}"
    address = f"address {known_browsers.client_address(request)}"
    limits = {name: FREE_FAILURES}
    if not is_known_browser(request, username=username):
        limits[address] = FREE_FAILURES_PER_ADDRESS
    throttling.count_attempt(limits, now=now)

    user = auth.authenticate(request, username=username, password=password)
    if user is None or not user.is_staff:
        record_sign_in_failure("password", user=User.objects.filter(username=username).first())
        return None
    throttling.clear_attempts(forget=name, forgive=[address] if address in limits else [])
    return user


def begin_sign_in(request: HttpRequest, user: User, *, leads_to: str, now: datetime) -> None:
    """The password was right: what is missing is the code."""
    if request.user.is_authenticated:
        request.session.flush()
    request.session.cycle_key()
    request.session[PENDING_KEY] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "at": now.timestamp(),
        "leads_to": leads_to,
    }


def pending_sign_in(request: HttpRequest, *, now: datetime) -> tuple[User | None, dict]:
    """Who is halfway in, and what we know of the first half; nobody after ten minutes."""
    kept = request.session.get(PENDING_KEY) or {}
    if not kept or now.timestamp() - kept["at"] > PENDING_FOR.total_seconds():
        return None, {}
    user = User.objects.filter(pk=kept["user"], is_active=True, is_staff=True).first()
    if user is None or not constant_time_compare(kept["hash"], user.get_session_auth_hash()):
        return None, {}
    return user, kept


def verify_code(request: HttpRequest, user: User, *, code: str, now: datetime) -> str:
    """How the code proves the second factor: by the app, by a recovery code, or "" not at all."""
    name = f"code {user.pk} {code_throttle_scope(request, user)}"
    throttling.count_attempt({name: FREE_FAILURES}, now=now)

    how = ""
    if two_factor.consume_app_code(user=user, code=code, now=now):
        how = "app"
    elif len(totp.normalize_code(code)) > 6 and two_factor.consume_recovery_code(
        user=user, code=code, now=now
    ):
        how = "recovery_code"
    if how:
        throttling.clear_attempts(forget=name)
    else:
        record_sign_in_failure("code", user=user)
    return how


@transaction.atomic
def complete_sign_in(request: HttpRequest, user: User, *, how: str, now: datetime) -> None:
    """Open the session. Its id is a new one, and only the server knows how long it lasts."""
    request.session.pop(PENDING_KEY, None)
    auth.login(request, user, backend=AUTH_BACKEND)
    request.session.update(
        {
            SIGNED_IN_AT_KEY: now.timestamp(),
            FACTOR_KEY: two_factor.factor_id(user),
            CONFIRMED_KEY: now.timestamp(),
            BROWSER_KEY: known_browsers.describe_browser(request),
        }
    )
    kind = Type.RECOVERY_CODE_USED if how == "recovery_code" else Type.SIGNED_IN
    AuditEvent.objects.create(type=kind, actor=user, staff=user)


@transaction.atomic
def close_session(request: HttpRequest) -> None:
    """End the session on the server; what the browser keeps of it is worth nothing."""
    if request.user.is_authenticated:
        AuditEvent.objects.create(type=Type.SIGNED_OUT, actor=request.user, staff=request.user)
    auth.logout(request)


@transaction.atomic
def change_password(request: StaffRequest, password: str) -> None:
    """Take over a new password. This session gets a new id, all others end."""
    user = request.user
    user.set_password(password)
    user.save(update_fields=["password"])
    auth.update_session_auth_hash(request, user)
    Session.objects.filter(user=user).exclude(session_key=request.session.session_key).delete()
    AuditEvent.objects.create(type=Type.PASSWORD_CHANGED, actor=user, staff=user)


def record_sign_in_failure(why: str, *, user: User | None) -> None:
    """A try that failed; by whom nobody knows, whatever name they gave."""
    AuditEvent.objects.create(
        type=Type.SIGN_IN_FAILED, source=AuditEvent.Source.SOMEONE, staff=user, code=why
    )


def is_known_browser(request: HttpRequest, *, username: str) -> bool:
    """Whether this person has signed in with this browser before."""
    users = known_browsers.read_cookie(request)["users"]
    return bool(users) and User.objects.filter(pk__in=users, username=username).exists()


def password_throttle_scope(request: HttpRequest, *, username: str) -> str:
    """What failures are counted for, beside the name: a known browser, or an address.

    So nobody elsewhere can keep people out of the browser that they use.
    """
    if is_known_browser(request, username=username):
        return f"browser {known_browsers.read_cookie(request)['name']}"
    return f"address {known_browsers.client_address(request)}"


def code_throttle_scope(request: HttpRequest, user: User) -> str:
    """Codes are guessed by who has the password: all places that we don't know count as one."""
    known = known_browsers.read_cookie(request)
    return f"browser {known['name']}" if user.pk in known["users"] else "elsewhere"


def verify_identity(request: StaffRequest, *, proof: str, now: datetime) -> bool:
    """Whether someone who is signed in gives their password, or a code of their app."""
    user = request.user
    name = f"confirm {user.pk} {request.session.session_key}"
    throttling.count_attempt({name: FREE_FAILURES}, now=now)

    is_code = len(totp.normalize_code(proof)) == 6
    if is_code:
        is_right = two_factor.consume_app_code(user=user, code=proof, now=now)
    else:
        is_right = user.check_password(proof)
    if not is_right:
        AuditEvent.objects.create(
            type=Type.SIGN_IN_FAILED, actor=user, staff=user, code="confirmation"
        )
        return False
    throttling.clear_attempts(forget=name)
    request.session[CONFIRMED_KEY] = now.timestamp()
    AuditEvent.objects.create(type=Type.CONFIRMED_AGAIN, actor=user, staff=user)
    return True


def is_recently_authenticated(request: HttpRequest, span: timedelta) -> bool:
    """Whether the person behind this session has proven who they are so lately."""
    at = request.session.get(CONFIRMED_KEY, 0)
    return 0 <= timezone.now().timestamp() - at < span.total_seconds()
