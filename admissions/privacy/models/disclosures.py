"""To whom outside the center something about a person was told."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions.append_only import PermanentButForTexts, forbid_truncate
from admissions.care.models import Referral
from admissions.encryption import EncryptedTextField
from admissions.intake.models import ConsultationRequest


class Disclosure(models.Model):
    """One disclosure, as the accounting of 45 CFR 164.528 and 42 CFR Part 2 asks for it."""

    class Category(models.TextChoices):
        CONTACT = "contact", _("That they asked us, name, contact details")
        APPOINTMENTS = "appointments", _("Appointments and attendance")
        ASSESSMENT = "assessment", _("Assessment and recommendation")
        INSURANCE = "insurance", _("Insurance")
        NOTES = "notes", _("Notes and correspondence")

    class Basis(models.TextChoices):
        CONSENT = "consent", _("Written consent, on paper")
        EMERGENCY = "emergency", _("Medical emergency")
        COURT = "court", _("Court order or subpoena, through counsel")
        OVERSIGHT = "oversight", _("Audit, evaluation or oversight")
        CHILD_PROTECTION = "child_protection", _("Mandated report to child protection")
        CRIME = "crime", _("Crime on the premises or against staff")
        OTHER = "other", _("Another basis, through counsel")
        NOT_STATED = "not_stated", _("Not stated: taken over from a referral")

    request = models.ForeignKey(ConsultationRequest, models.PROTECT, related_name="disclosures")
    referral = models.OneToOneField(
        Referral, models.PROTECT, null=True, blank=True, related_name="disclosure"
    )
    disclosed_at = models.DateTimeField()
    to_whom = EncryptedTextField()
    purpose = EncryptedTextField()
    categories = ArrayField(models.CharField(max_length=20, choices=Category))
    basis = models.CharField(max_length=20, choices=Basis)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        help_text=_("Empty: the system."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("disclosure")
        default_permissions = ("view", "add")
        ordering = ["-disclosed_at", "-pk"]
        indexes = [models.Index(fields=["-disclosed_at", "-id"], name="disclosure_by_time")]
        constraints = [
            models.CheckConstraint(
                name="disclosure_tells_something", condition=Q(categories__len__gt=0)
            ),
        ]
        triggers = [
            PermanentButForTexts(name="disclosure_is_permanent", texts=["to_whom", "purpose"]),
            forbid_truncate("disclosure_is_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"disclosure {self.pk}"

    @property
    def category_names(self) -> list[str]:
        return [str(self.Category(each).label) for each in self.categories]
