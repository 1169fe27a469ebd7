"""What level of care a qualified person recommends, what was agreed, and the way in.

Each is one transaction. The level is somebody's judgment: nothing here reads findings.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions import local_time
from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.intake import requests
from admissions.intake.models import ConsultationRequest
from programs.models import LevelOfCare
from users.models import User

from . import assessments, rules
from .models import IOP_CODE, Recommendation

Stage, Type = ConsultationRequest.Stage, AuditEvent.Type
RECOMMEND_PERMISSION = "admissions.recommend_care"
ADMISSION_DUE_TIME = time(8)


@dataclass(frozen=True)
class RecommendationInput:
    """What somebody recommends, as they typed it."""

    recommended_level: LevelOfCare
    agreed_level: LevelOfCare | None
    rationale: str
    reason_if_different: str = ""
    is_step_down: bool = False
    immediate_action: str = ""


@transaction.atomic
def record_recommendation(
    *,
    request_id: UUID,
    by: User,
    based_on: int,
    seen: int,
    advice: RecommendationInput,
    because: str = "",
) -> Recommendation:
    """Keep what is recommended and agreed, as the version after `based_on` (0 for the first).

    `seen` is the version of the assessment that they read. ChangedMeanwhile when either is newer.
    """
    credential = rules.require_credential(by, RECOMMEND_PERMISSION)
    request = requests.lock_open_request(request_id)
    assessments.check_latest_version(request.assessments, seen)
    assessments.check_latest_version(request.recommendations, based_on)
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
    requests.set_due_unless_pressing(request, rules.next_business_morning(timezone.now()))
    request.save(update_fields=["stage", "due_at"])

    code = f"version {made.version}"
    request.audit_events.create(type=Type.CARE_RECOMMENDED, actor=by, code=code)
    return made


def check_may_recommend(
    request: ConsultationRequest, advice: RecommendationInput, because: str
) -> None:
    if not request.assessments.exists():
        raise ActionNotAllowed(_("Record the assessment first."))
    if request.stage == Stage.CONSULTATION_SCHEDULED:
        raise ActionNotAllowed(_("A consultation is booked. Record first that it took place."))
    if request.stage != Stage.RECOMMENDATION_MADE and not request.may_become(
        Stage.RECOMMENDATION_MADE
    ):
        raise ActionNotAllowed(_("Log first that you have talked with them."))
    if request.recommendations.exists() and not because:
        raise ActionNotAllowed(_("Say why it is amended."))
    if not advice.rationale:
        raise ActionNotAllowed(_("Say why you recommend it."))
    check_levels(advice)


def check_levels(advice: RecommendationInput) -> None:
    agreed = advice.agreed_level
    if not all(each.is_active for each in (advice.recommended_level, agreed) if each):
        raise ActionNotAllowed(_("That level is no longer in use. Choose another."))
    is_different = agreed is not None and agreed != advice.recommended_level
    if is_different != bool(advice.reason_if_different):
        raise ActionNotAllowed(_("Give a reason where another level was agreed, and only there."))
    if advice.is_step_down and (agreed or advice.recommended_level).code != IOP_CODE:
        raise ActionNotAllowed(_("IOP after residential goes with level 2.1 only."))


@transaction.atomic
def begin_admission(*, request_id: UUID, by: User, on: date | None = None) -> ConsultationRequest:
    """They are to come in: on that day if it is known, else we ask again tomorrow."""
    request = requests.lock_open_request(request_id)
    rules.check_concern_acknowledged(request)
    rules.check_may_admit(request)
    now = timezone.now()
    if on and on < timezone.localdate(now):
        raise ActionNotAllowed(_("That day is over. Choose another."))

    request.move_to(Stage.ADMISSION_PENDING)
    requests.set_due_unless_pressing(
        request, max(morning_of(on or timezone.localdate(now) + rules.DAY), now)
    )
    request.save(update_fields=["stage", "due_at"])

    request.audit_events.create(type=Type.ADMISSION_PREPARED, actor=by)
    return request


def morning_of(on: date) -> datetime:
    return datetime.combine(on, ADMISSION_DUE_TIME, tzinfo=local_time.center_zone())
