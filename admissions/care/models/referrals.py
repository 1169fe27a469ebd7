"""Where we send someone whom another place serves better, and whether they arrived."""

from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from admissions.append_only import (
    PermanentText,
    forbid_truncate,
    refuse_texts_after_removal,
)
from admissions.encryption import EncryptedTextField
from admissions.intake.models import ConsultationRequest
from programs.models import LevelOfCare


class ReferralQuerySet(models.QuerySet["Referral"]):
    def to_confirm(self) -> Self:
        """Of requests open and closed: nobody has said yet that the hand-over worked."""
        return self.filter(confirmed_at=None)


class Referral(models.Model):
    """A warm referral: where to, and when somebody there confirmed the hand-over."""

    request = models.ForeignKey(ConsultationRequest, models.PROTECT, related_name="referrals")
    to_whom = EncryptedTextField(max_length=120)
    level = models.ForeignKey(LevelOfCare, models.PROTECT, null=True, blank=True)
    note = EncryptedTextField(blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ReferralQuerySet.as_manager()

    class Meta:
        ordering = ["made_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="referral_confirmed_by_someone_at_a_time",
                condition=Q(confirmed_at=None, confirmed_by=None)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
            )
        ]
        indexes = [
            models.Index("made_at", name="referral_to_confirm", condition=Q(confirmed_at=None)),
            models.Index("made_at", name="referral_by_time"),
        ]
        triggers = [
            pgtrigger.Protect(name="referral_stays", operation=pgtrigger.Delete),
            forbid_truncate("referral_is_never_emptied"),
            pgtrigger.ReadOnly(
                name="referral_stays_as_made",
                fields=["request", "level", "made_at", "made_by"],
            ),
            PermanentText(name="referral_place_is_permanent", text="to_whom"),
            refuse_texts_after_removal("referral_is_about_someone", "to_whom", "note"),
        ]

    def __str__(self) -> str:
        return f"referral {self.pk}"
