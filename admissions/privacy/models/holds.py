"""What must be kept because a court, a complaint or an audit may ask for it."""

from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions.append_only import PermanentText, forbid_truncate
from admissions.encryption import EncryptedTextField
from admissions.intake.models import ConsultationRequest


class LegalHoldQuerySet(models.QuerySet["LegalHold"]):
    def standing(self) -> Self:
        return self.filter(lifted_at=None)

    def covering(self, request: ConsultationRequest) -> Self:
        """Those that stand on a request, or on one that is merged with it."""
        same = Q(request=request) | Q(request__merged_into=request)
        if request.merged_into_id:
            same |= Q(request=request.merged_into_id)
        return self.standing().filter(same)


class LegalHold(models.Model):
    """One request whose data nobody removes until the hold is lifted, whatever else says so."""

    request = models.ForeignKey(ConsultationRequest, models.PROTECT, related_name="legal_holds")
    reason = EncryptedTextField()
    placed_at = models.DateTimeField(default=timezone.now)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    lift_reason = EncryptedTextField(blank=True)

    objects = LegalHoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("legal hold")
        default_permissions = ("view", "change")
        ordering = ["-placed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "request", name="legal_hold_once_at_a_time", condition=Q(lifted_at=None)
            ),
            models.CheckConstraint(
                name="legal_hold_lifted_by_someone_at_a_time",
                condition=Q(lifted_at=None, lifted_by=None)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="legal_hold_stays", operation=pgtrigger.Delete),
            forbid_truncate("legal_hold_is_never_emptied"),
            pgtrigger.ReadOnly(
                name="legal_hold_stays_as_placed", fields=["request", "placed_at", "placed_by"]
            ),
            PermanentText(name="legal_hold_reason_is_permanent", text="reason"),
            pgtrigger.Trigger(
                name="legal_hold_ends_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__lifted_at__isnull=False),
                func="""
                    IF NEW.lifted_at IS DISTINCT FROM OLD.lifted_at
                        OR NEW.lifted_by_id IS DISTINCT FROM OLD.lifted_by_id
                    THEN
                        RAISE EXCEPTION 'legal_hold_ends_once: place another one';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # FOR SHARE waits for a removal that is under way, and then sees that it was done.
            pgtrigger.Trigger(
                name="legal_hold_holds_something",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    PERFORM 1 FROM admissions_consultationrequest
                        WHERE id = NEW.request_id FOR SHARE;
                    IF EXISTS (
                        SELECT 1 FROM admissions_consultationrequest
                        WHERE id = NEW.request_id AND anonymized_at IS NOT NULL
                    ) THEN
                        RAISE EXCEPTION 'legal_hold_holds_something: personal data was removed';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"legal hold {self.pk}"
