"""When it is, and a browser of someone who signs in by the pages themselves."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
import time_machine as clock
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client

from admissions.audit.models import AuditEvent
from tests.support import factories

NOW = datetime(2026, 11, 24, 22, 11, tzinfo=UTC)
LOGIN, CODE, SET_UP = "/admin/login/", "/admin/login/code/", "/admin/login/set-up/"
TYPES = AuditEvent.Type


@pytest.fixture
def frozen(db):
    with clock.travel(NOW, tick=False) as traveler:
        yield traveler


@pytest.fixture(autouse=True)
def quick(settings):
    """Passwords are hashed in no time: guessing them is what these tests do most."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


class CountingHasher(MD5PasswordHasher):
    """Notes every password that is hashed: that is what takes time."""

    hashed: ClassVar[list[str]] = []

    def encode(self, password, salt):
        self.hashed.append(password)
        return super().encode(password, salt)


@pytest.fixture
def hashed(quick, settings):
    """The passwords that were hashed, in order."""
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    CountingHasher.hashed.clear()
    return CountingHasher.hashed


def make_staff(role, **columns):
    """A staff user whose password is hashed as quickly."""
    user = factories.make_user(role, **columns)
    user.set_password(factories.PASSWORD)
    user.save()
    return user


@pytest.fixture(autouse=True)
def still(request):
    """The clock stands, except where many act at once."""
    if "real_commits" not in request.fixturenames:
        request.getfixturevalue("frozen")


@pytest.fixture
def later(frozen):
    """Moves the clock on to so long after NOW."""
    return lambda **span: frozen.move_to(NOW + timedelta(**span), tick=False)


class Browser(Client):
    """Someone at the pages of signing in."""

    def give_password(self, user, password=factories.PASSWORD, **extra):
        return self.post(LOGIN, {"login": user.username, "password": password}, **extra)

    def give_code(self, code):
        return self.post(CODE, {"code": code})

    def sign_in(self, user, *, off=0):
        self.give_password(user)
        return self.give_code(code_of(user, off=off))

    def is_in(self):
        return self.get("/admin/stay/").status_code == 200


@pytest.fixture
def someone():
    return Browser()


@pytest.fixture
def kim():
    """A coordinator with an app."""
    user = make_staff("coordinator", first_name="Kim")
    factories.make_factor(user)
    return user


def code_of(user, *, off=0, secret=factories.SECRET):
    """What their app shows, so many steps from now."""
    step = int(datetime.now(UTC).timestamp()) // 30
    return format_hotp_value(hotp_value(secret, step + off))


def events(*, about=None):
    """(type, actor, source, code) of what was recorded, oldest first."""
    found = AuditEvent.objects.exclude(type=TYPES.DESK_VIEWED)
    if about:
        found = found.filter(staff=about)
    return [(each.type, each.actor, each.source, each.code) for each in found]
