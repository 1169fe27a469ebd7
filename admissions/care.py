"""What is on file of assessment, recommendation and referral, and what that permits."""

from datetime import datetime, time, timedelta

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import (
    Assessment,
    AuditEvent,
    Closure,
    ConsultationRequest,
    MoveNotAllowed,
    Recommendation,
    Referral,
    StaffCredential,
)

Stage, Disposition = ConsultationRequest.Stage, ConsultationRequest.Disposition
MORNING, DAY = time(10), timedelta(days=1)
# A stretch without any business day means that the closures are wrong; we act all the same.
FURTHEST = 14


def latest_assessment(request: ConsultationRequest) -> Assessment | None:
    return request.assessments.prefetch_related("findings").order_by("-version").first()


def latest_recommendation(request: ConsultationRequest) -> Recommendation | None:
    made = request.recommendations.select_related("agreed_level", "recommended_level")
    return made.order_by("-version").first()


def credential_of(user: User) -> StaffCredential | None:
    """Their own credential that is in date, the one that lasts longest; or None."""
    mine = StaffCredential.objects.in_date(timezone.localdate()).filter(user=user)
    return mine.order_by("-expires_on", "pk").first()


def must_be_qualified(user: User, permission: str) -> StaffCredential:
    """The credential that they sign with, or MoveNotAllowed, which says what is missing."""
    if not user.has_perm(permission):
        raise MoveNotAllowed(_("This takes a role that you do not have."))
    credential = credential_of(user)
    if credential is None:
        raise MoveNotAllowed(
            _("This takes a credential of your own that is in date. Ask the director to enter it.")
        )
    return credential


def check_closing(request: ConsultationRequest, disposition: str, refer_to: str = "") -> None:
    """May it end like this? For clinicians and admissions, triggers of the database ask too."""
    if disposition != Disposition.SPAM_OR_TEST:
        check_clinician_has_looked(request)
    if disposition in ConsultationRequest.ADMITTED:
        check_admission(request, disposition)
    is_referred = disposition == Disposition.REFERRED_OUT
    if is_referred and not refer_to and not request.referrals.exists():
        raise MoveNotAllowed(_("Say where they are referred to."))


def check_clinician_has_looked(request: ConsultationRequest) -> None:
    if request.concern_open_since:
        raise MoveNotAllowed(
            _("A clinician must look at this first. It can end once they have said what to do.")
        )


def check_admission(request: ConsultationRequest, disposition: str = "") -> Recommendation:
    """The recommendation that an admission rests on; it still stands, and fits."""
    made = latest_recommendation(request)
    if made is None:
        raise MoveNotAllowed(_("Admission needs a recorded recommendation first."))
    if request.stage not in (Stage.RECOMMENDATION_MADE, Stage.ADMISSION_PENDING):
        raise MoveNotAllowed(_("Admission needs a recommendation made since you last talked."))
    if not made.admits_to():
        raise MoveNotAllowed(_("No level that we offer here has been agreed."))
    if disposition and disposition != made.admits_to():
        raise MoveNotAllowed(_("Another level was agreed. Look at the recommendation again."))
    check_rests_on_latest(request, made)
    return made


def check_rests_on_latest(request: ConsultationRequest, made: Recommendation) -> None:
    if is_outdated(request, made):
        raise MoveNotAllowed(
            _("The assessment was amended since. Look at the recommendation again first.")
        )


def is_outdated(request: ConsultationRequest, made: Recommendation) -> bool:
    """Whether the assessment was amended after the recommendation."""
    newer = request.assessments.filter(version__gt=made.assessment.version)
    return newer.exists()


def add_referral(request: ConsultationRequest, *, by: User, to_whom: str, **columns) -> Referral:
    """Where else someone is led; the caller holds the request."""
    referral = request.referrals.create(to_whom=to_whom, made_by=by, **columns)
    request.audit_events.create(type=AuditEvent.Type.REFERRAL_MADE, actor=by)
    return referral


def next_day(now: datetime) -> datetime:
    """Ten tomorrow morning by the centre's clock: admissions works every day."""
    on = timezone.localdate(now) + DAY
    return datetime.combine(on, MORNING, tzinfo=timezone.get_default_timezone())


def next_business_day(now: datetime) -> datetime:
    """Ten in the morning of the next weekday on which the centre is open, by its clock."""
    zone = timezone.get_default_timezone()
    days = (timezone.localdate(now) + DAY * ahead for ahead in range(1, FURTHEST))
    mornings = [datetime.combine(on, MORNING, tzinfo=zone) for on in days if on.weekday() < 5]
    closures = list(Closure.objects.filter(counselor=None, ends_at__gt=now))
    open_ones = (
        at for at in mornings if not any(each.starts_at <= at < each.ends_at for each in closures)
    )
    return next(open_ones, mornings[0])
