"""The second factor of invented staff, so that trying the site takes no phone."""

import base64
import hashlib
from datetime import datetime

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.core.cache import cache

from admissions.encryption import DecryptionError, decrypt_text, encrypt_text
from users.models import User


def demo_secret(username: str) -> str:
    """The secret that everybody knows."""
    digest = hashlib.sha1(f"demo staff {username}".encode(), usedforsecurity=False).digest()
    return base64.b32encode(digest).decode()


def enroll(user: User) -> None:
    """Give a demo user the secret that everybody knows, unless they have an app that works."""
    app = find_app(user)
    try:
        if app and decrypt_text(app.data["secret"]):
            return
    except DecryptionError:
        pass
    Authenticator.objects.update_or_create(
        user=user,
        type=Authenticator.Type.TOTP,
        defaults={"data": {"secret": encrypt_text(demo_secret(user.username))}},
    )


def current_code(user: User, *, now: datetime) -> dict | None:
    """The code that a demo user may type now, or in how many seconds there is one.

    None for anyone else, and for everyone in production.
    """
    app = find_app(user)
    secret = demo_secret(user.username)
    if settings.PRODUCTION or app is None or decrypt(app.data["secret"]) != secret:
        return None
    step = int(now.timestamp()) // app_settings.TOTP_PERIOD
    for counter in (step, step + app_settings.TOTP_TOLERANCE):
        digits = totp.format_hotp_value(totp.hotp_value(secret, counter))
        if not cache.get(app.wrap()._get_used_cache_key(digits)):
            return {"code": f"{digits[:3]} {digits[3:]}"}
    return {"wait": app_settings.TOTP_PERIOD - int(now.timestamp()) % app_settings.TOTP_PERIOD}


def find_app(user: User) -> Authenticator | None:
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
