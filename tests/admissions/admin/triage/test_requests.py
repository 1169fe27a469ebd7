"""Each step through the desk: what it changes, what it records, and how it refuses."""

from datetime import timedelta

import pytest
from django.urls import reverse

from admissions.audit.models import AuditEvent
from admissions.intake.models import ConsultationRequest
from admissions.scheduling.models import Consultation
from admissions.undo import undoing
from admissions.undo.models import UndoableAction
from tests.support import factories
from tests.support.desk import LIST, NOW, acts_on, booked, minutes, page_of, step_of, told

pytestmark = pytest.mark.django_db
Stage, Status, Type = ConsultationRequest.Stage, Consultation.Status, AuditEvent.Type


def state(request) -> dict:
    """Every column of the request as it is stored now."""
    return ConsultationRequest.objects.filter(pk=request.pk).values().get()


def test_claim_makes_the_request_mine(client, coordinator):
    request = factories.make_request()

    response = client.post(step_of(request, "claim"))

    request.refresh_from_db()
    assert (response.url, request.owner, acts_on(request)) == (
        page_of(request), coordinator, [(Type.REQUEST_CLAIMED, coordinator)],
    )  # fmt: skip


def test_claim_from_the_list_comes_back_to_its_queue(client, coordinator):
    request = factories.make_request()

    response = client.post(
        step_of(request, "claim"), {"query": "show=unclaimed&language=en&name=Jo"}
    )

    assert response.url == f"{LIST}?show=unclaimed&language=en#{request.reference}"


def test_log_from_the_list_says_what_comes_next(client, coordinator):
    request = factories.make_request()

    response = client.post(
        step_of(request, "log"), {"outcome": "call:no_answer", "query": "show=mine"}, follow=True
    )

    what = "The attempt is logged. Next: Call by 5:11 pm. The request is yours now."
    done = f"{request.reference}: {what}"
    assert (told(response), response.redirect_chain) == (
        [done], [(f"{LIST}?show=mine#{request.reference}", 302)],
    )  # fmt: skip


def test_claim_of_a_colleagues_request_changes_nothing(client, coordinator):
    colleague = factories.make_user("coordinator")
    request = factories.make_request(owner=colleague, claimed_at=NOW)
    before = state(request)

    response = client.post(step_of(request, "claim"))

    assert told(response) == ["A colleague has already claimed this request."]
    assert (state(request), acts_on(request)) == (before, [])


def test_claim_refused_from_the_list_is_told_in_the_list(client, coordinator):
    request = factories.make_request(owner=factories.make_user(), claimed_at=NOW)

    response = client.post(step_of(request, "claim"), {"query": "show=now"}, follow=True)

    assert (response.redirect_chain, told(response)) == (
        [(f"{LIST}?show=now#{request.reference}", 302)],
        ["A colleague has already claimed this request."],
    )  # fmt: skip


def test_log_keeps_the_try_and_answers_the_promise(client, coordinator):
    request = factories.make_request(promised_call_by=minutes(3), due_at=minutes(3))

    client.post(step_of(request, "log"), {"outcome": "call:no_answer", "note": "Rang ten times"})

    request.refresh_from_db()
    attempts = list(request.attempts.values_list("by", "channel", "result", "note"))
    assert attempts == [(coordinator.pk, "call", "no_answer", "Rang ten times")]
    assert (request.stage, request.promised_call_by) == (Stage.ATTEMPTING_CONTACT, None)
    assert acts_on(request) == [
        (Type.ATTEMPT_LOGGED, coordinator), (Type.REQUEST_CLAIMED, coordinator),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "outcome",
    ["text:sent", "call:voicemail", "call:sent", "email:no_answer", "", "call", "pigeon:reached"],
)
def test_log_refuses_what_the_contact_plan_does_not_permit(client, coordinator, outcome):
    request = factories.make_request(may_text=False, voicemail="no")
    before = state(request)

    response = client.post(step_of(request, "log"), {"outcome": outcome, "note": "Kept words"})

    form = response.context["forms"]["log"]
    assert (list(form.errors), form["note"].value()) == (["outcome"], "Kept words")
    assert (state(request), request.attempts.count(), acts_on(request)) == (before, 0, [])


