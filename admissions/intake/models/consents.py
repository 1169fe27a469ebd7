"""What people agreed to, in the very words they saw."""

import hashlib
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions.append_only import forbid_truncate
from programs.models import LanguageField


class ConsentVersionQuerySet(models.QuerySet["ConsentVersion"]):
    def current(self, *, language: str) -> dict[str, "ConsentVersion"]:
        """The newest version of each text by key, in this language or else in English."""
        newest: dict[str, ConsentVersion] = {}
        for version in self.filter(language__in=["en", language]).order_by("effective_from", "pk"):
            known = newest.get(version.key)
            if known is None or version.language in (language, known.language):
                newest[version.key] = version
        return newest


class ConsentVersion(models.Model):
    """One wording of one consent; a change of words is a new row."""

    class Key(models.TextChoices):
        CONTACT = "contact", _("Contact about the request")
        EMAIL = "email", _("Ordinary email")
        TEXT = "text", _("Text messages")
        NEWS = "news", _("Program news")

    key = models.CharField(max_length=20, choices=Key)
    language = LanguageField(default="en")
    text = models.TextField()
    sha256 = models.CharField(max_length=64, editable=False)
    effective_from = models.DateTimeField(default=timezone.now)

    objects = ConsentVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("key", "language", "sha256", name="consent_version_once")
        ]
        triggers = [
            pgtrigger.Protect(
                name="consent_version_is_permanent",
                operation=pgtrigger.Update | pgtrigger.Delete,
            ),
            forbid_truncate("consent_version_is_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"{self.get_key_display()} ({self.language}, {self.effective_from:%Y-%m-%d})"

    def save(self, **kwargs: Any) -> None:
        self.sha256 = hashlib.sha256(self.text.encode()).hexdigest()
        super().save(**kwargs)


class ConsentEvent(models.Model):
    """One person granted or withdrew one consent at one time."""

    class Channel(models.TextChoices):
        WEB = "web", _("Website")
        PHONE = "phone", _("Phone")

    request = models.ForeignKey(
        "admissions.ConsultationRequest", models.PROTECT, related_name="consent_events"
    )
    version = models.ForeignKey(ConsentVersion, models.PROTECT)
    is_granted = models.BooleanField()
    at = models.DateTimeField(default=timezone.now)
    channel = models.CharField(max_length=20, choices=Channel, default=Channel.WEB)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, help_text=_("Empty: the requester.")
    )

    class Meta:
        ordering = ["at", "pk"]
        triggers = [
            pgtrigger.Protect(
                name="consent_event_is_permanent",
                operation=pgtrigger.Update | pgtrigger.Delete,
            ),
            forbid_truncate("consent_event_is_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"consent event {self.pk}"
