"""The way in: a password, then a code, then a session that has proven both; and the way out."""

from datetime import datetime, timedelta

from django.contrib import auth
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from admissions.models import AuditEvent

from . import codes, devices, factors, throttle
from .models import Session
from .session_store import BROWSER, SINCE

Type = AuditEvent.Type
BEGUN = "signing_in"
FACTOR = "factor"
CONFIRMED = "confirmed_at"
BEGUN_FOR = timedelta(minutes=10)
BACKEND = "django.contrib.auth.backends.ModelBackend"
# How many failures are free, before each further one doubles the wait.
FREE, FREE_OF_ADDRESS = 5, 30


def is_open_to(request) -> bool:
    """Whether this session has proven password and second factor of a staff user of today."""
    user = request.user
    if not (user.is_active and user.is_staff):
        return False
    proven = request.session.get(FACTOR)
    return proven is not None and proven == factor_of(request)


def factor_of(request) -> int | None:
    """The id of the user's factor, asked once in a request."""
    if not hasattr(request, "staff_factor"):
        request.staff_factor = factors.id_of(request.user)
    return request.staff_factor


def check_password(request, *, username: str, password: str, now: datetime) -> User | None:
    """The staff user with this name and password; everyone else fails alike."""
    name = f"password {username.lower()} {place_of(request, username=username)}"
    address = f"address {devices.address_of(request)}"
    limits = {name: FREE}
    if not is_known(request, username=username):
        limits[address] = FREE_OF_ADDRESS
    throttle.begin(limits, now=now)

    user = auth.authenticate(request, username=username, password=password)
    if user is None or not user.is_staff:
        record_failure("password", user=User.objects.filter(username=username).first())
        return None
    throttle.worked(forget=name, forgive=[address] if address in limits else [])
    return user


def begin(request, user: User, *, leads_to: str, now: datetime) -> None:
    """The password was right: what is missing is the code."""
    if request.user.is_authenticated:
        request.session.flush()
    request.session.cycle_key()
    request.session[BEGUN] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "at": now.timestamp(),
        "leads_to": leads_to,
    }


def begun(request, *, now: datetime) -> tuple[User | None, dict]:
    """Who is halfway in, and what we know of the first half; nobody after ten minutes."""
    kept = request.session.get(BEGUN) or {}
    if not kept or now.timestamp() - kept["at"] > BEGUN_FOR.total_seconds():
        return None, {}
    user = User.objects.filter(pk=kept["user"], is_active=True, is_staff=True).first()
    if user is None or not constant_time_compare(kept["hash"], user.get_session_auth_hash()):
        return None, {}
    return user, kept


def check_code(request, user: User, *, code: str, now: datetime) -> str:
    """How the code proves the second factor: by the app, by a recovery code, or "" not at all."""
    name = f"code {user.pk} {code_place_of(request, user)}"
    throttle.begin({name: FREE}, now=now)

    how = ""
    if factors.accepts(user=user, code=code, now=now):
        how = "app"
    elif len(codes.plain(code)) > 6 and factors.accepts_recovery(user=user, code=code, now=now):
        how = "recovery_code"
    if how:
        throttle.worked(forget=name)
    else:
        record_failure("code", user=user)
    return how


@transaction.atomic
def enter(request, user: User, *, how: str, now: datetime) -> None:
    """Open the session. Its id is a new one, and only the server knows how long it lasts."""
    request.session.pop(BEGUN, None)
    auth.login(request, user, backend=BACKEND)
    request.session.update(
        {
            SINCE: now.timestamp(),
            FACTOR: factors.id_of(user),
            CONFIRMED: now.timestamp(),
            BROWSER: devices.in_words(request),
        }
    )
    kind = Type.RECOVERY_CODE_USED if how == "recovery_code" else Type.SIGNED_IN
    AuditEvent.objects.create(type=kind, actor=user, staff=user)


@transaction.atomic
def leave(request) -> None:
    """End the session on the server; what the browser keeps of it is worth nothing."""
    if request.user.is_authenticated:
        AuditEvent.objects.create(type=Type.SIGNED_OUT, actor=request.user, staff=request.user)
    auth.logout(request)


@transaction.atomic
def change_password(request, password: str) -> None:
    """Take over a new password. This session gets a new id, all others end."""
    user = request.user
    user.set_password(password)
    user.save(update_fields=["password"])
    auth.update_session_auth_hash(request, user)
    Session.objects.filter(user=user).exclude(session_key=request.session.session_key).delete()
    AuditEvent.objects.create(type=Type.PASSWORD_CHANGED, actor=user, staff=user)


def record_failure(why: str, *, user: User | None) -> None:
    """A try that failed; by whom nobody knows, whatever name they gave."""
    AuditEvent.objects.create(
        type=Type.SIGN_IN_FAILED, source=AuditEvent.Source.SOMEONE, staff=user, code=why
    )


def is_known(request, *, username: str) -> bool:
    """Whether this person has signed in with this browser before."""
    users = devices.known(request)["users"]
    return bool(users) and User.objects.filter(pk__in=users, username=username).exists()


def place_of(request, *, username: str) -> str:
    """What failures are counted for, beside the name: a known browser, or an address.

    So nobody elsewhere can keep people out of the browser that they use.
    """
    if is_known(request, username=username):
        return f"browser {devices.known(request)['name']}"
    return f"address {devices.address_of(request)}"


def code_place_of(request, user: User) -> str:
    """Codes are guessed by who has the password: all places that we don't know count as one."""
    known = devices.known(request)
    return f"browser {known['name']}" if user.pk in known["users"] else "elsewhere"


def confirm(request, *, proof: str, now: datetime) -> bool:
    """Whether someone who is signed in gives their password, or a code of their app."""
    user = request.user
    name = f"confirm {user.pk} {request.session.session_key}"
    throttle.begin({name: FREE}, now=now)

    is_code = len(codes.plain(proof)) == 6
    if is_code:
        is_right = factors.accepts(user=user, code=proof, now=now)
    else:
        is_right = user.check_password(proof)
    if not is_right:
        AuditEvent.objects.create(
            type=Type.SIGN_IN_FAILED, actor=user, staff=user, code="confirmation"
        )
        return False
    throttle.worked(forget=name)
    request.session[CONFIRMED] = now.timestamp()
    AuditEvent.objects.create(type=Type.CONFIRMED_AGAIN, actor=user, staff=user)
    return True


def confirmed_within(request, span: timedelta) -> bool:
    """Whether the person behind this session has proven who they are so lately."""
    at = request.session.get(CONFIRMED, 0)
    return 0 <= timezone.now().timestamp() - at < span.total_seconds()
