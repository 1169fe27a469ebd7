"""What the pages of assessment and recommendation show, and what everyone sees of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.utils.translation import gettext as _

from admissions import formatting, staff_formatting
from admissions.care import rules
from admissions.care.models import (
    Acknowledgment,
    Assessment,
    Finding,
    Recommendation,
    Referral,
)
from admissions.intake.models import ConsultationRequest
from users.models import User

VIEW_PERMISSION = "admissions.view_assessment"


@dataclass(frozen=True)
class AssessmentVersion:
    """One version of the assessment with its findings, and whether a clinician has looked."""

    assessment: Assessment
    signed: str
    findings: list[Finding]
    is_pressing: bool
    acknowledged: str
    action: str


@dataclass(frozen=True)
class ReferralSummary:
    """A referral: where to, since when, and since when it is confirmed."""

    referral: Referral
    made: str
    confirmed: str


def assessment_versions(request: ConsultationRequest) -> list[AssessmentVersion]:
    """Every version, the one that stands first."""
    rows = request.assessments.select_related(
        "by", "credential", "acknowledgment__by", "acknowledgment__credential"
    )
    rows = rows.prefetch_related("findings").order_by("-version")
    return [assessment_version(each) for each in rows]


def assessment_version(assessment: Assessment) -> AssessmentVersion:
    seen = getattr(assessment, "acknowledgment", None)
    return AssessmentVersion(
        assessment=assessment,
        signed=signature_line(assessment),
        findings=list(assessment.findings.all()),
        is_pressing=bool(assessment.pressing_findings()),
        acknowledged=signature_line(seen) if seen else "",
        action=seen.action if seen else "",
    )


def recommendation_versions(request: ConsultationRequest) -> list[tuple[Recommendation, str]]:
    """Every version with who signed it, the one that stands first."""
    rows = request.recommendations.select_related(
        "by", "credential", "recommended_level", "agreed_level", "assessment"
    )
    return [(each, signature_line(each)) for each in rows.order_by("-version")]


def signature_line(row: Assessment | Recommendation | Acknowledgment) -> str:
    """By whom, as what, and when: Dana R., LAADC, Tue, Nov 24, 2:11 pm."""
    who = formatting.staff_name(row.by)
    if row.credential:
        who = f"{who}, {row.credential.title}"
    return f"{who}, {staff_formatting.format_date_and_time(row.at)}"


def referral_summaries(request: ConsultationRequest, *, with_notes: bool) -> list[ReferralSummary]:
    """Where else they were led; the notes stay unread where they are not shown."""
    rows = request.referrals.select_related("level", "made_by", "confirmed_by")
    return [referral_summary(each) for each in (rows if with_notes else rows.defer("note"))]


def referral_summary(referral: Referral) -> ReferralSummary:
    confirmed = ""
    if referral.confirmed_at:
        who, at = (
            formatting.staff_name(cast(User, referral.confirmed_by)),
            staff_formatting.format_date_and_time(referral.confirmed_at),
        )
        confirmed = f"{who}, {at}"
    at = staff_formatting.format_date_and_time(referral.made_at)
    made = f"{formatting.staff_name(referral.made_by)}, {at}"
    return ReferralSummary(referral, made, confirmed)


def care_summary(request: ConsultationRequest, *, by: User) -> dict:
    """What all who work on requests see: that it was done, and the level agreed. No text of it."""
    assessment = request.assessments.select_related("by", "credential").last()
    made = rules.latest_recommendation(request)
    return {
        "may_see": by.has_perm(VIEW_PERMISSION),
        "assessed": signature_line(assessment) if assessment else "",
        "recommended": describe_agreed_level(made) if made else "",
        "is_outdated": bool(made and rules.is_outdated(request, made)),
        "admission_disposition": made.admission_disposition() if made else "",
        "waits_for_clinician": bool(request.concern_opened_at and not request.is_closed),
        "handovers": referral_summaries(request, with_notes=False),
    }


def describe_agreed_level(made: Recommendation) -> str:
    """The level agreed, as much of a recommendation as everyone may know."""
    if made.agreed_level is None:
        return _("nothing agreed yet")
    words = _("%(level)s agreed") % {"level": made.agreed_level}
    return _("%(words)s, after residential") % {"words": words} if made.is_step_down else words


def describe_concern_since(request: ConsultationRequest, now: datetime) -> str:
    at = request.concern_opened_at
    return staff_formatting.format_short_datetime(at, now) if at else ""


def has_urgent_finding(assessment: Assessment) -> bool:
    """What was found about the mind or about danger to life asks for a clinician at once."""
    found = assessment.findings.all()
    return any(
        each.dimension == Finding.Dimension.PSYCHIATRIC
        and each.concern == Finding.Concern.NEEDS_CLINICIAN
        for each in found
    )
