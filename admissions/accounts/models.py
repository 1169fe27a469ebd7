"""The sessions that people have open, and the table of the cache. The factors are allauth's."""

from collections.abc import Sequence
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core import checks
from django.db import OperationalError, ProgrammingError, models, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from admissions.encryption import DecryptionError, decrypt_text
from admissions.tokens import hash_token


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
