"""How far care has come for a request, in words: what waits, for whom. Codes only, no findings."""

from django.utils.translation import gettext as _

from admissions.intake.models import ConsultationRequest
from admissions.intake.related_rows import read_related

from .models import BenefitsVerification, Referral

Stage, Status = ConsultationRequest.Stage, BenefitsVerification.Status


def find_unconfirmed_referral(request: ConsultationRequest) -> Referral | None:
    """The first hand-over that nobody there has confirmed."""
    return next(
        (each for each in read_related(request, "referrals") if each.confirmed_at is None), None
    )


def get_verification(request: ConsultationRequest) -> BenefitsVerification | None:
    return getattr(request, "benefits", None)


def insurance_status(request: ConsultationRequest) -> str:
    """The side status of insurance, small; an empty string where nobody asked."""
    benefits = get_verification(request)
    return str(Status(benefits.status).label) if benefits else ""


def needs_insurance_details(request: ConsultationRequest) -> bool:
    benefits = get_verification(request)
    return benefits is not None and benefits.status == Status.INFO_NEEDED


def name_care_due_item(request: ConsultationRequest) -> str:
    """The next thing that care asks of us, as what falls due; or an empty string."""
    if find_unconfirmed_referral(request):
        return _("Word from where we referred them")
    if request.stage == Stage.CONSULTATION_COMPLETED:
        return _("Recommendation") if read_related(request, "assessments") else _("Assessment")
    names: dict[str, str] = {
        Stage.RECOMMENDATION_MADE: _("Agreement on the next step"),
        Stage.ADMISSION_PENDING: _("Admission"),
    }
    if request.stage in names:
        return names[request.stage]
    return _("Insurance details") if needs_insurance_details(request) else ""


def name_care_action(request: ConsultationRequest, ways: str) -> str:
    """The same as something to do; `ways` says how we may reach the person."""
    if find_unconfirmed_referral(request):
        return _("Confirm the hand-over")
    if request.stage == Stage.CONSULTATION_COMPLETED:
        return (
            _("Recommend care")
            if read_related(request, "assessments")
            else _("Record the assessment")
        )
    names: dict[str, str] = {
        Stage.RECOMMENDATION_MADE: _("%(ways)s: agree what comes next") % {"ways": ways},
        Stage.ADMISSION_PENDING: _("Settle the admission"),
    }
    if request.stage in names:
        return names[request.stage]
    if needs_insurance_details(request):
        return _("%(ways)s: ask for insurance details") % {"ways": ways}
    return ""
