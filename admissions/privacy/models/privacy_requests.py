"""What people ask of us about their own data."""

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions.encryption import EncryptedTextField
from admissions.intake.models import ConsultationRequest


class PrivacyRequestQuerySet(models.QuerySet["PrivacyRequest"]):
    def open(self) -> Self:
        return self.filter(outcome="")

    def overdue(self, *, on: date) -> Self:
        return self.open().filter(due_on__lt=on)

    def to_carry_out(self) -> Self:
        """Removals that a director has ordered, and that are not finished."""
        return self.open().filter(ordered_at__isnull=False)


class PrivacyRequest(models.Model):
    """One person's wish to see, have removed or restrict what we hold; staff find what that is."""

    class Kind(models.TextChoices):
        INSPECT = "inspect", _("See what we hold")
        COPY = "copy", _("Have a copy of what we hold")
        DELETION = "deletion", _("Have it removed")
        REVOCATION = "revocation", _("No contact any more: take back consent")

    class Identity(models.TextChoices):
        UNCHECKED = "", _("Not checked yet")
        CALLED_BACK = "called_back", _("Called back on the number on file")
        FROM_EMAIL = "from_email", _("Answered from the email address on file")
        DOCUMENT = "document", _("Showed a document in person")
        REPRESENTATIVE = "representative", _("Representative with papers")

    class Outcome(models.TextChoices):
        OPEN = "", _("Open")
        DONE = "done", _("Done")
        PARTLY = "partly", _("Done in part")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn by the person")

    ACCESS = [Kind.INSPECT, Kind.COPY]

    kind = models.CharField(max_length=20, choices=Kind)
    requests = models.ManyToManyField(ConsultationRequest, related_name="privacy_requests")
    received_on = models.DateField()
    due_on = models.DateField()
    details = EncryptedTextField(blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    identity = models.CharField(max_length=20, choices=Identity, blank=True)
    identity_checked_at = models.DateTimeField(null=True)
    identity_checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    ordered_at = models.DateTimeField(null=True)
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    order_reason = EncryptedTextField(blank=True)
    clinical_reason = EncryptedTextField(blank=True)
    outcome = models.CharField(max_length=20, choices=Outcome, blank=True)
    outcome_note = EncryptedTextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = PrivacyRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("privacy request")
        default_permissions = ("view", "add")
        permissions = [("decide_privacyrequest", _("Can decide privacy requests"))]
        ordering = ["due_on", "pk"]
        indexes = [
            models.Index("due_on", name="privacy_request_open", condition=Q(outcome="")),
        ]
        constraints = [
            models.CheckConstraint(
                name="privacy_request_due_after_receipt",
                condition=Q(due_on__gte=F("received_on")),
            ),
            models.CheckConstraint(
                name="privacy_request_decided_by_someone_at_a_time",
                condition=Q(outcome="", decided_at=None, decided_by=None)
                | ~Q(outcome="") & Q(decided_at__isnull=False, decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="privacy_request_identity_checked_by_someone",
                condition=Q(identity="", identity_checked_at=None, identity_checked_by=None)
                | ~Q(identity="")
                & Q(identity_checked_at__isnull=False, identity_checked_by__isnull=False),
            ),
            models.CheckConstraint(
                name="privacy_request_ordered_by_someone_who_knew_them",
                condition=Q(ordered_at=None, ordered_by=None)
                | Q(ordered_at__isnull=False, ordered_by__isnull=False, kind="deletion")
                & ~Q(identity=""),
            ),
        ]

    def __str__(self) -> str:
        return f"privacy request {self.pk}"

    @property
    def is_open(self) -> bool:
        return not self.outcome

    @property
    def is_access(self) -> bool:
        return self.kind in self.ACCESS

    @property
    def is_ordered(self) -> bool:
        """Whether its removal has been ordered, and waits for the worker or is done."""
        return self.ordered_at is not None
