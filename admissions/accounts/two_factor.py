"""Everything that happens to a second factor: set up, replaced, removed. allauth checks it.

allauth's own flows write their signals after the commit; here the audit event is part of the
same transaction.
"""

import base64
from datetime import datetime

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction
from django.db.models import QuerySet

from admissions.audit.models import AuditEvent
from users.models import User

from .models import Session, hash_session_key

Type = AuditEvent.Type
FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


class FactorExists(Exception):
    """Someone was quicker: there is a second factor by now."""


class LastFactor(Exception):
    """Without this one they would sign in by the password alone."""


def has_factor(user: User) -> bool:
    """Whether they have an app or a passkey; recovery codes alone are none."""
    return find_factors(user).exists()


def find_factors(user: User) -> QuerySet[Authenticator]:
    return Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS)


@transaction.atomic
def enroll_app(*, by: User, secret: str, code: str, replaces_in: str = "") -> list[str]:
    """Store someone's app; return the new recovery codes, shown this once. The code counts as
    used. Raise FactorExists if they have a factor already.

    `replaces_in` names the session in which they replace the app they have; all others end.
    """
    lock_user(by.pk)
    if replaces_in:
        Authenticator.objects.filter(user=by, type=Authenticator.Type.TOTP).delete()
        Session.objects.filter(user=by).exclude(session_key=hash_session_key(replaces_in)).delete()
    elif has_factor(by):
        raise FactorExists

    TOTP.activate(by, secret).validate_code(code)
    codes = replace_recovery_codes(by)

    AuditEvent.objects.create(
        type=Type.FACTOR_ADDED, actor=by, staff=by, code="replaced" if replaces_in else ""
    )
    return codes


@transaction.atomic
def add_passkey(*, by: User, name: str, credential: dict) -> None:
    """Store a passkey whose answer to our challenge was checked."""
    WebAuthn.add(by, name, credential)
    AuditEvent.objects.create(type=Type.FACTOR_ADDED, actor=by, staff=by, code="passkey")


@transaction.atomic
def remove_passkey(*, by: User, key: int, this: str) -> None:
    """Delete one's own passkey and end every session but this one; raise LastFactor instead if
    it is the only factor, Authenticator.DoesNotExist if there is none such."""
    lock_user(by.pk)
    passkey = find_passkeys(by).get(pk=key)
    if not find_factors(by).exclude(pk=key).exists():
        raise LastFactor

    passkey.delete()
    Session.objects.filter(user=by).exclude(session_key=hash_session_key(this)).delete()

    AuditEvent.objects.create(type=Type.FACTOR_REMOVED, actor=by, staff=by, code="passkey")


@transaction.atomic
def issue_recovery_codes(*, by: User) -> list[str]:
    """New recovery codes, shown this once; the old ones are worth nothing any more."""
    lock_user(by.pk)
    codes = replace_recovery_codes(by)
    AuditEvent.objects.create(type=Type.RECOVERY_CODES_MADE, actor=by, staff=by)
    return codes


@transaction.atomic
def remove_factors(*, user_id: int, by: User) -> bool:
    """Let someone who lost their app set one up anew; whatever they have open ends."""
    user = lock_user(user_id)
    gone, _rows = Authenticator.objects.filter(user=user).delete()
    if not gone:
        return False
    Session.objects.filter(user=user).delete()
    AuditEvent.objects.create(type=Type.FACTOR_REMOVED, actor=by, staff=user)
    return True


def lock_user(user_id: int) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=user_id)


def count_recovery_codes(user: User) -> int:
    standing = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES)
    return sum(len(each.wrap().get_unused_codes()) for each in standing)


def replace_recovery_codes(user: User) -> list[str]:
    """Ten codes of 25 digits, written in fives; 83 random bits each."""
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    codes = RecoveryCodes.activate(user).generate_codes()
    return [" ".join(code[at : at + 5] for at in range(0, len(code), 5)) for code in codes]


def app_enrolled_at(user: User) -> datetime | None:
    apps = find_factors(user).filter(type=Authenticator.Type.TOTP)
    return apps.values_list("created_at", flat=True).first()


def find_passkeys(user: User) -> QuerySet[Authenticator]:
    return find_factors(user).filter(type=Authenticator.Type.WEBAUTHN).order_by("pk")


def qr_code_uri(user: User, secret: str) -> str:
    """What the square says to an authenticator app, as an address that an image can have."""
    adapter = get_adapter()
    svg = adapter.build_totp_svg(adapter.build_totp_url(user, secret))
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
