"""What was found in the interview, what is recommended, and where else someone is led.

These rows are added and never changed: an amendment is the next version.
"""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from programs.models import LevelOfCare

from .requests import ConsultationRequest

PERMANENT = pgtrigger.Update | pgtrigger.Delete


class StaffCredential(models.Model):
    """What a member of staff is licensed or certified as, e.g. LAADC or LMFT."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="credentials")
    title = models.CharField(max_length=40, help_text=_("As it is written behind the name."))
    number = models.CharField(max_length=40)
    issuer = models.CharField(max_length=120, blank=True)
    expires_on = models.DateField()

    class Meta:
        verbose_name = _("staff credential")
        ordering = ["user_id", "title"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "title", "number"], name="staff_credential_once"
            )
        ]

    def __str__(self):
        return self.title


class Assessment(models.Model):
    """One interview along the six dimensions of the ASAM Criteria, 4th edition; no score."""

    request = models.ForeignKey(ConsultationRequest, models.PROTECT, related_name="assessments")
    version = models.PositiveIntegerField(help_text=_("From 1; the highest stands."))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    credential = models.ForeignKey(StaffCredential, models.PROTECT, null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)
    amended_because = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["version"]
        permissions = [("assess_consultationrequest", _("Can record assessments"))]
        constraints = [
            models.UniqueConstraint(fields=["request", "version"], name="assessment_version_once"),
            models.CheckConstraint(
                name="assessment_amended_for_a_reason",
                condition=Q(version=1) | ~Q(amended_because=""),
            ),
        ]
        triggers = [pgtrigger.Protect(name="assessment_is_permanent", operation=PERMANENT)]

    def __str__(self):
        return f"assessment {self.pk}"


class Finding(models.Model):
    """What one dimension showed: the concern, in whose words, and a note."""

    class Dimension(models.IntegerChoices):
        WITHDRAWAL = 1, _("Intoxication, withdrawal, and addiction medications")
        BIOMEDICAL = 2, _("Biomedical conditions")
        PSYCHIATRIC = 3, _("Psychiatric and cognitive conditions")
        USE_RISKS = 4, _("Substance use-related risks")
        ENVIRONMENT = 5, _("Recovery environment interactions")
        PERSON = 6, _("Person-centered considerations")

    class Concern(models.TextChoices):
        NONE = "none", _("No concern")
        LOW = "low", _("Low")
        MODERATE = "moderate", _("Moderate")
        HIGH = "high", _("High")
        NEEDS_CLINICIAN = "needs_clinician", _("Needs a clinician")

    class Source(models.TextChoices):
        SELF = "self", _("The person")
        FAMILY = "family", _("Family")
        RECORD = "record", _("Records")

    # A high concern here has to be seen by a clinician before the request may close.
    FOR_CLINICIANS = [Dimension.WITHDRAWAL, Dimension.BIOMEDICAL, Dimension.PSYCHIATRIC]
    HIGH = [Concern.HIGH, Concern.NEEDS_CLINICIAN]

    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="findings")
    dimension = models.PositiveSmallIntegerField(choices=Dimension)
    concern = models.CharField(max_length=20, choices=Concern)
    source = models.CharField(max_length=20, choices=Source)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["dimension"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "dimension"], name="finding_once_per_dimension"
            )
        ]
        triggers = [pgtrigger.Protect(name="finding_is_permanent", operation=PERMANENT)]

    def __str__(self):
        return f"finding {self.pk}"


class Acknowledgement(models.Model):
    """A clinician has seen a high concern of this assessment, and says what is to be done."""

    assessment = models.OneToOneField(Assessment, models.PROTECT, related_name="acknowledgement")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    credential = models.ForeignKey(StaffCredential, models.PROTECT)
    at = models.DateTimeField(default=timezone.now)
    action = models.TextField(blank=True, help_text=_("What is to be done now."))

    class Meta:
        permissions = [("acknowledge_concern", _("Can acknowledge a high concern"))]
        triggers = [pgtrigger.Protect(name="acknowledgement_is_permanent", operation=PERMANENT)]

    def __str__(self):
        return f"acknowledgement {self.pk}"


class Recommendation(models.Model):
    """The level of care a qualified person recommends, and what was agreed."""

    class Different(models.TextChoices):
        PREFERENCE = "preference", _("The person’s preference")
        ACCESS = "access", _("Access: place, time, transport")
        PAYER = "payer", _("Payer")
        CLINICAL = "clinical", _("Clinical")

    request = models.ForeignKey(ConsultationRequest, models.PROTECT, related_name="recommendations")
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="recommendations")
    version = models.PositiveIntegerField(help_text=_("From 1; the highest stands."))
    recommended_level = models.ForeignKey(LevelOfCare, models.PROTECT, related_name="+")
    agreed_level = models.ForeignKey(
        LevelOfCare, models.PROTECT, null=True, blank=True, related_name="+"
    )
    is_step_down = models.BooleanField(
        default=False, help_text=_("IOP after residential, a path of its own.")
    )
    reason_if_different = models.CharField(max_length=20, choices=Different, blank=True)
    rationale = models.TextField()
    immediate_action = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    credential = models.ForeignKey(StaffCredential, models.PROTECT)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["version"]
        permissions = [("recommend_care", _("Can recommend a level of care"))]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "version"], name="recommendation_version_once"
            ),
            models.CheckConstraint(
                name="recommendation_differs_for_a_reason",
                condition=Q(agreed_level=None, reason_if_different="")
                | Q(agreed_level=F("recommended_level"), reason_if_different="")
                | Q(agreed_level__isnull=False)
                & ~Q(agreed_level=F("recommended_level"))
                & ~Q(reason_if_different=""),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="recommendation_is_permanent", operation=PERMANENT),
            pgtrigger.Trigger(
                name="recommendation_by_the_qualified",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM admissions_staffcredential
                        WHERE id = NEW.credential_id AND user_id = NEW.by_id
                            AND expires_on >= (NEW.at AT TIME ZONE 'America/Los_Angeles')::date
                    ) THEN
                        RAISE EXCEPTION 'recommendation_by_the_qualified: the credential is'
                            ' somebody else''s, or has expired';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self):
        return f"recommendation {self.pk}"


class Referral(models.Model):
    """A warm referral: where to, and when somebody there confirmed the hand-over."""

    request = models.ForeignKey(ConsultationRequest, models.PROTECT, related_name="referrals")
    to_whom = models.CharField(max_length=120)
    level = models.ForeignKey(LevelOfCare, models.PROTECT, null=True, blank=True)
    note = models.TextField(blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["made_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="referral_confirmed_by_someone_at_a_time",
                condition=Q(confirmed_at=None, confirmed_by=None)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
            )
        ]

    def __str__(self):
        return f"referral {self.pk}"
