"""An assessment is kept as a whole, in versions; a high concern waits for a clinician."""

from datetime import date, timedelta
from functools import partial

import pytest
from django.db import DatabaseError, connection, transaction

from admissions import exceptions
from admissions.audit.models import AuditEvent
from admissions.care import assessments
from admissions.care.models import Acknowledgment, Assessment, Finding, StaffCredential
from admissions.intake.models import ConsultationRequest
from admissions.messaging.models import Message
from admissions.triage import contact_attempts, outcomes
from tests.support.care import (
    CANARY,
    NOW,
    TOMORROW_AT_TEN,
    Stage,
    acknowledge,
    acts,
    assess,
    findings,
    make_signing,
    make_talked,
    stored,
)
from tests.support.factories import make_consultation, make_request, make_user
from tests.support.rows import refused

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]
Type = AuditEvent.Type


# Recording


def test_assessment_is_kept_as_a_whole_with_who_and_as_what():
    request, dana = make_talked(), make_signing()

    assessment = assess(request, dana, d4="moderate", note="Naloxone at home")

    request.refresh_from_db()
    kept = list(assessment.findings.values_list("dimension", "concern", "source"))
    concerns = ["none", "none", "none", "moderate", "none", "none"]
    assert kept == [(number, each, "self") for number, each in enumerate(concerns, start=1)]
    assert (assessment.version, assessment.by, assessment.credential.title) == (1, dana, "LAADC")
    assert (request.stage, request.due_at) == (Stage.CONSULTATION_COMPLETED, TOMORROW_AT_TEN)
    assert acts(request) == [Type.ASSESSMENT_RECORDED]


def test_notes_are_ciphertext_in_the_database():
    assess(make_talked(), make_signing(), note=CANARY)

    with connection.cursor() as cursor:
        cursor.execute("SELECT note FROM admissions_finding")
        sealed = [note for (note,) in cursor.fetchall()]

    assert [note for note in sealed if "CANARY" in note or not note] == []
    assert {each.note for each in Finding.objects.all()} == {CANARY}


def test_talk_that_was_not_booked_counts_as_completed():
    request = make_talked(Stage.CONTACTED)

    assess(request, make_signing())

    request.refresh_from_db()
    assert request.stage == Stage.CONSULTATION_COMPLETED


def test_assessment_during_the_talk_leaves_its_outcome_open():
    request = make_talked(Stage.CONSULTATION_SCHEDULED, due_at=NOW - timedelta(minutes=20))
    make_consultation(starts_at=NOW - timedelta(minutes=20), request=request)

    assess(request, make_signing())

    request.refresh_from_db()
    assert (request.stage, request.due_at) == (
        Stage.CONSULTATION_SCHEDULED, NOW - timedelta(minutes=20),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "options", "words"),
    [
        ({"stage": Stage.NEW}, {}, "Log first that you have talked with them."),
        ({"stage": Stage.ATTEMPTING_CONTACT}, {}, "Log first that you have talked with them."),
        (
            {"for_whom": "loved_one"}, {},
            "Talk with the person themselves first; only they can agree.",
        ),
    ],
)  # fmt: skip
def test_assessment_is_refused_and_changes_nothing(columns, options, words):
    request = make_talked(**columns)
    before = stored(request)

    assert refused(partial(assess, request, make_signing(), **options)) == words
    assert (stored(request), Assessment.objects.count(), acts(request)) == (before, 0, [])


def test_assessment_of_a_loved_one_is_kept_once_they_agree_themselves():
    request = make_talked(for_whom="loved_one")

    assert assess(request, make_signing(), has_agreed=True).has_agreed


def test_assessment_needs_all_six_dimensions():
    five = partial(
        assessments.record_assessment, request_id=make_talked().pk, by=make_signing(), based_on=0,
        findings=findings()[:5],
    )  # fmt: skip

    assert refused(five) == "All six dimensions are saved together."


@pytest.mark.parametrize("role", ["coordinator", "director", "VOB", "auditor"])
def test_assessment_is_not_for_other_roles(role):
    request = make_talked()

    assert refused(lambda: assess(request, make_user(role))) == (
        "This takes a role that you do not have."
    )


def test_amendment_is_the_next_version_with_its_reason():
    request, dana = make_talked(), make_signing()
    first = assess(request, dana, d4="low")

    second = assess(request, dana, based_on=1, d4="high", because="They told more")

    assert (second.version, second.amended_because) == (2, "They told more")
    assert [each.concern for each in first.findings.all()] == ["none"] * 3 + ["low"] + ["none"] * 2


def test_amendment_needs_a_reason():
    request, dana = make_talked(), make_signing()
    assess(request, dana)

    assert refused(lambda: assess(request, dana, based_on=1, because="")) == (
        "Say why it is amended."
    )


@pytest.mark.parametrize("based_on", [0, 2, 7])
def test_amendment_of_anything_but_the_latest_is_told(based_on):
    request, dana = make_talked(), make_signing()
    assess(request, dana)

    with pytest.raises(exceptions.ChangedMeanwhile):
        assess(request, dana, based_on=based_on, because="Again")

    assert Assessment.objects.count() == 1


def test_what_is_recorded_never_changes():
    request = make_talked()
    assessment = assess(request, make_signing())
    finding = assessment.findings.first()

    for row, column in ((assessment, "version"), (finding, "concern")):
        with pytest.raises(DatabaseError), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(**{column: getattr(row, column)})
        with pytest.raises(DatabaseError), transaction.atomic():
            row.delete()


# A high concern


