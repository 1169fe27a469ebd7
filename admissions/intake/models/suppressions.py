"""Addresses that we do not write to any more, and why."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions import keyed_hashes

from .search_tokens import normalize_email

if TYPE_CHECKING:
    from .requests import ConsultationRequest


PURPOSE = "suppressed addresses"


def hash_email(email: str) -> str:
    """What stands for an address however it is typed; it tells the address to nobody."""
    return keyed_hashes.hash_value(normalize_email(email), purpose=PURPOSE)


def older_hashes(email: str) -> list[str]:
    """What stood for it before the key was changed."""
    return keyed_hashes.all_hashes(normalize_email(email), purpose=PURPOSE)[1:]


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def for_email(self, email: str) -> Self:
        return self.filter(sha256__in=[hash_email(email), *older_hashes(email)], lifted_at=None)

    def rehash(self, email: str) -> int:
        """Bring what is under an older key under the newest; return how many rows that were.

        Where both stand, as two processes wrote them with different keys, the later one is kept.
        """
        newest = hash_email(email)
        older = list(self.select_for_update().filter(sha256__in=older_hashes(email)))
        for row in older:
            twin = self.filter(sha256=newest, cause=row.cause, lifted_at=None)
            if row.lifted_at is None and twin.exists():
                twin.filter(at__lt=row.at).update(at=row.at)
                row.delete()
            else:
                self.filter(pk=row.pk).update(sha256=newest)
        return len(older)

    def blocking(self, request: "ConsultationRequest") -> Self:
        """What keeps us from writing to this requester; a newer request lifts no "stop"."""
        return self.for_email(request.email)


class Suppression(models.Model):
    """One address that bounced, complained or asked us to stop; kept when its request is gone."""

    class Cause(models.TextChoices):
        STOPPED = "stopped", _("Asked us to stop")
        BOUNCED = "bounced", _("Email to it came back")
        COMPLAINED = "complained", _("Reported our email as unwanted")

    sha256 = models.CharField(max_length=80, help_text=_("Keyed; its key’s id comes first."))
    cause = models.CharField(max_length=20, choices=Cause)
    at = models.DateTimeField(default=timezone.now)
    request = models.ForeignKey(
        "admissions.ConsultationRequest", models.SET_NULL, null=True, related_name="suppressions"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        help_text=_("Empty: the requester."),
    )

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        verbose_name = _("address we don't write to")
        verbose_name_plural = _("addresses we don't write to")
        permissions = [("lift_suppression", _("Can allow email to an address again"))]
        constraints = [
            models.UniqueConstraint(
                "sha256",
                "cause",
                name="suppression_once_per_address_and_cause",
                condition=Q(lifted_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"suppression {self.pk}"

    @property
    def is_stop(self) -> bool:
        """Whether the owner of the address asked for it, and may ask us back."""
        return self.cause == self.Cause.STOPPED
