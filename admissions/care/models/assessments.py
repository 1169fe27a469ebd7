"""What was found in the interview, what is recommended, and where else someone is led.

These rows are added and never changed: an amendment is the next version.
"""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions.append_only import PermanentButForTexts, forbid_truncate
from admissions.encryption import EncryptedTextField
from admissions.intake.models import ConsultationRequest, Disposition
from programs.models import LevelOfCare

from .credentials import CREDENTIAL_CHECK_SQL, StaffCredential

# The levels as both schemes name them: 2.1 is IOP, and all of 3 are residential.
IOP_CODE, RESIDENTIAL_PREFIX = "2.1", "3."
REQUEST_OF_ASSESSMENT = (
    "(SELECT request_id FROM admissions_assessment WHERE id = NEW.assessment_id)"
)


def require_amendment_reason(name: str) -> pgtrigger.Trigger:
    """Refuses a later version without a reason. A trigger on INSERT, as a check constraint would
    also hold when the reason is emptied with all that was written about a person.
    """
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=f"""
            IF NEW.version > 1 AND NEW.amended_because = '' THEN
                RAISE EXCEPTION '{name}: say why' USING ERRCODE = 'check_violation',
                    CONSTRAINT = '{name}';
            END IF;
            RETURN NEW;
        """,
    )


class Assessment(models.Model):
    """One interview along the six dimensions of the ASAM Criteria, 4th edition; no score."""

    request = models.ForeignKey(ConsultationRequest, models.PROTECT, related_name="assessments")
    version = models.PositiveIntegerField(help_text=_("From 1; the highest stands."))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    credential = models.ForeignKey(StaffCredential, models.PROTECT, null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)
    amended_because = EncryptedTextField(max_length=200, blank=True)
    has_agreed = models.BooleanField(
        default=False, help_text=_("Where someone else asked: the person themselves agreed to it.")
    )

    class Meta:
        ordering = ["version"]
        permissions = [("assess_consultationrequest", _("Can record assessments"))]
        constraints = [
            models.UniqueConstraint(fields=["request", "version"], name="assessment_version_once"),
        ]
        triggers = [
            PermanentButForTexts(name="assessment_is_permanent", texts=["amended_because"]),
            forbid_truncate("assessment_is_never_emptied"),
            require_amendment_reason("assessment_amended_for_a_reason"),
        ]

    def __str__(self) -> str:
        return f"assessment {self.pk}"

    def pressing_findings(self) -> list["Finding"]:
        """What a clinician has to look at: high concern in the dimensions 1 to 3."""
        return [each for each in self.findings.all() if each.is_pressing]


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
    note = EncryptedTextField(blank=True)

    class Meta:
        ordering = ["dimension"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "dimension"], name="finding_once_per_dimension"
            )
        ]
        triggers = [
            PermanentButForTexts(
                name="finding_is_permanent", texts=["note"], request=REQUEST_OF_ASSESSMENT
            ),
            forbid_truncate("finding_is_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"finding {self.pk}"

    @property
    def is_pressing(self) -> bool:
        return self.dimension in self.FOR_CLINICIANS and self.concern in self.HIGH


class Acknowledgment(models.Model):
    """A clinician has seen a high concern of this assessment, and says what is to be done."""

    assessment = models.OneToOneField(Assessment, models.PROTECT, related_name="acknowledgment")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    credential = models.ForeignKey(StaffCredential, models.PROTECT)
    at = models.DateTimeField(default=timezone.now)
    action = EncryptedTextField(help_text=_("What is to be done now."))

    class Meta:
        permissions = [("acknowledge_concern", _("Can acknowledge a high concern"))]
        triggers = [
            PermanentButForTexts(
                name="acknowledgment_is_permanent", texts=["action"], request=REQUEST_OF_ASSESSMENT
            ),
            forbid_truncate("acknowledgment_is_never_emptied"),
            pgtrigger.Trigger(
                name="acknowledgment_by_the_qualified",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=CREDENTIAL_CHECK_SQL.replace("%s", "acknowledgment_by_the_qualified"),
            ),
        ]

    def __str__(self) -> str:
        return f"acknowledgment {self.pk}"


class Recommendation(models.Model):
    """The level of care a qualified person recommends, and what was agreed."""

    class DifferenceReason(models.TextChoices):
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
    reason_if_different = models.CharField(max_length=20, choices=DifferenceReason, blank=True)
    rationale = EncryptedTextField()
    immediate_action = EncryptedTextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    credential = models.ForeignKey(StaffCredential, models.PROTECT)
    at = models.DateTimeField(default=timezone.now)
    amended_because = EncryptedTextField(max_length=200, blank=True)

    class Meta:
        ordering = ["version"]
        indexes = [models.Index("at", name="recommendation_by_time")]
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
            PermanentButForTexts(
                name="recommendation_is_permanent",
                texts=["rationale", "immediate_action", "amended_because"],
            ),
            forbid_truncate("recommendation_is_never_emptied"),
            require_amendment_reason("recommendation_amended_for_a_reason"),
            pgtrigger.Trigger(
                name="recommendation_by_the_qualified",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=CREDENTIAL_CHECK_SQL.replace("%s", "recommendation_by_the_qualified"),
            ),
            pgtrigger.Trigger(
                name="recommendation_rests_on_its_own",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM admissions_assessment
                        WHERE id = NEW.assessment_id AND request_id = NEW.request_id
                    ) THEN
                        RAISE EXCEPTION 'recommendation_rests_on_its_own: the assessment is of'
                            ' another request';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"recommendation {self.pk}"

    def admission_disposition(self) -> str:
        """The disposition that fits what was agreed, or an empty string; a trigger holds it too."""
        level = self.agreed_level
        if level is None or not level.is_offered_here:
            return ""
        if level.code == IOP_CODE:
            return Disposition.ADMITTED_STEP_DOWN if self.is_step_down else Disposition.ADMITTED_IOP
        is_residential = level.code.startswith(RESIDENTIAL_PREFIX) and not self.is_step_down
        return Disposition.ADMITTED_RESIDENTIAL if is_residential else ""
