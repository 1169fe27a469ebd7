"""Whether insurance pays: a side status that anyone may see, and details that few may."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions.append_only import refuse_texts_after_removal
from admissions.encryption import EncryptedTextField
from admissions.intake.models import ConsultationRequest


class BenefitsVerification(models.Model):
    """Verification of benefits (VOB) for one request; an estimate, never a promise."""

    class Status(models.TextChoices):
        NOT_STARTED = "not_started", _("Not started")
        INFO_NEEDED = "info_needed", _("Details needed")
        IN_PROGRESS = "in_progress", _("In progress")
        VERIFIED = "verified", _("Verified")
        OUT_OF_NETWORK = "out_of_network", _("Out of network")
        NOT_COVERED = "not_covered", _("Not covered")
        SELF_PAY = "self_pay", _("Paying themselves")
        NOT_APPLICABLE = "not_applicable", _("Not applicable")

    OPEN_STATUSES = [Status.NOT_STARTED, Status.INFO_NEEDED, Status.IN_PROGRESS]

    request = models.OneToOneField(ConsultationRequest, models.PROTECT, related_name="benefits")
    status = models.CharField(max_length=20, choices=Status, default=Status.NOT_STARTED)
    asked_at = models.DateTimeField(default=timezone.now)
    consented_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the person agreed that we ask their insurer.")
    )
    payer = EncryptedTextField(max_length=120, blank=True)
    member_id = EncryptedTextField(blank=True)
    policy_holder = EncryptedTextField(_("policy holder"), blank=True)
    estimate = EncryptedTextField(blank=True)
    note = EncryptedTextField(blank=True)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)

    class Meta:
        verbose_name = _("verification of benefits")
        verbose_name_plural = _("verifications of benefits")
        permissions = [("verify_benefits", _("Can verify benefits and see insurance details"))]
        indexes = [
            models.Index(
                "asked_at",
                name="benefits_open_by_age",
                condition=Q(status__in=["not_started", "info_needed", "in_progress"]),
            )
        ]
        triggers = [
            refuse_texts_after_removal(
                "benefits_are_about_someone",
                *("payer", "member_id", "policy_holder", "estimate", "note"),
            )
        ]

    def __str__(self) -> str:
        return f"verification of benefits {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN_STATUSES
