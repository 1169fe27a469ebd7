"""One tap keeps the time: said once, seen by staff, and no bar to a later change of mind."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse

from admissions.booking import by_staff, consultations, moves
from admissions.exceptions import ActionNotAllowed
from admissions.messaging import delivery
from admissions.scheduling.models import Consultation
from tests.admissions.intake.test_manage_links import kept
from tests.support.factories import make_consultation, make_counselor, make_due, make_user
from tests.support.rivals import at_once
from tests.support.visitor import MONDAY, TOMORROW_AT_TEN, browser, read_form, stamp

pytestmark = pytest.mark.stopped_at(MONDAY)

TOMORROW_AT_TWO = TOMORROW_AT_TEN + timedelta(hours=4)
url = "admissions:{}".format


@pytest.fixture
def consultation(db):
    return make_consultation(starts_at=TOMORROW_AT_TEN, counselor=make_counselor())


def confirm(consultation, *, key=None, sequence=0):
    return consultations.confirm_consultation(
        key=key or uuid.uuid4(), request=consultation.request, sequence=sequence
    )


def keep_form(client):
    return read_form(client.get(reverse(url("manage"))), "confirm_attendance")


# The service


def test_confirm_is_kept_with_who_said_it(consultation):
    confirm(consultation)

    consultation.refresh_from_db()
    events = [
        (event.type, event.source, event.consultation)
        for event in consultation.request.audit_events.all()
    ]
    assert consultation.status == "confirmed"
    assert events == [("consultation_confirmed", "requester", consultation)]


@pytest.mark.parametrize("is_same_key", [True, False])
def test_confirm_again_changes_nothing(consultation, is_same_key):
    key = uuid.uuid4()
    confirm(consultation, key=key)
    before = kept()

    confirm(consultation, key=key if is_same_key else None)

    assert kept() == before


def test_confirm_of_a_time_that_changed_since_it_was_shown_changes_nothing(consultation):
    by_staff.reschedule_consultation(
        request_id=consultation.request_id,
        starts_at=TOMORROW_AT_TWO,
        by=make_user("coordinator"),
    )
    before = kept()

    with pytest.raises(ActionNotAllowed, match="has changed"):
        confirm(consultation)

    assert kept() == before


@pytest.mark.parametrize("at", [TOMORROW_AT_TEN, TOMORROW_AT_TWO])
def test_confirm_after_the_start_changes_nothing(consultation, time_machine, at):
    time_machine.move_to(at, tick=False)
    before = kept()

    with pytest.raises(ActionNotAllowed, match="already started"):
        confirm(consultation)

    assert kept() == before


def test_confirm_of_what_is_canceled_changes_nothing(consultation):
    consultations.cancel_consultation(key=uuid.uuid4(), request=consultation.request)
    before = kept()

    with pytest.raises(ActionNotAllowed, match="no appointment"):
        confirm(consultation)

    assert kept() == before


def test_move_after_keeping_asks_anew(consultation):
    confirm(consultation)

    moved = moves.move_consultation(
        key=uuid.uuid4(), request=consultation.request, starts_at=TOMORROW_AT_TWO
    )

    consultation.refresh_from_db()
    assert (consultation.status, moved.status) == ("rescheduled", "scheduled")


def test_cancel_after_keeping_frees_the_time(consultation):
    confirm(consultation)

    consultations.cancel_consultation(key=uuid.uuid4(), request=consultation.request)

    assert consultation.request.standing_consultation() is None


@pytest.mark.django_db
def test_reminder_still_goes_to_someone_who_keeps_the_time(inbox):
    message = make_due("reminder_hours", now=MONDAY)
    Consultation.objects.filter(pk=message.consultation_id).update(status="confirmed")

    assert delivery.deliver_message(message.pk) == "sent"


def test_two_taps_at_once_are_said_once(real_commits):
    consultation = make_consultation(starts_at=TOMORROW_AT_TEN, counselor=make_counselor())

    at_once([lambda: confirm(consultation)] * 4)

    events = consultation.request.audit_events.filter(type="consultation_confirmed")
    assert events.count() == 1


# The page


def test_page_leads_with_keeping_the_appointment(consultation):
    client = browser(consultation.request)

    answer = client.post(reverse(url("confirm_attendance")), keep_form(client).values, follow=True)

    consultation.refresh_from_db()
    page = answer.content.decode()
    assert (answer.redirect_chain[-1][0], consultation.status) == (
        reverse(url("manage")),
        "confirmed",
    )
    assert "Thank you, we look forward to talking with you." in page
    assert "Keep my appointment" not in page


def test_keep_without_its_key_changes_nothing(consultation):
    client = browser(consultation.request)
    before = kept()

    answer = client.post(reverse(url("confirm_attendance")), {"key": "forged"})

    assert (answer.status_code, kept()) == (409, before)


@pytest.mark.security(8)
def test_keep_of_a_time_that_moved_meanwhile_shows_the_new_one(consultation):
    client = browser(consultation.request)
    values = keep_form(client).values
    by_staff.reschedule_consultation(
        request_id=consultation.request_id,
        starts_at=TOMORROW_AT_TWO,
        by=make_user("coordinator"),
    )
    before = kept()

    answer = client.post(reverse(url("confirm_attendance")), values)

    assert (answer.status_code, kept()) == (409, before)
    assert "2:00 pm" in answer.content.decode()


@pytest.mark.parametrize("method", ["get", "head", "put"])
def test_keep_is_done_by_post_alone(consultation, method):
    client = browser(consultation.request)
    before = kept()

    answer = getattr(client, method)(reverse(url("confirm_attendance")))

    assert (answer.status_code, kept()) == (405, before)


def test_page_of_a_kept_time_still_lets_it_be_moved(consultation):
    client = browser(consultation.request)
    client.post(reverse(url("confirm_attendance")), keep_form(client).values)
    key = read_form(client.get(reverse(url("move_consultation"))), "move_consultation").values[
        "key"
    ]

    client.post(reverse(url("move_consultation")), {"key": key, "at": stamp(TOMORROW_AT_TWO)})

    assert consultation.request.standing_consultation().starts_at == TOMORROW_AT_TWO
    assert keep_form(client).values["key"] != ""


def test_keep_is_not_offered_once_it_has_started(consultation, time_machine):
    time_machine.move_to(TOMORROW_AT_TEN, tick=False)

    page = browser(consultation.request).get(reverse(url("manage")))

    assert b"Keep my appointment" not in page.content
