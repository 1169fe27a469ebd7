"""The second factor of invented staff, so that trying the site takes no phone."""

import base64
import hashlib
from datetime import datetime

from django.conf import settings

from admissions.encryption import DecryptionError
from users.models import User

from . import totp
from .models import Factor


def demo_secret(username: str) -> str:
    """The secret that everybody knows."""
    digest = hashlib.sha1(f"demo staff {username}".encode(), usedforsecurity=False).digest()
    return base64.b32encode(digest).decode()


def enroll(user: User) -> None:
    """Give a demo user the secret that everybody knows, unless they have an app that works."""
    try:
        Factor.objects.get_or_create(user=user, defaults={"secret": demo_secret(user.username)})
    except DecryptionError:
        Factor.objects.filter(user=user).update(secret=demo_secret(user.username))


def current_code(user: User, *, now: datetime) -> dict | None:
    """The code that a demo user may type now, or in how many seconds there is one.

    None for anyone else, and for everyone in production.
    """
    if settings.PRODUCTION or not has_known_secret(user):
        return None
    this_step = totp.step_at(now)
    step = max(this_step, user.factor.last_step + 1)
    if step > this_step + 1:
        return {"wait": totp.STEP_SECONDS - int(now.timestamp()) % totp.STEP_SECONDS}
    digits = totp.code_at_step(demo_secret(user.username), step)
    return {"code": f"{digits[:3]} {digits[3:]}"}


def has_known_secret(user: User) -> bool:
    try:
        return user.factor.secret == demo_secret(user.username)
    except (Factor.DoesNotExist, DecryptionError):
        return False
