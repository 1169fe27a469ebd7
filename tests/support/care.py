"""Counselors and clinicians who may sign, and what they find, recommend and agree."""

from datetime import UTC, date, datetime

from admissions.care import assessments, recommendations
from admissions.care.models import StaffCredential
from admissions.intake.models import ConsultationRequest
from programs.models import LevelOfCare
from users.models import User

from .factories import make_request, make_user

# A Tuesday, 2:11 pm in California; the next business day is a Wednesday.
NOW = datetime(2026, 11, 24, 22, 11, tzinfo=UTC)
TOMORROW_AT_TEN = datetime(2026, 11, 25, 18, tzinfo=UTC)
CANARY = "CANARY drank a bottle a day, shakes in the morning"
Stage = ConsultationRequest.Stage


def level(code: str, scheme: str = "ASAM4") -> LevelOfCare:
    return LevelOfCare.objects.get(scheme=scheme, code=code)


def make_signing(role: str = "counselor", *, until=date(2027, 6, 30), **columns) -> User:
    """Somebody of this role with a credential of their own."""
    user = make_user(role, **columns)
    title = "LMFT" if role == "clinician" else "LAADC"
    StaffCredential.objects.create(
        user=user, title=title, number=f"X{user.pk}", issuer="The board", expires_on=until
    )
    return user


def make_talked(stage=Stage.CONSULTATION_COMPLETED, **columns) -> ConsultationRequest:
    """Somebody with whom we have talked, due tomorrow."""
    return make_request(stage=stage, **{"due_at": TOMORROW_AT_TEN} | columns)


def findings(note: str = "", **concerns) -> list[assessments.FindingInput]:
    """All six dimensions, without concern but where said, e.g. d1="high"."""
    return [
        assessments.FindingInput(number, concerns.get(f"d{number}", "none"), "self", note)
        for number in range(1, 7)
    ]


def assess(request, by, *, based_on=0, **options):
    found = {name: options.pop(name) for name in list(options) if name[0] == "d" and len(name) == 2}
    return assessments.record_assessment(
        request_id=request.pk,
        by=by,
        based_on=based_on,
        findings=findings(options.pop("note", ""), **found),
        because=options.pop("because", "We talked again" if based_on else ""),
        **options,
    )


def acknowledge(request, by, *, seen=1, action="Seen today by the doctor"):
    return assessments.acknowledge_concern(request_id=request.pk, by=by, seen=seen, action=action)


def advice(recommended="2.1", agreed="2.1", **columns) -> recommendations.RecommendationInput:
    columns.setdefault("rationale", "Stable home, evenings free")
    return recommendations.RecommendationInput(
        recommended_level=level(recommended), agreed_level=level(agreed) if agreed else None,
        **columns,
    )  # fmt: skip


def recommend(request, by, made=None, *, based_on=0, seen=1, because=None):
    if because is None:
        because = "They thought it over" if based_on else ""
    return recommendations.record_recommendation(
        request_id=request.pk, by=by, based_on=based_on, seen=seen, advice=made or advice(),
        because=because,
    )  # fmt: skip


def acts(request) -> list[str]:
    """The type of every audit event, oldest first."""
    return list(request.audit_events.values_list("type", flat=True))


def stored(request) -> dict:
    return ConsultationRequest.objects.filter(pk=request.pk).values().get()
