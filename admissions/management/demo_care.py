"""Invented people of the demo with whom staff have talked already."""

from datetime import timedelta

from django.utils import timezone

from admissions.care import assessments, recommendations
from admissions.care.models import StaffCredential
from admissions.intake.models import ConsultationRequest
from programs.models import LevelOfCare
from users.models import User

TITLES = {"dana": "LAADC", "sam": "CADC-II", "rosa": "LAADC", "maya": "LMFT"}
# Concern in the dimensions 1 to 6, and a few words to each that has any.
STORIES = {
    "Hana": (
        ["none", "none", "low", "moderate", "low", "none"],
        {
            3: "Sleeps badly.",
            4: "Evenings alone are hard.",
            5: "Lives with her sister.",
        },
    ),
    "Omar": (
        ["low", "none", "none", "moderate", "moderate", "none"],
        {1: "Ten days without; no trouble.", 4: "Friends still drink.", 5: "Shares a flat."},
    ),
    "Wen": (
        ["high", "low", "low", "moderate", "none", "low"],
        {1: "A seizure three years ago after stopping. Last drink this morning."},
    ),
}


def add_credentials() -> None:
    """What the demo's counselors and clinician sign with; it lasts a year."""
    until = timezone.localdate() + timedelta(days=365)
    for user in User.objects.filter(username__in=TITLES):
        StaffCredential.objects.get_or_create(
            user=user,
            title=TITLES[user.username],
            number=f"DEMO-{user.pk:04}",
            defaults={"issuer": "Invented for the demo", "expires_on": until},
        )


def add_assessed_request(name: str, *, email: str) -> None:
    """Someone whose interview is recorded; for Omar it led to a recommendation."""
    dana, now = User.objects.get(username="dana"), timezone.now()
    request = ConsultationRequest.objects.create(
        created_at=now - timedelta(days=2),
        source=ConsultationRequest.Source.CALLBACK,
        stage=ConsultationRequest.Stage.CONTACTED,
        owner=dana,
        claimed_at=now - timedelta(days=2),
        preferred_name=name,
        phone=f"+1714555019{list(STORIES).index(name)}",
        email=email,
        may_call=True,
        may_email=True,
        due_at=now + timedelta(hours=20),
    )
    request.attempts.create(by=dana, at=now - timedelta(hours=20), channel="call", result="reached")
    concerns, notes = STORIES[name]
    findings = [
        assessments.FindingInput(number, concern, "self", notes.get(number, ""))
        for number, concern in enumerate(concerns, start=1)
    ]
    assessments.record_assessment(request_id=request.pk, by=dana, based_on=0, findings=findings)
    if name == "Omar":
        add_recommendation(request, dana)


def add_recommendation(request: ConsultationRequest, by: User) -> None:
    iop = LevelOfCare.objects.get(scheme=LevelOfCare.Scheme.ASAM4, code="2.1")
    advice = recommendations.RecommendationInput(
        recommended_level=iop,
        agreed_level=iop,
        rationale="Home is steady enough, and evenings are free for groups.",
    )
    recommendations.record_recommendation(
        request_id=request.pk, by=by, based_on=0, seen=1, advice=advice
    )
