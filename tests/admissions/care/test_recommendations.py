"""A level is recommended by the qualified and agreed with the person; only then comes admission."""

import ast
import inspect
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from admissions import exceptions
from admissions.admin.care import forms
from admissions.audit.models import AuditEvent
from admissions.care import recommendations, rules
from admissions.care.models import Recommendation, StaffCredential
from admissions.intake.models import ConsultationRequest
from admissions.messaging.models import Message
from admissions.scheduling.models import Closure
from admissions.triage import outcomes
from programs.models import LevelOfCare
from tests.support.care import (
    CANARY,
    NOW,
    TOMORROW_AT_TEN,
    Stage,
    acknowledge,
    acts,
    advice,
    assess,
    level,
    make_signing,
    make_talked,
    recommend,
    stored,
)
from tests.support.factories import make_user
from tests.support.rows import refused

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]
Type = AuditEvent.Type
ADMITTED = ["admitted_iop", "admitted_residential", "admitted_iop_step_down"]


@pytest.fixture
def dana():
    return make_signing()


@pytest.fixture
def assessed(dana):
    """Somebody whose interview is recorded."""
    request = make_talked()
    assess(request, dana)
    return request


def close(request, disposition, by=None):
    by = by or make_user("coordinator")
    outcomes.close_request(request_id=request.pk, by=by, disposition=disposition, reason="")


def begin(request, by, on=None):
    recommendations.begin_admission(request_id=request.pk, by=by, on=on)


def test_recommendation_keeps_both_levels_by_whom_and_as_what(assessed, dana):
    made = recommend(
        assessed, dana, advice("3.5", "2.1", reason_if_different="access", rationale=CANARY)
    )

    assessed.refresh_from_db()
    assert (made.version, made.recommended_level, made.agreed_level, made.rationale) == (
        1, level("3.5"), level("2.1"), CANARY,
    )  # fmt: skip
    assert (made.by, made.credential.title, made.assessment.version) == (dana, "LAADC", 1)
    assert (assessed.stage, assessed.due_at) == (Stage.RECOMMENDATION_MADE, TOMORROW_AT_TEN)
    assert acts(assessed) == [Type.ASSESSMENT_RECORDED, Type.CARE_RECOMMENDED]


def test_recommendation_takes_the_role_and_a_credential_in_date(assessed):
    nobody = [
        make_user("coordinator"),
        make_signing("director"),
        make_user("counselor"),
        make_signing("counselor", until=date(2026, 11, 23)),
        make_user(None, is_superuser=True),
    ]
    before = stored(assessed)

    answers = [refused(lambda by=by: recommend(assessed, by))[:14] for by in nobody]

    role, credential = "This takes a r", "This takes a c"
    assert answers == [role, role, credential, credential, credential]
    assert (stored(assessed), Recommendation.objects.count()) == (before, 0)


def test_credential_is_good_on_its_last_day(assessed):
    assert recommend(assessed, make_signing(until=date(2026, 11, 24))).version == 1


def test_database_refuses_a_recommendation_with_a_credential_of_somebody_else(assessed):
    theirs = StaffCredential.objects.first()

    with pytest.raises(DatabaseError, match="recommendation_by_the_qualified"):
        assessed.recommendations.create(
            assessment=assessed.assessments.get(), version=1, recommended_level=level("2.1"),
            rationale="So", by=make_user("counselor"), credential=theirs,
        )  # fmt: skip


def test_database_refuses_a_recommendation_that_rests_on_another_request(assessed, dana):
    with pytest.raises(DatabaseError, match="recommendation_rests_on_its_own"):
        make_talked().recommendations.create(
            assessment=assessed.assessments.get(), version=1, recommended_level=level("2.1"),
            rationale="So", by=dana, credential=StaffCredential.objects.get(user=dana),
        )  # fmt: skip


def test_recommendation_needs_an_assessment(dana):
    request = make_talked()

    assert refused(lambda: recommend(request, dana, seen=0)) == "Record the assessment first."


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"reason_if_different": "payer"}, "Give a reason where another level was agreed"),
        ({"recommended": "3.5"}, "Give a reason where another level was agreed"),
        ({"recommended": "3.5", "agreed": "3.5", "is_step_down": True}, "IOP after residential"),
        ({"rationale": ""}, "Say why you recommend it."),
    ],
)
def test_recommendation_that_contradicts_itself_is_refused(assessed, dana, made, words):
    assert refused(lambda: recommend(assessed, dana, advice(**made))).startswith(words)
    assert Recommendation.objects.count() == 0


