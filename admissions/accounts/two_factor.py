"""Everything that happens to a second factor: set up, used, replaced, removed."""

import logging
from datetime import datetime

from django.db import transaction

from admissions.audit.models import AuditEvent
from admissions.encryption import DecryptionError
from users.models import User

from . import totp
from .models import Factor, RecoveryCode, Session

logger = logging.getLogger(__name__)
Type = AuditEvent.Type


class WrongCode(Exception):
    """The app and we do not agree: the secret was not taken over, or the clock is off."""


class FactorExists(Exception):
    """Someone was quicker: there is a second factor by now."""


@transaction.atomic
def enroll_factor(
    *, user_id: int, secret: str, code: str, now: datetime, replaces: int | None = None
) -> list[str]:
    """Take over an app that shows a right code; the new recovery codes, shown this once.

    `replaces` names the factor that goes for it, and with it every session it opened.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    standing = Factor.objects.filter(user=user)
    if replaces is not None:
        standing = standing.exclude(pk=replaces)
    if standing.exists():
        raise FactorExists
    step = totp.matching_step(totp.normalize_code(code), secret=secret, now=now)
    if step is None:
        raise WrongCode

    Factor.objects.filter(user=user).delete()
    Factor.objects.create(user=user, secret=secret, last_step=step, made_at=now)
    fresh = replace_recovery_codes(user)
    AuditEvent.objects.create(
        type=Type.FACTOR_ADDED, actor=user, staff=user, code="replaced" if replaces else ""
    )
    return fresh


def consume_app_code(*, user: User, code: str, now: datetime) -> bool:
    """Whether this is the code of the app now; it counts once, whoever else tries it."""
    try:
        factor = Factor.objects.get(user=user)
    except DecryptionError:
        logger.error("The second factor of user %s was sealed with a key that is gone", user.pk)
        return False
    step = totp.matching_step(totp.normalize_code(code), secret=factor.secret, now=now)
    if step is None:
        return False
    # One conditional UPDATE in Postgres. In a cache, as allauth has it, a code would count twice
    # and guessing be free whenever Redis is away.
    unused = Factor.objects.filter(pk=factor.pk, last_step__lt=step)
    return unused.update(last_step=step) == 1


def consume_recovery_code(*, user: User, code: str, now: datetime) -> bool:
    """Whether this is one of the recovery codes that are left; it is gone then."""
    left = RecoveryCode.objects.filter(
        user=user, digest=totp.hash_recovery_code(code), used_at=None
    )
    return left.update(used_at=now) == 1


@transaction.atomic
def issue_recovery_codes(*, by: User) -> list[str]:
    """New recovery codes, shown this once; the old ones are worth nothing any more."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    fresh = replace_recovery_codes(by)
    AuditEvent.objects.create(type=Type.RECOVERY_CODES_MADE, actor=by, staff=by)
    return fresh


@transaction.atomic
def remove_factor(*, user_id: int, by: User) -> bool:
    """Let someone who lost their app set one up anew; whatever they have open ends."""
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    gone, _rows = Factor.objects.filter(user=user).delete()
    if not gone:
        return False
    RecoveryCode.objects.filter(user=user).delete()
    Session.objects.filter(user=user).delete()
    AuditEvent.objects.create(type=Type.FACTOR_REMOVED, actor=by, staff=user)
    return True


def count_recovery_codes(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def replace_recovery_codes(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    fresh = totp.new_recovery_codes()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, digest=totp.hash_recovery_code(code)) for code in fresh
    )
    return fresh


def factor_id(user: User) -> int | None:
    """The factor as it stands, whatever was read before; its secret stays where it is."""
    return Factor.objects.filter(user_id=user.pk).values_list("pk", flat=True).first()


def factor_enrolled_at(user: User) -> datetime:
    return Factor.objects.values_list("made_at", flat=True).get(user=user)
