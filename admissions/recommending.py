"""What level of care a qualified person recommends, what was agreed, and the way in.

Each is one transaction. The level is somebody's judgement: nothing here reads findings.
"""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from programs.models import LevelOfCare

from . import assessing, care, triage
from .models import AuditEvent, ConsultationRequest, MoveNotAllowed, Recommendation
from .models.assessment import IOP

Stage, Type = ConsultationRequest.Stage, AuditEvent.Type
RECOMMEND = "admissions.recommend_care"
FIRST_THING = time(8)


@dataclass(frozen=True)
class Advice:
    """What somebody recommends, as they typed it."""

    recommended_level: LevelOfCare
    agreed_level: LevelOfCare | None
    rationale: str
    reason_if_different: str = ""
    is_step_down: bool = False
    immediate_action: str = ""


@transaction.atomic
def recommend(
    *, request_id, by: User, based_on: int, seen: int, advice: Advice, because: str = ""
) -> Recommendation:
    """Keep what is recommended and agreed, as the version after `based_on` (0 for the first).

    `seen` is the version of the assessment that they read. ChangedMeanwhile when either is newer.
    """
    credential = care.must_be_qualified(by, RECOMMEND)
    request = triage.open_request(request_id)
    assessing.check_is_latest(request.assessments, seen)
    assessing.check_is_latest(request.recommendations, based_on)
    check_may_recommend(request, advice, because)

    made = request.recommendations.create(
        assessment=request.assessments.get(version=seen),
        version=based_on + 1,
        by=by,
        credential=credential,
        amended_because=because,
        **vars(advice),
    )
    if request.stage != Stage.RECOMMENDATION_MADE:
        request.move_to(Stage.RECOMMENDATION_MADE)
    triage.fall_due_at(request, care.next_business_day(timezone.now()))
    request.save(update_fields=["stage", "due_at"])

    code = f"version {made.version}"
    request.audit_events.create(type=Type.CARE_RECOMMENDED, actor=by, code=code)
    return made


def check_may_recommend(request: ConsultationRequest, advice: Advice, because: str) -> None:
    if not request.assessments.exists():
        raise MoveNotAllowed(_("Record the assessment first."))
    if request.stage == Stage.CONSULTATION_SCHEDULED:
        raise MoveNotAllowed(_("A consultation is booked. Record first that it took place."))
    if request.stage != Stage.RECOMMENDATION_MADE and not request.may_become(
        Stage.RECOMMENDATION_MADE
    ):
        raise MoveNotAllowed(_("Log first that you have talked with them."))
    if request.recommendations.exists() and not because:
        raise MoveNotAllowed(_("Say why it is amended."))
    if not advice.rationale:
        raise MoveNotAllowed(_("Say why you recommend it."))
    check_levels(advice)


def check_levels(advice: Advice) -> None:
    agreed = advice.agreed_level
    if not all(each.is_active for each in (advice.recommended_level, agreed) if each):
        raise MoveNotAllowed(_("That level is no longer in use. Choose another."))
    is_different = agreed is not None and agreed != advice.recommended_level
    if is_different != bool(advice.reason_if_different):
        raise MoveNotAllowed(_("Give a reason where another level was agreed, and only there."))
    if advice.is_step_down and (agreed or advice.recommended_level).code != IOP:
        raise MoveNotAllowed(_("IOP after residential goes with level 2.1 only."))


@transaction.atomic
def begin_admission(*, request_id, by: User, on: date | None = None) -> ConsultationRequest:
    """They are to come in: on that day if it is known, else we ask again tomorrow."""
    request = triage.open_request(request_id)
    care.check_clinician_has_looked(request)
    care.check_admission(request)
    now = timezone.now()
    if on and on < timezone.localdate(now):
        raise MoveNotAllowed(_("That day is over. Choose another."))

    request.move_to(Stage.ADMISSION_PENDING)
    triage.fall_due_at(request, max(morning_of(on or timezone.localdate(now) + care.DAY), now))
    request.save(update_fields=["stage", "due_at"])

    request.audit_events.create(type=Type.ADMISSION_PREPARED, actor=by)
    return request


def morning_of(on: date) -> datetime:
    return datetime.combine(on, FIRST_THING, tzinfo=timezone.get_default_timezone())
