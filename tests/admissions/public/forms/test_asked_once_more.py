"""What a form asks about once more: a field that nobody sees, a slip in an address."""

import pytest

from admissions.intake.models import ConsultationRequest
from tests.support.factories import make_counselor
from tests.support.visitor import MONDAY, Visitor, read_form, url

pytestmark = pytest.mark.stopped_at(MONDAY)
SLIP, MEANT = "jo@gmial.com", "jo@gmail.com"


@pytest.fixture
def visitor(db):
    make_counselor()
    return Visitor()


@pytest.mark.parametrize("name", ["details", "request_callback"])
@pytest.mark.security(99)
def test_whatever_fills_the_trap_is_asked_once_more_with_the_field_gone(visitor, name):
    values = visitor.open_details() if name == "details" else visitor.open_callback()
    filled = values | {"website": "https://jo.example.org", "preferred_name": "Ann"}

    page = visitor.post(url(name), filled)

    form = read_form(page, name)
    assert ConsultationRequest.objects.count() == 0
    assert page.text.count("Please send the form once more.") == 1
    assert "website" not in form.values
    assert form.values["preferred_name"] == "Ann"
    assert visitor.post(url(name), form.values).status_code == 302


@pytest.mark.security(99)
def test_robot_that_fills_the_trap_again_is_refused_again(visitor):
    robot = visitor.open_callback() | {"website": "https://pills.example"}

    pages = [visitor.send_callback(robot) for _try in range(2)]

    assert [page.status_code for page in pages] == [200, 200]
    assert ConsultationRequest.objects.count() == 0


@pytest.fixture
def asked(visitor):
    """The form as it comes back with the question."""
    page = visitor.book(email=SLIP)
    return read_form(page)


def test_slip_in_an_address_is_asked_about_with_the_form_kept(visitor, asked):
    assert ConsultationRequest.objects.count() == 0
    assert asked.values["email"] == SLIP
    assert ("email_instead", MEANT) in asked.buttons


def test_suggestion_is_taken_by_its_button(visitor, asked):
    visitor.send_details(asked.values | {"email_instead": MEANT})

    assert ConsultationRequest.objects.get().email == MEANT


def test_suggestion_is_left_by_sending_the_form_as_it_is(visitor, asked):
    visitor.send_details(asked.values)

    assert ConsultationRequest.objects.get().email == SLIP


def test_nobody_is_asked_twice_though_something_else_is_wrong(visitor, asked):
    page = visitor.send_details(asked.values | {"preferred_name": ""})

    visitor.send_details(read_form(page).values | {"preferred_name": "Jo"})

    assert ConsultationRequest.objects.get().email == SLIP
