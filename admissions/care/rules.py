"""What is on file of assessment, recommendation and referral, and what that permits."""

from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from admissions import local_time
from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.intake.models import ConsultationRequest
from admissions.scheduling.models import Closure
from programs.models import LevelOfCare
from users.models import User

from .models import Assessment, Recommendation, Referral, StaffCredential

Stage, Disposition = ConsultationRequest.Stage, ConsultationRequest.Disposition
FOLLOW_UP_TIME, DAY = time(10), timedelta(days=1)
# A stretch without any business day means that the closures are wrong; we act all the same.
MAX_DAYS_SEARCHED = 14


def latest_assessment(request: ConsultationRequest) -> Assessment | None:
    return request.assessments.prefetch_related("findings").order_by("-version").first()


def latest_recommendation(request: ConsultationRequest) -> Recommendation | None:
    made = request.recommendations.select_related("agreed_level", "recommended_level")
    return made.order_by("-version").first()


def credential_of(user: User) -> StaffCredential | None:
    """Their own credential that is in date, the one that lasts longest; or None."""
    mine = StaffCredential.objects.in_date(timezone.localdate()).filter(user=user)
    return mine.order_by("-expires_on", "pk").first()


def require_credential(user: User, permission: str) -> StaffCredential:
    """The credential that they sign with, or ActionNotAllowed, which says what is missing."""
    if not user.has_perm(permission):
        raise ActionNotAllowed(_("This takes a role that you do not have."))
    credential = credential_of(user)
    if credential is None:
        raise ActionNotAllowed(
            _("This takes a credential of your own that is in date. Ask the director to enter it.")
        )
    return credential


def check_may_close(request: ConsultationRequest, disposition: str, refer_to: str = "") -> None:
    """May it end like this? For clinicians and admissions, triggers of the database ask too."""
    if disposition != Disposition.SPAM_OR_TEST:
        check_concern_acknowledged(request)
    if disposition in ConsultationRequest.ADMITTED_DISPOSITIONS:
        check_may_admit(request, disposition)
    is_referred = disposition == Disposition.REFERRED_OUT
    if is_referred and not refer_to and not request.referrals.exists():
        raise ActionNotAllowed(_("Say where they are referred to."))


def check_concern_acknowledged(request: ConsultationRequest) -> None:
    if request.concern_opened_at:
        raise ActionNotAllowed(
            _("A clinician must look at this first. It can end once they have said what to do.")
        )


def check_may_admit(request: ConsultationRequest, disposition: str = "") -> Recommendation:
    """The recommendation that an admission rests on; it still stands, and fits."""
    made = latest_recommendation(request)
    if made is None:
        raise ActionNotAllowed(_("Admission needs a recorded recommendation first."))
    if request.stage not in (Stage.RECOMMENDATION_MADE, Stage.ADMISSION_PENDING):
        raise ActionNotAllowed(_("Admission needs a recommendation made since you last talked."))
    if not made.admission_disposition():
        raise ActionNotAllowed(_("No level that we offer here has been agreed."))
    if disposition and disposition != made.admission_disposition():
        raise ActionNotAllowed(_("Another level was agreed. Look at the recommendation again."))
    check_not_outdated(request, made)
    return made


def check_not_outdated(request: ConsultationRequest, made: Recommendation) -> None:
    if is_outdated(request, made):
        raise ActionNotAllowed(
            _("The assessment was amended since. Look at the recommendation again first.")
        )


def is_outdated(request: ConsultationRequest, made: Recommendation) -> bool:
    """Whether the assessment was amended after the recommendation."""
    newer = request.assessments.filter(version__gt=made.assessment.version)
    return newer.exists()


def add_referral(
    request: ConsultationRequest,
    *,
    by: User,
    to_whom: str,
    level: LevelOfCare | None = None,
    note: str = "",
) -> Referral:
    """Where else someone is led; the caller holds the request."""
    referral = request.referrals.create(to_whom=to_whom, made_by=by, level=level, note=note)
    request.audit_events.create(type=AuditEvent.Type.REFERRAL_MADE, actor=by)
    return referral


def next_morning(now: datetime) -> datetime:
    """Ten tomorrow morning by the center's clock: admissions works every day."""
    on = timezone.localdate(now) + DAY
    return datetime.combine(on, FOLLOW_UP_TIME, tzinfo=local_time.center_zone())


def next_business_morning(now: datetime) -> datetime:
    """Ten in the morning of the next weekday on which the center is open, by its clock."""
    zone = local_time.center_zone()
    days = (timezone.localdate(now) + DAY * ahead for ahead in range(1, MAX_DAYS_SEARCHED))
    mornings = [
        datetime.combine(on, FOLLOW_UP_TIME, tzinfo=zone) for on in days if on.weekday() < 5
    ]
    closures = list(Closure.objects.filter(counselor=None, ends_at__gt=now))
    open_ones = (
        at for at in mornings if not any(each.starts_at <= at < each.ends_at for each in closures)
    )
    return next(open_ones, mornings[0])