@pytest.mark.parametrize("dimension", ["d1", "d2", "d3"])
@pytest.mark.parametrize("concern", ["high", "needs_clinician"])
def test_high_concern_waits_for_a_clinician_at_once(dimension, concern):
    request = make_talked()

    assess(request, make_signing(), **{dimension: concern})

    request.refresh_from_db()
    assert (request.concern_opened_at, request.due_at) == (NOW, NOW)
    assert list(ConsultationRequest.objects.needing_someone(now=NOW)) == [request]


@pytest.mark.parametrize("found", [{"d1": "moderate"}, {"d4": "high"}, {"d6": "needs_clinician"}])
def test_other_findings_wait_for_nobody(found):
    request = make_talked()

    assess(request, make_signing(), **found)

    request.refresh_from_db()
    assert request.concern_opened_at is None


def close(request, disposition="withdrawn"):
    outcomes.close_request(
        request_id=request.pk, by=make_user("counselor"), disposition=disposition, reason="other",
        refer_to="The county" if disposition == "referred_out" else "",
    )  # fmt: skip


@pytest.mark.parametrize(
    "disposition",
    [each for each in ConsultationRequest.Disposition.values if each != "spam_or_test"],
)
def test_nothing_ends_before_a_clinician_has_looked(disposition):
    request = make_talked()
    assess(request, make_signing(), d3="needs_clinician")
    before = stored(request)

    assert refused(lambda: close(request, disposition)).startswith("A clinician must look at this")
    assert (stored(request), request.referrals.count()) == (before, 0)


def test_a_test_may_end_without_a_clinician():
    request = make_talked()
    assess(request, make_signing(), d3="high")

    close(request, "spam_or_test")

    request.refresh_from_db()
    assert request.is_closed


def test_database_refuses_an_end_before_a_clinician_has_looked():
    request = make_talked()
    assess(request, make_signing(), d2="high")
    ended = {"stage": "closed", "closed_at": NOW, "due_at": None, "disposition": "withdrawn"}

    with pytest.raises(DatabaseError, match="request_closed_after_a_clinician"):
        ConsultationRequest.objects.filter(pk=request.pk).update(**ended)


def test_acknowledged_concern_lets_the_request_go_on_and_end():
    request, maya = make_talked(), make_signing("clinician")
    assess(request, make_signing(), d1="high")

    made = acknowledge(request, maya)

    request.refresh_from_db()
    assert (made.by, made.credential.title, request.concern_opened_at) == (maya, "LMFT", None)
    assert request.due_at == TOMORROW_AT_TEN
    assert acts(request) == [Type.ASSESSMENT_RECORDED, Type.CONCERN_ACKNOWLEDGED]
    close(request)


def test_new_version_with_a_high_concern_waits_anew():
    request, maya = make_talked(), make_signing("clinician")
    assess(request, maya, d1="high")
    acknowledge(request, maya)

    assess(request, maya, based_on=1, d1="high")

    assert refused(lambda: close(request)).startswith("A clinician must look at this")


def test_new_version_without_concern_waits_for_nobody():
    request, dana = make_talked(), make_signing()
    assess(request, dana, d1="high")

    assess(request, dana, based_on=1, d1="low", because="A slip of the hand")

    close(request)


def test_acknowledging_takes_a_clinician_with_a_credential():
    request = make_talked()
    assess(request, make_signing(), d1="high")

    answers = [
        refused(lambda by=by: acknowledge(request, by))[:38]
        for by in (
            make_signing(),
            make_user("clinician"),
            make_signing("clinician", until=date(2026, 11, 23)),
        )
    ]

    assert answers == [
        "This takes a role that you do not have", *["This takes a credential of your own th"] * 2,
    ]  # fmt: skip
    assert Acknowledgment.objects.count() == 0


def test_database_refuses_an_acknowledgment_by_the_unqualified():
    request = make_talked()
    assessment = assess(request, make_signing(), d1="high")
    theirs = StaffCredential.objects.first()

    with pytest.raises(DatabaseError, match="acknowledgment_by_the_qualified"):
        Acknowledgment.objects.create(
            assessment=assessment, by=make_user("clinician"), credential=theirs, action="Call"
        )


def test_acknowledging_needs_what_is_to_be_done():
    request = make_talked()
    assess(request, make_signing(), d1="high")

    words = refused(lambda: acknowledge(request, make_signing("clinician"), action=""))

    assert words == "Say what is to be done now."


def test_concern_outlasts_the_talk_and_every_try():
    request = make_talked(Stage.CONSULTATION_SCHEDULED, due_at=NOW - timedelta(minutes=20))
    make_consultation(starts_at=NOW - timedelta(minutes=20), request=request)
    dana = make_signing()
    assess(request, dana, d3="high")

    outcomes.complete_consultation(request_id=request.pk, by=dana)
    request.refresh_from_db()
    after_talking = request.due_at
    contact_attempts.log_attempt(request_id=request.pk, by=dana, channel="call", result="reached")

    request.refresh_from_db()
    assert after_talking <= NOW
    assert request.due_at <= NOW


def test_nothing_of_it_reaches_an_email():
    """No step promises a letter: nothing clinical can stand in one."""
    request, maya = make_talked(), make_signing("clinician")

    assess(request, maya, d3="needs_clinician", note=CANARY)
    acknowledge(request, maya)

    assert Message.objects.count() == 0


def test_assessment_of_an_open_request_only():
    request = make_request(stage="closed", closed_at=NOW, due_at=None, disposition="withdrawn")

    assert refused(lambda: assess(request, make_signing())) == "This request is closed."
