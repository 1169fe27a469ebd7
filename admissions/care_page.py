"""What the pages of assessment and recommendation show, and what everyone sees of it."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from . import care, desk
from .models import Assessment, ConsultationRequest, Finding, Recommendation, Referral

SEE = "admissions.view_assessment"


@dataclass(frozen=True)
class Interview:
    """One version of the assessment with its findings, and whether a clinician has looked."""

    assessment: Assessment
    signed: str
    findings: list[Finding]
    is_pressing: bool
    acknowledged: str
    action: str


@dataclass(frozen=True)
class Handover:
    """A referral: where to, since when, and since when it is confirmed."""

    referral: Referral
    made: str
    confirmed: str


def interviews(request: ConsultationRequest) -> list[Interview]:
    """Every version, the one that stands first."""
    rows = request.assessments.select_related(
        "by", "credential", "acknowledgement__by", "acknowledgement__credential"
    )
    rows = rows.prefetch_related("findings").order_by("-version")
    return [interview(each) for each in rows]


def interview(assessment: Assessment) -> Interview:
    seen = getattr(assessment, "acknowledgement", None)
    return Interview(
        assessment=assessment,
        signed=signed(assessment),
        findings=list(assessment.findings.all()),
        is_pressing=bool(assessment.pressing()),
        acknowledged=signed(seen) if seen else "",
        action=seen.action if seen else "",
    )


def recommendations(request: ConsultationRequest) -> list[tuple[Recommendation, str]]:
    """Every version with who signed it, the one that stands first."""
    rows = request.recommendations.select_related(
        "by", "credential", "recommended_level", "agreed_level", "assessment"
    )
    return [(each, signed(each)) for each in rows.order_by("-version")]


def signed(row) -> str:
    """By whom, as what, and when: Dana R., LAADC, Tue, Nov 24, 2:11 pm."""
    who = desk.staff_name(row.by)
    if row.credential:
        who = f"{who}, {row.credential.title}"
    return f"{who}, {desk.full_clock(row.at)}"


def handovers(request: ConsultationRequest, *, with_notes: bool) -> list[Handover]:
    """Where else they were led; the notes stay unread where they are not shown."""
    rows = request.referrals.select_related("level", "made_by", "confirmed_by")
    return [handover(each) for each in (rows if with_notes else rows.defer("note"))]


def handover(referral: Referral) -> Handover:
    confirmed = ""
    if referral.confirmed_at:
        who, at = desk.staff_name(referral.confirmed_by), desk.full_clock(referral.confirmed_at)
        confirmed = f"{who}, {at}"
    made = f"{desk.staff_name(referral.made_by)}, {desk.full_clock(referral.made_at)}"
    return Handover(referral, made, confirmed)


def summary(request: ConsultationRequest, *, by: User) -> dict:
    """What all who work on requests see: that it was done, and the level agreed. No text of it."""
    assessment = request.assessments.select_related("by", "credential").last()
    made = care.latest_recommendation(request)
    return {
        "may_see": by.has_perm(SEE),
        "assessed": signed(assessment) if assessment else "",
        "recommended": agreed_words(made) if made else "",
        "is_outdated": bool(made and care.is_outdated(request, made)),
        "admits_to": made.admits_to() if made else "",
        "waits_for_clinician": bool(request.concern_open_since and not request.is_closed),
        "handovers": handovers(request, with_notes=False),
    }


def agreed_words(made: Recommendation) -> str:
    """The level agreed, as much of a recommendation as everyone may know."""
    if made.agreed_level is None:
        return _("nothing agreed yet")
    words = _("%(level)s agreed") % {"level": made.agreed_level}
    return _("%(words)s, after residential") % {"words": words} if made.is_step_down else words


def since_words(request: ConsultationRequest, now: datetime) -> str:
    at = request.concern_open_since
    return desk.clock(at, now) if at else ""
