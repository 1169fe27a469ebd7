"""Who sent a form is shown what it made, though their session has ended; nobody else is."""

from datetime import timedelta

import pytest

from admissions.intake.models import ConsultationRequest
from admissions.scheduling.models import Consultation
from tests.support.factories import make_counselor
from tests.support.rivals import at_once
from tests.support.visitor import MONDAY, TOMORROW_AT_TEN, Visitor, read_form, url

pytestmark = pytest.mark.stopped_at(MONDAY)
LATER = TOMORROW_AT_TEN + timedelta(hours=4)
OURS = {"origin": "http://testserver"}


@pytest.fixture
def visitor(db):
    make_counselor()
    return Visitor()


def lose_session(visitor):
    """What thirty minutes without a click do."""
    visitor.session.flush()
    del visitor.cookies["session"]


def test_form_sent_twice_around_the_end_of_a_session_leads_to_its_receipt_twice(visitor):
    values = visitor.open_details()
    lose_session(visitor)
    visitor.send_details(values)
    lose_session(visitor)

    again = visitor.send_details(values)

    assert (again.status_code, again["Location"]) == (302, url("booked"))
    assert visitor.get(url("booked")).status_code == 200
    assert ConsultationRequest.objects.count() == 1


def test_callback_sent_twice_around_the_end_of_a_session_leads_to_its_receipt_twice(visitor):
    values = visitor.open_callback()
    visitor.send_callback(values)
    lose_session(visitor)

    again = visitor.send_callback(values)

    assert (again.status_code, again["Location"]) == (302, url("callback_requested"))
    assert ConsultationRequest.objects.count() == 1


def test_mark_of_a_browser_is_good_for_as_long_as_its_session(visitor, time_machine):
    values = visitor.open_details()
    visitor.send_details(values)
    lose_session(visitor)
    time_machine.move_to(MONDAY + timedelta(minutes=31), tick=False)

    assert visitor.send_details(values).status_code == 409


def test_next_person_after_finishing_is_not_shown_the_receipt(visitor):
    values = visitor.open_details()
    visitor.send_details(values)
    visitor.post(url("finish"))
    visitor.open_details(LATER)

    assert visitor.send_details(values).status_code == 409
    assert visitor.get(url("booked")).status_code == 410


def test_next_person_without_finishing_is_not_shown_the_first_ones_receipt(visitor):
    values = visitor.open_details()
    visitor.send_details(values)
    visitor.send_callback(visitor.open_callback(another="1"))

    page = visitor.send_details(values)

    assert page.status_code == 409
    assert visitor.get(url("callback_requested")).status_code == 200


def test_form_that_another_browser_sent_first_shows_its_own_browser_nothing(visitor):
    values = visitor.open_details()
    elsewhere = Visitor()
    elsewhere.open_details()
    elsewhere.send_details(values | {"preferred_name": "Somebody Else"})

    page = visitor.send_details(values)

    assert page.status_code == 409
    assert visitor.get(url("booked")).status_code == 410


def test_of_two_browsers_with_one_key_at_once_one_sees_the_receipt(real_commits):
    make_counselor()
    browsers = [Visitor(), Visitor()]
    values, _other = [browser.open_details() for browser in browsers]

    answers = at_once([lambda browser=each: browser.send_details(values) for each in browsers])

    assert sorted(answer.status_code for answer in answers) == [302, 409]
    assert ConsultationRequest.objects.count() == 1


def test_second_tab_with_another_time_says_what_stands(visitor):
    here, there = visitor.open_details(), visitor.open_details(LATER)
    visitor.send_details(here)

    page = visitor.send_details(there)

    assert page.status_code == 409
    assert b"You already have an appointment" in page.content
    assert Consultation.objects.get().starts_at == TOMORROW_AT_TEN
    assert visitor.get(url("move_consultation")).status_code == 200


def test_page_of_the_booking_leads_to_what_was_asked_for_since(visitor):
    visitor.book()
    visitor.send_callback(visitor.open_callback(another="1"))

    assert visitor.get(url("booked"))["Location"] == url("callback_requested")


def test_page_of_the_call_leads_to_the_time_booked_since(visitor):
    visitor.send_callback(visitor.open_callback())
    visitor.send_details(visitor.open_details(another="1"))

    assert visitor.get(url("callback_requested"))["Location"] == url("booked")


def test_page_of_a_booking_that_was_canceled_leads_to_what_became_of_it(visitor):
    visitor.book()
    visitor.get(url("booked"))
    form = read_form(visitor.get(url("cancel_consultation")), "cancel_consultation")
    visitor.post(url("cancel_consultation"), form.values)

    assert visitor.get(url("booked"))["Location"] == url("manage")


# Back, and send: the cookie is gone, the form is not


@pytest.fixture
def strict(db):
    make_counselor()
    return Visitor(enforce_csrf_checks=True)


@pytest.mark.parametrize("name", ["details", "request_callback"])
@pytest.mark.security(64)
def test_form_sent_after_finishing_is_given_back_with_all_that_was_typed(strict, name):
    values = strict.open_details() if name == "details" else strict.open_callback()
    strict.post(url("finish"), values, headers=OURS)

    page = strict.post(url(name), values | {"preferred_name": "Ann"}, headers=OURS)

    form = read_form(page, name)
    assert page.status_code == 403
    assert form.values["preferred_name"] == "Ann"
    assert b"Please check the form and send it once more." in page.content
    assert ConsultationRequest.objects.count() == 0
    assert strict.post(url(name), form.values, headers=OURS).status_code == 302


@pytest.mark.parametrize("origin", [{}, {"origin": "null"}, {"origin": "https://evil.example"}])
@pytest.mark.security(64)
def test_form_that_no_page_of_ours_vouches_for_is_not_given_back(strict, origin):
    values = strict.open_details()
    del strict.cookies["csrf"]

    page = strict.post(url("details"), values | {"preferred_name": "Ann"}, headers=origin)

    assert page.status_code == 403
    assert b"Ann" not in page.content
