"""What counselors and clinicians record of the interview. Each is one transaction.

Nothing here or elsewhere works out a level of care from what was found: people do.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Manager
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.alerts import news
from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed, ChangedMeanwhile
from admissions.intake import requests
from admissions.intake.models import ConsultationRequest
from users.models import User

from . import rules
from .models import Acknowledgment, Assessment, Finding, Recommendation

Stage, Type = ConsultationRequest.Stage, AuditEvent.Type
STAGES_BEFORE_CONTACT = (Stage.NEW, Stage.ATTEMPTING_CONTACT)
ASSESS_PERMISSION, ACKNOWLEDGE_PERMISSION = (
    "admissions.assess_consultationrequest",
    "admissions.acknowledge_concern",
)


@dataclass(frozen=True)
class FindingInput:
    """What one dimension showed, as somebody typed it."""

    dimension: int
    concern: str
    source: str
    note: str = ""


@transaction.atomic
def record_assessment(
    *,
    request_id: UUID,
    by: User,
    based_on: int,
    findings: list[FindingInput],
    because: str = "",
    has_agreed: bool = False,
) -> Assessment:
    """Keep the six dimensions as a whole, as the version after `based_on` (0 for the first).

    ChangedMeanwhile when a colleague was quicker; nothing is changed then.
    """
    request = requests.lock_open_request(request_id)
    check_latest_version(request.assessments, based_on)
    check_may_assess(request, by, findings, because, has_agreed)

    assessment = request.assessments.create(
        version=based_on + 1,
        by=by,
        credential=rules.credential_of(by),
        amended_because=because,
        has_agreed=has_agreed,
    )
    Finding.objects.bulk_create(Finding(assessment=assessment, **vars(each)) for each in findings)
    apply_assessment(request, assessment)
    request.save()

    code = f"version {assessment.version}"
    request.audit_events.create(type=Type.ASSESSMENT_RECORDED, actor=by, code=code)

    if request.concern_opened_at:
        news.tell_of_concern(assessment.pk, request.pk, by=by)
    return assessment


def check_may_assess(
    request: ConsultationRequest,
    by: User,
    findings: list[FindingInput],
    because: str,
    has_agreed: bool,
) -> None:
    if not by.has_perm(ASSESS_PERMISSION):
        raise ActionNotAllowed(_("This takes a role that you do not have."))
    if request.stage in STAGES_BEFORE_CONTACT:
        raise ActionNotAllowed(_("Log first that you have talked with them."))
    if request.is_for_someone_else and not has_agreed:
        raise ActionNotAllowed(_("Talk with the person themselves first; only they can agree."))
    if sorted(each.dimension for each in findings) != Finding.Dimension.values:
        raise ActionNotAllowed(_("All six dimensions are saved together."))
    if request.assessments.exists() and not because:
        raise ActionNotAllowed(_("Say why it is amended."))


def check_latest_version(
    versions: Manager[Assessment] | Manager[Recommendation], based_on: int
) -> None:
    """Whoever holds the request sees every version; unique keys decide if that ever fails."""
    newest = versions.order_by("-version").values_list("version", flat=True).first() or 0
    if newest != based_on:
        raise ChangedMeanwhile


def apply_assessment(request: ConsultationRequest, assessment: Assessment) -> None:
    """A talk that was not booked has taken place too; a high concern waits for a clinician."""
    now = timezone.now()
    request.concern_opened_at = now if assessment.pressing_findings() else None
    if request.stage == Stage.CONTACTED:
        request.move_to(Stage.CONSULTATION_COMPLETED)
    if request.concern_opened_at:
        request.due_at = min(request.open_due_at, now)
    elif request.stage != Stage.CONSULTATION_SCHEDULED:
        requests.set_due_unless_pressing(request, rules.next_business_morning(now))


@transaction.atomic
def acknowledge_concern(*, request_id: UUID, by: User, seen: int, action: str) -> Acknowledgment:
    """A clinician has looked at version `seen`, and says what is to be done now."""
    credential = rules.require_credential(by, ACKNOWLEDGE_PERMISSION)
    request = requests.lock_open_request(request_id)
    check_latest_version(request.assessments, seen)
    if not request.concern_opened_at:
        raise ActionNotAllowed(_("No concern waits for a clinician."))
    if not action:
        raise ActionNotAllowed(_("Say what is to be done now."))

    acknowledged = Acknowledgment.objects.create(
        assessment=request.assessments.get(version=seen),
        by=by,
        credential=credential,
        action=action,
    )
    request.concern_opened_at = None
    if not request.standing_consultation():
        requests.set_due_unless_pressing(request, rules.next_business_morning(timezone.now()))
    request.save(update_fields=["concern_opened_at", "due_at"])

    request.audit_events.create(type=Type.CONCERN_ACKNOWLEDGED, actor=by, code=f"version {seen}")
    return acknowledged