@pytest.mark.parametrize("channel", ["call", "text", "email", "in_person"])
def test_log_of_what_they_did_needs_no_permission(client, coordinator, channel):
    request = factories.make_request(may_call=False, may_email=False)

    client.post(step_of(request, "log"), {"outcome": f"{channel}:replied"})

    request.refresh_from_db()
    assert request.attempts.get().result == "replied"
    assert request.stage == Stage.CONTACTED


def test_plan_is_changed_as_they_say_it(client, coordinator):
    request = factories.make_request(may_call=False)
    form = client.get(page_of(request)).context["forms"]["plan"]
    sent = {name: form[name].value() for name in ("voicemail", "good_time", "language")}

    client.post(step_of(request, "plan"), sent | {"may_call": "on", "may_email": "on"})

    request.refresh_from_db()
    assert request.may_call
    assert request.may_email
    assert not request.is_discreet
    assert acts_on(request) == [(Type.PLAN_CHANGED, coordinator)]


def test_plan_that_is_not_possible_comes_back_as_it_was_sent(client, coordinator):
    request = factories.make_request(email="")
    before = state(request)

    response = client.post(step_of(request, "plan"), {"voicemail": "shout", "may_call": "on"})

    assert list(response.context["forms"]["plan"].errors) == ["voicemail", "good_time", "language"]
    assert state(request) == before


def test_log_on_a_closed_request_keeps_what_was_typed(client, coordinator):
    request = factories.make_request(
        stage=Stage.CLOSED, closed_at=NOW, disposition="withdrawn", due_at=None
    )

    response = client.post(step_of(request, "log"), {"outcome": "call:reached", "note": "Kept"})

    assert told(response) == ["This request is closed."]
    assert (response.context["forms"]["log"]["note"].value(), acts_on(request)) == ("Kept", [])


def test_complete_ends_the_consultation(client, coordinator):
    consultation = booked(minutes(-30))
    request = consultation.request

    client.post(step_of(request, "complete"))

    consultation.refresh_from_db()
    request.refresh_from_db()
    assert (consultation.status, request.stage) == (
        Status.COMPLETED, Stage.CONSULTATION_COMPLETED,
    )  # fmt: skip
    assert acts_on(request) == [(Type.CONSULTATION_COMPLETED, coordinator)]


def test_no_show_ends_the_consultation(client, coordinator):
    consultation = booked(minutes(-30))
    request = consultation.request

    client.post(step_of(request, "no_show"))

    consultation.refresh_from_db()
    request.refresh_from_db()
    assert (consultation.status, request.stage) == (Status.NO_SHOW, Stage.ATTEMPTING_CONTACT)
    assert acts_on(request) == [(Type.CONSULTATION_NO_SHOW, coordinator)]


@pytest.mark.parametrize("step", ["complete", "no_show"])
def test_outcome_before_the_start_changes_nothing(client, coordinator, step):
    consultation = booked(minutes(30))
    request = consultation.request
    before = state(request)

    response = client.post(step_of(request, step))

    consultation.refresh_from_db()
    assert told(response) == ["The consultation has not started yet."]
    assert (state(request), consultation.status, acts_on(request)) == (
        before, Status.SCHEDULED, [],
    )  # fmt: skip


def test_move_takes_an_open_time_and_frees_the_old(client, coordinator):
    consultation = booked(minutes(109))
    request = consultation.request
    # Wednesday, November 25, 9:00 am in California.
    client.post(step_of(request, "move"), {"starts_at": "20261125T170000Z"})

    times = list(request.consultations.order_by("pk").values_list("starts_at", "status"))
    assert times == [
        (minutes(109), Status.RESCHEDULED),
        (NOW.replace(day=25, hour=17, minute=0), Status.SCHEDULED),
    ]
    assert acts_on(request) == [(Type.CONSULTATION_MOVED, coordinator)]