def test_level_out_of_use_is_refused(assessed, dana):
    LevelOfCare.objects.filter(code="2.5").update(is_active=False)

    words = refused(lambda: recommend(assessed, dana, advice("2.5", "2.5")))

    assert words == "That level is no longer in use. Choose another."


def test_amended_recommendation_is_the_next_version_with_its_reason(assessed, dana):
    first = recommend(assessed, dana, advice("3.5", None))

    assert refused(lambda: recommend(assessed, dana, based_on=1, because="")) == (
        "Say why it is amended."
    )
    second = recommend(assessed, dana, based_on=1)

    first.refresh_from_db()
    assert (first.agreed_level, second.version) == (None, 2)


def test_recommendation_on_an_assessment_amended_meanwhile_is_told(assessed, dana):
    assess(assessed, dana, based_on=1)

    with pytest.raises(exceptions.ChangedMeanwhile):
        recommend(assessed, dana, seen=1)


def test_reopened_request_goes_on_from_the_interview_on_file(dana):
    request = make_talked(Stage.CONTACTED)
    assess(request, dana)
    ConsultationRequest.objects.filter(pk=request.pk).update(
        stage="closed", closed_at=NOW, due_at=None, disposition="withdrawn"
    )
    ConsultationRequest.objects.filter(pk=request.pk).update(
        stage="contacted", closed_at=None, due_at=NOW, disposition=""
    )

    recommend(request, dana)

    request.refresh_from_db()
    assert request.stage == Stage.RECOMMENDATION_MADE


# Admission


@pytest.mark.parametrize(
    ("made", "disposition"),
    [
        ({}, "admitted_iop"),
        ({"is_step_down": True}, "admitted_iop_step_down"),
        ({"recommended": "3.5", "agreed": "3.5"}, "admitted_residential"),
        ({"agreed": None}, ""),
        ({"recommended": "2.5", "agreed": "2.5"}, ""),
        ({"recommended": "3.1", "agreed": "3.1"}, ""),
    ],
)
def test_admission_is_to_what_was_agreed_and_to_nothing_else(assessed, dana, made, disposition):
    recommend(assessed, dana, advice(**made))
    before = stored(assessed)

    wrong = [each for each in ADMITTED if each != disposition]
    for each in wrong:
        refused(lambda each=each: close(assessed, each))
        with pytest.raises(DatabaseError, match="request_admitted_after_recommendation"):
            force(assessed, each)
    assert stored(assessed) == before

    if disposition:
        begin(assessed, dana)
        close(assessed, disposition)
        assessed.refresh_from_db()
        assert (assessed.stage, assessed.disposition) == (Stage.CLOSED, disposition)


def force(request, disposition):
    """Past every service, as a slip in a shell might."""
    ended = {"stage": "closed", "closed_at": NOW, "due_at": None, "disposition": disposition}
    with transaction.atomic():
        ConsultationRequest.objects.filter(pk=request.pk).update(**ended)


@pytest.mark.parametrize("disposition", ADMITTED)
def test_nobody_is_admitted_without_a_recommendation(assessed, disposition):
    assert refused(lambda: close(assessed, disposition)) == (
        "Admission needs a recorded recommendation first."
    )
    with pytest.raises(DatabaseError, match="request_admitted_after_recommendation"):
        force(assessed, disposition)


def test_admission_counts_the_latest_recommendation(assessed, dana):
    recommend(assessed, dana)
    recommend(assessed, dana, advice("3.5", "3.5"), based_on=1)

    assert refused(lambda: close(assessed, "admitted_iop")).startswith("Another level was agreed.")


def test_admission_waits_for_a_recommendation_on_the_latest_assessment(assessed, dana):
    recommend(assessed, dana)
    assess(assessed, dana, based_on=1)

    words = "The assessment was amended since. Look at the recommendation again first."
    assert refused(lambda: begin(assessed, dana)) == words
    assert refused(lambda: close(assessed, "admitted_iop")) == words

    recommend(assessed, dana, based_on=1, seen=2)
    begin(assessed, dana)


