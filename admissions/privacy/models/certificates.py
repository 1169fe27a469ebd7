"""That personal data was removed: when, by whom, and how much of what."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions.append_only import UPDATE_OR_DELETE, forbid_truncate
from admissions.intake.models import ConsultationRequest

from .privacy_requests import PrivacyRequest
from .retention import RetentionPeriod


class RemovalCertificate(models.Model):
    """One removal; holds no value and no hash of what was removed, only how many values."""

    request = models.OneToOneField(
        ConsultationRequest, models.PROTECT, related_name="removal_certificate"
    )
    removed_at = models.DateTimeField(default=timezone.now)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        help_text=_("Empty: the system, by a rule."),
    )  # fmt: skip
    rule = models.CharField(max_length=20, choices=RetentionPeriod.Rule, blank=True)
    privacy_request = models.ForeignKey(
        PrivacyRequest, models.PROTECT, null=True, related_name="certificates"
    )
    emptied = models.JSONField(
        default=dict, help_text=_("How many values were emptied of each table and column.")
    )

    class Meta:
        verbose_name = _("certificate of removal")
        verbose_name_plural = _("certificates of removal")
        default_permissions = ("view",)
        ordering = ["-removed_at", "-pk"]
        indexes = [models.Index(fields=["-removed_at", "-id"], name="certificate_by_time")]
        triggers = [
            pgtrigger.Protect(name="removal_certificate_is_permanent", operation=UPDATE_OR_DELETE),
            forbid_truncate("removal_certificate_is_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"certificate of removal {self.pk}"

    @property
    def total(self) -> int:
        return sum(self.emptied.values())
