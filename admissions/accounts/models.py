"""Sessions, links to choose a password, changes that take a second person, and the table of the
cache. The factors are allauth's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core import checks
from django.db import OperationalError, ProgrammingError, models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from admissions.encryption import DecryptionError, decrypt_text
from admissions.tokens import hash_token
from users.second_person import AskedChange, decided_with_an_outcome, takes_a_second_person


def hash_session_key(key: str) -> str:
    """What stands for a session in its table: who reads the table opens no session.

    As long as Django's column; 160 bits of a hash of a key that nobody can guess.
    """
    return hash_token(key)[:40]


class Session(AbstractBaseSession):
    """What the server remembers of one browser; of staff also whose it is, and since when."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sessions"
    )
    signed_in_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(default=timezone.now)
    browser = models.CharField(max_length=60, blank=True)

    def __str__(self) -> str:
        return "session"

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        return import_string(f"{settings.SESSION_ENGINE}.SessionStore")


class AccountLink(models.Model):
    """A link by which one colleague, once, chooses their own password; its token is kept as a
    hash. Of each purpose the newest alone is live."""

    class Purpose(models.TextChoices):
        INVITATION = "invitation", _("To begin")
        PASSWORD = "password_link", _("A new password")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="account_links")
    purpose = models.CharField(max_length=20, choices=Purpose)
    sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "user",
                "purpose",
                name="account_link_one_is_live",
                condition=Q(used_at=None, revoked_at=None),
            ),
            models.CheckConstraint(
                name="account_link_ends_once", condition=Q(used_at=None) | Q(revoked_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"account link {self.pk}"


class AccountChangeQuerySet(models.QuerySet["AccountChange"]):
    def waiting(self, *, now: datetime) -> "AccountChangeQuerySet":
        """Those that a second person may still decide."""
        return self.filter(outcome="", expires_at__gt=now)


class AccountChange(AskedChange):
    """What one person asked to change of a colleague's account, and a second one decides."""

    class Kind(models.TextChoices):
        ACCESS = "access", _("More that they may do")
        EMAIL = "email", _("Another email address")
        FACTOR = "factor", _("Remove their second step")

    class Outcome(models.TextChoices):
        APPROVED = "approved", _("Approved")
        DECLINED = "declined", _("Declined")
        REPLACED = "replaced", _("Asked anew")

    kind = models.CharField(max_length=10, choices=Kind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="account_changes"
    )
    roles = ArrayField(models.CharField(max_length=150), default=list)
    makes_superuser = models.BooleanField(default=False)
    lets_in_again = models.BooleanField(default=False)
    email = models.EmailField(blank=True)
    expires_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)

    objects = AccountChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "user", "kind", name="account_change_one_of_a_kind_waits", condition=Q(outcome="")
            ),
            models.CheckConstraint(
                name="account_change_is_of_a_colleague", condition=~Q(asked_by=F("user"))
            ),
            takes_a_second_person("account_change", also_not="user"),
            decided_with_an_outcome("account_change"),
            models.CheckConstraint(
                name="account_change_email_is_given",
                condition=Q(kind="email") & ~Q(email="") | ~Q(kind="email") & Q(email=""),
            ),
        ]

    def __str__(self) -> str:
        return f"account change {self.pk}"


class CacheEntry(models.Model):
    """One row of Django's database cache, which makes no table by itself: how often something
    failed lately, and the codes that were used. Its keys are hashes, see `throttling.hash_key`."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "accounts_cache"

    def __str__(self) -> str:
        return "cache entry"


@checks.register(checks.Tags.database)
def check_factors(databases: Sequence[str] | None = None, **kwargs: Any) -> list[checks.Error]:
    """With a database at hand, whether our keys open the newest secret that allauth keeps in it."""
    return [error for database in databases or [] for error in find_unreadable_factor(database)]


def find_unreadable_factor(database: str) -> list[checks.Error]:
    apps = Authenticator.objects.using(database).filter(type=Authenticator.Type.TOTP)
    try:
        with transaction.atomic(using=database):
            secret = apps.order_by("-pk").values_list("data__secret", flat=True).first()
        decrypt_text(secret or "")
    except DecryptionError:
        hint = "Put the key that sealed it at the end of FIELD_KEYS."
        return [checks.Error("A second factor cannot be read.", hint=hint, id="encrypted.E002")]
    except (ProgrammingError, OperationalError):
        # No table before the first migration; no answer is told of by encrypted.W001 already.
        return []
    return []