def test_admission_waits_for_the_clinician(dana):
    request, maya = make_talked(), make_signing("clinician")
    assess(request, dana, d1="high")
    recommend(request, dana)

    assert refused(lambda: begin(request, dana)).startswith("A clinician must look at this")
    acknowledge(request, maya)

    begin(request, dana)


@pytest.mark.parametrize(
    ("on", "due_at"),
    [
        (None, datetime(2026, 11, 25, 16, tzinfo=UTC)),
        (date(2026, 12, 1), datetime(2026, 12, 1, 16, tzinfo=UTC)),
        (date(2026, 11, 24), NOW),
    ],
)
def test_beginning_sets_when_to_look_again(assessed, dana, on, due_at):
    recommend(assessed, dana)

    begin(assessed, dana, on)

    assessed.refresh_from_db()
    assert (assessed.stage, assessed.due_at) == (Stage.ADMISSION_PENDING, due_at)
    assert acts(assessed)[-1] == Type.ADMISSION_PREPARED


def test_beginning_on_a_day_gone_by_is_refused(assessed, dana):
    recommend(assessed, dana)

    words = refused(lambda: begin(assessed, dana, date(2026, 11, 23)))

    assert words == "That day is over. Choose another."


def test_amendment_takes_an_admission_back_to_the_recommendation(assessed, dana):
    recommend(assessed, dana)
    begin(assessed, dana)

    recommend(assessed, dana, advice("3.5", "3.5"), based_on=1)

    assessed.refresh_from_db()
    assert assessed.stage == Stage.RECOMMENDATION_MADE


def test_no_step_promises_an_email(assessed, dana):
    recommend(assessed, dana, advice(rationale=CANARY, immediate_action=CANARY))
    begin(assessed, dana)
    close(assessed, "admitted_iop")

    assert Message.objects.count() == 0


# Days


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 11, 24, 22, tzinfo=UTC), date(2026, 11, 25)),
        (datetime(2026, 11, 27, 22, tzinfo=UTC), date(2026, 11, 30)),
        (datetime(2026, 11, 25, 7, 30, tzinfo=UTC), date(2026, 11, 25)),
    ],
)
def test_next_business_day_leaves_out_the_weekend(now, due):
    at = rules.next_business_morning(now)

    assert (at.date(), at.hour) == (due, 10)


def test_next_business_day_leaves_out_closures():
    Closure.objects.create(
        starts_at=datetime(2026, 11, 25, 8, tzinfo=UTC),
        ends_at=datetime(2026, 11, 27, 8, tzinfo=UTC), reason="Thanksgiving",
    )  # fmt: skip

    assert rules.next_business_morning(NOW).date() == date(2026, 11, 27)


# Credentials of staff


def test_credential_can_be_renewed_but_never_be_somebody_elses(dana):
    theirs = StaffCredential.objects.filter(user=dana)

    theirs.update(expires_on=date(2029, 1, 1))
    with pytest.raises(DatabaseError):
        theirs.update(user=make_user())


def test_expiring_credentials_leave_out_the_replaced_and_those_who_left(dana):
    soon = NOW.date() + timedelta(days=90)
    StaffCredential.objects.filter(user=dana).update(expires_on=soon)
    make_signing(until=soon + timedelta(days=1))
    make_signing(until=soon, is_active=False)
    replaced = make_signing(until=soon)
    StaffCredential.objects.create(
        user=replaced, title="LAADC", number="NEW", expires_on=date(2029, 1, 1)
    )

    found = StaffCredential.objects.expiring(NOW.date())

    assert [each.user for each in found] == [dana]


# Never a computed level


@pytest.mark.parametrize(
    "part", [recommendations, forms.RecommendationForm, forms.LevelOfCareField]
)
def test_nothing_that_recommends_reads_a_finding(part):
    """Whoever adds such a path has to take this away first, and say why."""
    tree = ast.parse(inspect.getsource(part))

    words = {getattr(node, "attr", getattr(node, "id", "")) for node in ast.walk(tree)}

    assert words & {"findings", "Finding", "Concern", "concern", "dimension", "pressing"} == set()
