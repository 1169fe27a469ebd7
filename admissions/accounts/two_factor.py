"""Everything that happens to a second factor: set up, replaced, removed. allauth checks it.

allauth's own flows write their signals after the commit; here the audit event is part of the
same transaction.
"""

import base64
import re
import secrets
from datetime import datetime

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction
from django.db.models import QuerySet

from admissions.audit.actors import actor_fields
from admissions.audit.models import AuditEvent
from admissions.tokens import hash_token
from users.models import User

from . import notices
from .models import Session, hash_session_key

Type, News = AuditEvent.Type, notices.News
FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
CODE_COUNT, CODE_LENGTH, CODE_GROUP = 10, 24, 4
# Ten recovery codes of 32 signs without those that are taken for another: 5 bits each.
CODE_SIGNS = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"
LOOKALIKES = str.maketrans("OIL", "011")
RECOVERY_CODES = Authenticator.Type.RECOVERY_CODES


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

    notices.tell(by, News.FACTOR_ADDED)
    return codes


@transaction.atomic
def add_passkey(*, by: User, name: str, credential: dict) -> None:
    """Store a passkey whose answer to our challenge was checked."""
    WebAuthn.add(by, name, credential)
    AuditEvent.objects.create(type=Type.FACTOR_ADDED, actor=by, staff=by, code="passkey")
    notices.tell(by, News.FACTOR_ADDED)


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

    notices.tell(by, News.FACTOR_REMOVED)


@transaction.atomic
def issue_recovery_codes(*, by: User) -> list[str]:
    """New recovery codes, shown this once; the old ones are worth nothing any more."""
    lock_user(by.pk)
    codes = replace_recovery_codes(by)
    AuditEvent.objects.create(type=Type.RECOVERY_CODES_MADE, actor=by, staff=by)
    notices.tell(by, News.RECOVERY_CODES_MADE)
    return codes


@transaction.atomic
def remove_factors(*, user_id: int, by: User | None, detail: dict) -> None:
    """Let someone who lost their app set one up anew; whatever they have open ends. `by` nobody
    for the operator; `account_changes` has asked a second person."""
    user = lock_user(user_id)
    Authenticator.objects.filter(user=user).delete()
    Session.objects.filter(user=user).delete()
    who = actor_fields(AuditEvent.Source.SYSTEM, by)
    AuditEvent.objects.create(type=Type.FACTOR_REMOVED, staff=user, detail=detail, **who)
    notices.tell(user, News.FACTOR_REMOVED)


def lock_user(user_id: int) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=user_id)


def replace_recovery_codes(user: User) -> list[str]:
    """Store ten new codes of 120 random bits as hashes, in the place of all older ones; return
    them in groups, to be read off this once.

    allauth works its own out from an encrypted seed: who has database and key reads them. ASVS 5.0
    asks for a password hash below 112 bits; above, SHA-256 is as safe and costs nothing.
    """
    codes = [
        "".join(secrets.choice(CODE_SIGNS) for _sign in range(CODE_LENGTH))
        for _n in range(CODE_COUNT)
    ]
    Authenticator.objects.filter(user=user, type=RECOVERY_CODES).delete()
    # Under `migrated_codes` allauth would look for codes of its own: there are none.
    data = {"hashes": [hash_token(code) for code in codes], "migrated_codes": []}
    Authenticator.objects.create(user=user, type=RECOVERY_CODES, data=data)
    return [split_recovery_code(code) for code in codes]


@transaction.atomic
def use_recovery_code(user: User, typed: str) -> Authenticator | None:
    """Use up the code that was typed, in whatever case and groups; None if it is none of theirs."""
    hashed = hash_token(re.sub(r"[\s-]", "", typed).upper().translate(LOOKALIKES))
    row = Authenticator.objects.select_for_update().filter(user=user, type=RECOVERY_CODES).first()
    if row is None or hashed not in row.data.get("hashes", []):
        return None
    row.data["hashes"].remove(hashed)
    row.save(update_fields=["data"])
    return row


def count_recovery_codes(user: User) -> int:
    rows = Authenticator.objects.filter(user=user, type=RECOVERY_CODES)
    return sum(len(row.data.get("hashes", [])) for row in rows)


def split_recovery_code(code: str) -> str:
    return " ".join(code[at : at + CODE_GROUP] for at in range(0, len(code), CODE_GROUP))


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
