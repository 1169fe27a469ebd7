"""What counselors and clinicians record of the interview. Each is one transaction.

Nothing here or elsewhere works out a level of care from what was found: people do.
"""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from . import care, triage
from .models import (
    Acknowledgement,
    Assessment,
    AuditEvent,
    ConsultationRequest,
    Finding,
    MoveNotAllowed,
)

Stage, Type = ConsultationRequest.Stage, AuditEvent.Type
NOT_TALKED_YET = (Stage.NEW, Stage.ATTEMPTING_CONTACT)
ASSESS, ACKNOWLEDGE = "admissions.assess_consultationrequest", "admissions.acknowledge_concern"


class ChangedMeanwhile(Exception):
    """A colleague has saved a newer version than the one on which this is based."""


@dataclass(frozen=True)
class Found:
    """What one dimension showed, as somebody typed it."""

    dimension: int
    concern: str
    source: str
    note: str = ""


@transaction.atomic
def record_assessment(
    *,
    request_id,
    by: User,
    based_on: int,
    findings: list[Found],
    because: str = "",
    has_agreed: bool = False,
) -> Assessment:
    """Keep the six dimensions as a whole, as the version after `based_on` (0 for the first).

    ChangedMeanwhile when a colleague was quicker; nothing is changed then.
    """
    request = triage.open_request(request_id)
    check_is_latest(request.assessments, based_on)
    check_may_record(request, by, findings, because, has_agreed)

    said = {"amended_because": because, "has_agreed": has_agreed}
    assessment = request.assessments.create(
        version=based_on + 1, by=by, credential=care.credential_of(by), **said
    )
    Finding.objects.bulk_create(Finding(assessment=assessment, **vars(each)) for each in findings)
    follow_assessment(request, assessment)
    request.save()

    code = f"version {assessment.version}"
    request.audit_events.create(type=Type.ASSESSMENT_RECORDED, actor=by, code=code)
    return assessment


def check_may_record(request, by, findings, because, has_agreed) -> None:
    if not by.has_perm(ASSESS):
        raise MoveNotAllowed(_("This takes a role that you do not have."))
    if request.stage in NOT_TALKED_YET:
        raise MoveNotAllowed(_("Log first that you have talked with them."))
    if request.is_for_someone_else and not has_agreed:
        raise MoveNotAllowed(_("Talk with the person themselves first; only they can agree."))
    if sorted(each.dimension for each in findings) != Finding.Dimension.values:
        raise MoveNotAllowed(_("All six dimensions are saved together."))
    if request.assessments.exists() and not because:
        raise MoveNotAllowed(_("Say why it is amended."))


def check_is_latest(versions, based_on: int) -> None:
    """Whoever holds the request sees every version; unique keys decide if that ever fails."""
    newest = versions.order_by("-version").values_list("version", flat=True).first() or 0
    if newest != based_on:
        raise ChangedMeanwhile


def follow_assessment(request: ConsultationRequest, assessment: Assessment) -> None:
    """A talk that was not booked has taken place too; a high concern waits for a clinician."""
    now = timezone.now()
    request.concern_open_since = now if assessment.pressing() else None
    if request.stage == Stage.CONTACTED:
        request.move_to(Stage.CONSULTATION_COMPLETED)
    if request.concern_open_since:
        request.due_at = min(request.due_at, now)
    elif request.stage != Stage.CONSULTATION_SCHEDULED:
        triage.fall_due_at(request, care.next_business_day(now))


@transaction.atomic
def acknowledge_concern(*, request_id, by: User, seen: int, action: str) -> Acknowledgement:
    """A clinician has looked at version `seen`, and says what is to be done now."""
    credential = care.must_be_qualified(by, ACKNOWLEDGE)
    request = triage.open_request(request_id)
    check_is_latest(request.assessments, seen)
    if not request.concern_open_since:
        raise MoveNotAllowed(_("No concern waits for a clinician."))
    if not action:
        raise MoveNotAllowed(_("Say what is to be done now."))

    acknowledged = Acknowledgement.objects.create(
        assessment=request.assessments.get(version=seen),
        by=by,
        credential=credential,
        action=action,
    )
    request.concern_open_since = None
    if not request.standing_consultation():
        triage.fall_due_at(request, care.next_business_day(timezone.now()))
    request.save(update_fields=["concern_open_since", "due_at"])

    request.audit_events.create(type=Type.CONCERN_ACKNOWLEDGED, actor=by, code=f"version {seen}")
    return acknowledged
