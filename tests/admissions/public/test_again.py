"""What was done, undone and done again in one browser counts each time."""

from datetime import timedelta

import pytest
from django.test import Client

from admissions.intake import manage_links, suppressions
from admissions.intake.models import ConsultationRequest
from tests.support.factories import make_counselor, make_request
from tests.support.visitor import (
    DETAILS,
    MONDAY,
    TOMORROW_AT_TEN,
    Visitor,
    details_url,
    read_form,
    url,
)

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]
EMAIL = {"email": "jo@example.com"}


@pytest.fixture
def visitor():
    for _counselor in range(2):
        make_counselor()
    visitor = Visitor()
    visitor.book(is_in_danger="yes", **EMAIL)
    visitor.get(url("booked"))
    return visitor


def the_request():
    return ConsultationRequest.objects.latest("created_at")


def press(visitor, name, page="manage", **more):
    form = read_form(visitor.get(url(page)), name)
    return visitor.post(url(name), form.values | more)


def test_second_cancellation_cancels(visitor):
    press(visitor, "cancel_consultation", "cancel_consultation")
    page = visitor.get(url("rebook"))
    form = read_form(page, "rebook")
    visitor.post(url("rebook"), form.values | dict([form.buttons[0]] if form.buttons else []))
    booked = the_request().standing_consultation()

    press(visitor, "cancel_consultation", "cancel_consultation")

    assert booked is not None
    assert the_request().standing_consultation() is None


def test_second_stop_stops(visitor):
    press(visitor, "stop_emails")
    request = the_request()
    request.may_email = True
    request.save()

    press(visitor, "stop_emails")

    request.refresh_from_db()
    assert request.may_email is False


def test_next_request_of_a_browser_may_ask_to_be_called_now(visitor):
    press(visitor, "call_now", "booked")
    page = visitor.get(details_url(TOMORROW_AT_TEN + timedelta(hours=4)) + "&another=1")
    visitor.send_details(read_form(page).values | DETAILS | {"is_in_danger": "yes"})

    press(visitor, "call_now", "booked")

    promised = ConsultationRequest.objects.values_list("promised_call_by", flat=True)
    assert None not in promised


def test_stop_by_letter_counts_for_the_address_whatever_was_stopped_before(visitor):
    press(visitor, "stop_emails")
    other = make_request()
    token = manage_links.issue_tokens(the_request())[1]

    Client().post(f"/consultation/stop/{token}/", {"List-Unsubscribe": "One-Click"})

    assert suppressions.is_stopped(other)
