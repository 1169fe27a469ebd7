"""A mistyped number or email, corrected on the page; and whom the old link lets in no more."""

import pytest
from django.test import Client

from admissions.intake import manage_links
from admissions.intake.models import ConsultationRequest
from tests.support.factories import make_counselor, make_request
from tests.support.queries import queries
from tests.support.visitor import MONDAY, Visitor, read_form, url

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]
RIGHT = "jo@example.com"


@pytest.fixture
def visitor():
    make_counselor()
    visitor = Visitor()
    visitor.book(email="jo@exmaple.com", may_email="on")
    visitor.get(url("booked"))
    return visitor


def correct(client, **typed):
    form = read_form(client.get(url("correct_contact")), "correct_contact")
    return client.post(url("correct_contact"), form.values | typed)


def the_request():
    return ConsultationRequest.objects.get()


def open_letter(request):
    """A browser that opened the link of a letter to the request's address of today."""
    client = Client()
    manage, _stop = manage_links.issue_tokens(request)
    client.get(f"/consultation/manage/{manage}/")
    return client


def test_receipt_shows_both_masked_with_the_way_to_correct_them(visitor):
    page = visitor.get(url("booked")).content.decode()

    assert "(•••) •••-0155" in page
    assert "j•••@exmaple.com" in page
    assert url("correct_contact") in page
    assert [each for each in ("555-0155", "jo@exmaple") if each in page] == []


def test_visitor_corrects_the_email_and_goes_on(visitor):
    answer = correct(visitor, email=RIGHT)

    assert answer["Location"] == url("manage")
    assert the_request().email == RIGHT
    assert "j•••@example.com" in visitor.get(url("manage")).content.decode()


def test_visitor_corrects_the_number(visitor):
    correct(visitor, phone="714 555 0199")

    assert str(the_request().phone) == "(714) 555-0199"


def test_email_that_was_not_given_can_be_added(visitor):
    request = make_request(email="", may_email=False)
    corrections_before = request.email_number
    client = open_letter(request)

    correct(client, email=RIGHT, may_email="on")

    request.refresh_from_db()
    assert (request.email, request.may_email) == (RIGHT, True)
    assert request.email_number == corrections_before + 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Type the right number or email."),
        ({"phone": "12"}, "Enter one phone number with area code"),
        ({"phone": "714 555 0199 / 714 555 0100"}, "Enter one phone number with area code"),
        ({"email": "jо@example.com"}, "We can’t write to an address with"),
        ({"email": "jo@gmial.com"}, "Did you mean jo@gmail.com?"),
    ],
)
def test_what_is_typed_is_checked_as_the_booking_form_checks(visitor, typed, words):
    page = correct(visitor, **typed).content.decode()

    assert words in page.replace("&#x27;", "’").replace("'", "’")
    assert the_request().email_number == 0


def test_email_needs_the_consent_that_stands_beside_it(visitor):
    form = read_form(visitor.get(url("correct_contact")), "correct_contact")
    values = {name: each for name, each in form.values.items() if name != "may_email"}

    visitor.post(url("correct_contact"), values | {"email": RIGHT})

    assert the_request().email_number == 0


def test_slip_is_asked_about_once(visitor):
    page = correct(visitor, email="jo@gmial.com")
    again = read_form(page, "correct_contact").values

    visitor.post(url("correct_contact"), again)

    assert the_request().email == "jo@gmial.com"


def test_second_tab_is_not_thanked_for_what_was_not_taken(visitor):
    form = read_form(visitor.get(url("correct_contact")), "correct_contact").values
    visitor.post(url("correct_contact"), form | {"email": RIGHT})

    page = visitor.post(url("correct_contact"), form | {"phone": "714 555 0199"})

    again = read_form(page, "correct_contact").values
    assert again["phone"] == "714 555 0199"
    visitor.post(url("correct_contact"), again)
    assert str(the_request().phone) == "(714) 555-0199"


def test_double_click_is_answered_like_one(visitor):
    form = read_form(visitor.get(url("correct_contact")), "correct_contact").values

    answers = [visitor.post(url("correct_contact"), form | {"email": RIGHT}) for _ in range(2)]

    assert [each["Location"] for each in answers] == [url("manage")] * 2


# Whom the old link lets in no more


@pytest.mark.security(8)
def test_stranger_who_had_opened_the_letter_is_shown_out(visitor):
    stranger = open_letter(the_request())
    assert stranger.get(url("manage")).status_code == 200

    correct(visitor, email=RIGHT)

    pages = ["manage", "correct_contact", "move_consultation", "change_contact_plan"]
    assert {stranger.get(url(name)).status_code for name in pages} == {410}


@pytest.mark.security(8)
def test_link_in_the_old_letter_is_a_page_that_does_not_exist(visitor):
    manage, stop = manage_links.issue_tokens(the_request())

    correct(visitor, email=RIGHT)

    assert Client().get(f"/consultation/manage/{manage}/").status_code == 404
    page = Client().get(f"/consultation/stop/{stop}/")
    assert "We no longer send you emails." in page.content.decode()
    assert the_request().reference not in page.content.decode()


@pytest.mark.security(8)
def test_stranger_stops_nothing_of_the_new_address(visitor):
    _manage, stop = manage_links.issue_tokens(the_request())
    opened = Client()
    opened.get(f"/consultation/stop/{stop}/")
    form = read_form(opened.get(url("unsubscribe")), "unsubscribe")
    correct(visitor, email=RIGHT)

    answers = [
        Client().post(f"/consultation/stop/{stop}/", {"List-Unsubscribe": "One-Click"}),
        opened.post(url("unsubscribe"), form.values),
    ]

    assert [answer.status_code for answer in answers] == [200, 410]
    assert the_request().may_email
    assert the_request().suppressions.count() == 0


@pytest.mark.security(8)
def test_who_corrects_by_the_link_goes_on_and_does_not_own_the_new_address(visitor):
    by_link = open_letter(the_request())

    correct(by_link, email=RIGHT)

    assert by_link.get(url("manage")).status_code == 200
    form = read_form(by_link.get(url("manage")), "stop_emails")
    by_link.post(url("stop_emails"), form.values)
    assert the_request().suppressions.count() == 0


@pytest.mark.security(16)
def test_what_is_found_by_reference_and_phone_cannot_be_corrected(visitor):
    found = Client()
    found.post(
        url("find_appointment"),
        {"by": "reference", "reference": the_request().reference, "phone": "714 555 0155"},
    )

    page = found.get(url("see_appointment")).content.decode()
    assert "0155" not in page
    assert found.get(url("correct_contact")).status_code == 410


def test_too_many_corrections_are_said_kindly(visitor, settings):
    settings.REQUEST_LIMIT_FACTOR = 1
    for number in range(5):
        correct(visitor, phone=f"714 555 010{number}")

    assert correct(visitor, phone="714 555 0199").status_code == 429


def test_form_of_a_closed_request_says_so(visitor):
    form = read_form(visitor.get(url("correct_contact")), "correct_contact")
    ConsultationRequest.objects.update(
        stage="closed", disposition="withdrawn", closed_at=MONDAY, due_at=None
    )

    page = visitor.post(url("correct_contact"), form.values | {"email": RIGHT})

    assert page.status_code == 409


def test_pages_ask_no_more_than_before(visitor):
    """The session, the request, what it is about, the frame; each once."""
    assert queries(visitor, url("correct_contact")) <= 15
    assert queries(visitor, url("booked")) <= 24