@pytest.mark.parametrize("starts_at", ["20261125T030000Z", "20261123T170000Z", "", "soon"])
def test_move_to_a_time_that_is_not_open_changes_nothing(client, coordinator, starts_at):
    consultation = booked(minutes(109))
    request = consultation.request
    before = state(request)

    response = client.post(step_of(request, "move"), {"starts_at": starts_at})

    consultation.refresh_from_db()
    assert list(response.context["forms"]["move"].errors) == ["starts_at"]
    assert (state(request), consultation.status, acts_on(request)) == (
        before, Status.SCHEDULED, [],
    )  # fmt: skip


def test_move_to_a_time_taken_meanwhile_is_told_kindly(client, coordinator):
    """Between the look at the calendar and the move, the only counselor is booked."""
    consultation = booked(minutes(109))
    taken = NOW.replace(day=25, hour=17, minute=0)
    factories.make_consultation(starts_at=taken, counselor=consultation.counselor)

    response = client.post(step_of(consultation.request, "move"), {"starts_at": "20261125T170000Z"})

    errors = response.context["forms"]["move"].errors["starts_at"]
    assert errors == ["That time is no longer open. Choose another."]
    assert acts_on(consultation.request) == []


def test_close_keeps_disposition_reason_and_note(client, coordinator):
    request = factories.make_request()
    typed = {"disposition": "withdrawn", "reason": "medi_cal", "note": "County line"}

    client.post(step_of(request, "close"), typed)

    request.refresh_from_db()
    assert (request.stage, request.disposition, request.close_reason, request.close_note) == (
        Stage.CLOSED, "withdrawn", "medi_cal", "County line",
    )  # fmt: skip
    assert acts_on(request) == [(Type.REQUEST_CLOSED, coordinator)]


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"disposition": "", "reason": "cost"}, ["disposition"]),
        ({"disposition": "withdrawn", "reason": ""}, ["reason"]),
        ({"disposition": "withdrawn", "reason": "other"}, ["note"]),
        ({"disposition": "admitted_iop", "reason": "cost"}, ["disposition"]),
        ({"disposition": "referred_out", "reason": "medi_cal"}, ["refer_to"]),
        ({"disposition": "withdrawn", "reason": "cost", "note": "x" * 501}, ["note"]),
        ({"disposition": "withdrawn", "reason": "cost", "note": "\x00"}, ["note"]),
    ],
)
def test_close_without_its_reason_changes_nothing(client, coordinator, typed, wrong):
    request = factories.make_request()
    before = state(request)

    response = client.post(step_of(request, "close"), typed)

    assert list(response.context["forms"]["close"].errors) == wrong
    assert (state(request), acts_on(request)) == (before, [])


def test_close_cancels_the_consultation_that_stands(client, coordinator):
    consultation = booked(minutes(300))

    client.post(
        step_of(consultation.request, "close"), {"disposition": "withdrawn", "reason": "cost"}
    )

    consultation.refresh_from_db()
    assert consultation.status == Status.CANCELED_BY_CENTER


@pytest.mark.parametrize("column", ["stage", "owner", "closed_at", "due_at", "is_in_danger"])
@pytest.mark.security(93)
def test_steps_ignore_columns_posted_beside_them(client, coordinator, column):
    request = factories.make_request()
    values = {"stage": "closed", "owner": "1", "closed_at": "2026-01-01", "is_in_danger": "on"}

    client.post(
        step_of(request, "log"), {"outcome": "call:no_answer", column: values.get(column, "x")}
    )

    after = state(request)
    assert after["stage"] == Stage.ATTEMPTING_CONTACT
    # Whoever logs it owns it, whatever was sent.
    assert after["owner_id"] == coordinator.pk
    assert after["closed_at"] is None
    assert not after["is_in_danger"]
    assert after["due_at"] == NOW + timedelta(hours=3)


STEPS = [
    "claim", "log", "complete", "no_show", "move", "look_sooner", "stop_looking", "close",
    "plan",
]  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_step_is_never_a_get(client, coordinator, step):
    request = factories.make_request()
    before = state(request)

    response = client.get(step_of(request, step))

    assert (response.status_code, state(request), acts_on(request)) == (405, before, [])


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("role", [None, "content editor"])
def test_step_without_the_role_changes_nothing(client, step, role):
    client.force_login(factories.make_user(role))
    request = factories.make_request()
    before = state(request)

    response = client.post(step_of(request, step), {"outcome": "call:reached"})

    assert (response.status_code, state(request), acts_on(request)) == (403, before, [])


