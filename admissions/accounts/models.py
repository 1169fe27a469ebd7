"""How staff prove who they are, and the sessions they have open."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from admissions.encryption import EncryptedTextField


class Factor(models.Model):
    """The authenticator app of one person."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="factor")
    secret = EncryptedTextField()
    last_step = models.BigIntegerField(
        default=0, help_text=_("The newest step whose code was used; no older one counts again.")
    )
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"factor {self.pk}"


class RecoveryCode(models.Model):
    """A code that stands in for the app, once."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="recovery_codes"
    )
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "digest", name="recovery_code_once"),
        ]

    def __str__(self) -> str:
        return f"recovery code {self.pk}"


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


class ThrottleCounter(models.Model):
    """How often something failed lately, under a hash of what it was."""

    # The wait doubles with each failure beyond the free ones, up to MAX_WAIT.
    FIRST_WAIT = timedelta(seconds=15)
    MAX_WAIT = timedelta(minutes=15)
    FORGOTTEN_AFTER = timedelta(hours=1)

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return "slowdown"

    def current_failures(self, now: datetime) -> int:
        return 0 if now - self.last_at > self.FORGOTTEN_AFTER else self.failures

    def wait_before_next(self, *, free: int, now: datetime) -> timedelta:
        """How long until another try, if so many are free."""
        beyond = self.current_failures(now) - free
        if beyond < 0:
            return timedelta(0)
        pause = min(self.FIRST_WAIT * 2 ** min(beyond, 10), self.MAX_WAIT)
        return max(min(self.last_at + pause - now, self.MAX_WAIT), timedelta(0))