@pytest.mark.parametrize("step", STEPS)
def test_step_without_a_session_leads_to_sign_in(client, step):
    request = factories.make_request()
    before = state(request)

    response = client.post(step_of(request, step))

    assert response.url == "/admin/login/?next=/admin/"
    assert state(request) == before


def test_step_needs_a_csrf_token(client, coordinator):
    client.handler.enforce_csrf_checks = True
    request = factories.make_request()

    response = client.post(step_of(request, "claim"))

    assert (response.status_code, acts_on(request)) == (403, [])


@pytest.mark.parametrize("step", STEPS)
def test_step_on_an_unknown_request_is_not_found(client, coordinator, step):
    address = f"{LIST}00000000-0000-4000-8000-000000000000/{step.replace('_', '-')}/"

    assert client.post(address).status_code == 404


def test_requests_of_who_left_are_handed_over_from_the_list(client, coordinator):
    gone, colleague = factories.make_user("counselor"), factories.make_user("counselor")
    gone.is_active = False
    gone.save()
    request = factories.make_request(owner=gone, claimed_at=NOW)
    page = reverse("admin:admissions_consultationrequest_hand_over_all", args=[gone.pk])

    assert page in client.get(LIST + "?show=unclaimed").content.decode()
    assert b"One open request" in client.get(page).content
    kept = client.post(page, {"to": gone.pk})
    assert b"cannot work on requests" in kept.content
    client.post(page, {"to": colleague.pk})

    request.refresh_from_db()
    assert request.owner == colleague


# Before what ends all contact


def test_stop_is_asked_about_before_anything_is_changed(client, coordinator):
    request = booked(minutes(300)).request
    before = state(request)

    page = client.post(
        step_of(request, "log"), {"outcome": "call:asked_to_stop", "note": "On the phone"}
    ).content.decode()

    assert "until someone cancels it" in page
    assert 'name="note" value="On the phone"' in page
    assert (state(request), acts_on(request)) == (before, [])


def test_stop_that_is_said_yes_to_is_logged_from_where_it_was_asked(client, coordinator):
    request = factories.make_request()

    response = client.post(
        step_of(request, "log"),
        {"outcome": "call:asked_to_stop", "query": "show=mine", "is_confirmed": "yes"},
    )

    request.refresh_from_db()
    assert response.url == f"{LIST}?show=mine#{request.reference}"
    assert (request.may_call, request.owner) == (False, None)


# Whoever works on what nobody owns


def test_log_claims_what_nobody_owns_and_undo_gives_it_back(client, coordinator):
    request = factories.make_request()

    response = client.post(step_of(request, "log"), {"outcome": "call:no_answer"}, follow=True)
    assert told(response) == ["The attempt is logged. The request is yours now."]
    assert state(request)["owner_id"] == coordinator.pk
    undoing.undo_action(action_id=UndoableAction.objects.get().pk, by=coordinator)

    assert state(request)["owner_id"] is None
    assert [kind for kind, _actor in acts_on(request)] == [
        Type.ATTEMPT_LOGGED, Type.REQUEST_CLAIMED, Type.ACTION_UNDONE,
    ]  # fmt: skip


def test_log_of_a_colleagues_request_leaves_it_theirs(client, coordinator):
    colleague = factories.make_user("coordinator")
    request = factories.make_request(owner=colleague, claimed_at=NOW)

    response = client.post(step_of(request, "log"), {"outcome": "call:no_answer"}, follow=True)

    assert told(response) == ["The attempt is logged."]
    assert state(request)["owner_id"] == colleague.pk


def test_superuser_who_logs_in_an_emergency_owns_nothing(client):
    user = factories.make_user(None, is_superuser=True)
    client.force_login(user)
    request = factories.make_request()

    client.post(step_of(request, "log"), {"outcome": "call:no_answer"})

    assert state(request)["owner_id"] is None
