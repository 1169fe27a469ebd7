"""The clock that a visitor chose stays theirs: to the details, the receipt and the letter."""

from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.test import Client
from django.utils import translation

from admissions.intake.models import ConsultationRequest
from admissions.messaging import rendering
from admissions.messaging.models import Message
from tests.support.factories import make_counselor
from tests.support.visitor import MONDAY, Visitor, details_url, read_form, url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MONDAY, tick=False) as at, translation.override("en"):
        yield at


@pytest.fixture
def visitor():
    make_counselor(languages=["en", "es"])
    return Visitor()


def first_link(page, address):
    """The first address on the page that begins like this."""
    return unescape(page.content.decode().split(f'href="{address}?')[1].split('"')[0])


def choose(visitor, zone):
    """The details form of the first time that the page of times offers by this clock."""
    page = visitor.get(url("choose_time"), {"zone": zone})
    return visitor.get(f"{url('details')}?{first_link(page, url('details'))}")


def test_clock_of_the_center_is_a_choice_like_any_other(visitor):
    form = choose(visitor, "America/Los_Angeles")

    assert read_form(form).values["time_zone"] == "America/Los_Angeles"
    assert "zone=America%2FLos_Angeles" in first_link(form, url("choose_time"))


def test_details_keep_the_clock_that_they_show(visitor):
    form = visitor.get(details_url() + "&zone=UTC")

    assert read_form(form).values["time_zone"] == "America/Los_Angeles"


def test_receipt_and_letter_follow_the_clock_that_was_chosen(visitor):
    form = choose(visitor, "Asia/Kathmandu")

    typed = {"is_in_danger": "no", "for_whom": "self", "is_adult": "yes", "preferred_name": "Jo"}
    typed |= {"phone": "714 555 0155", "email": "jo@example.com"}
    visitor.send_details(read_form(form).values | typed | {"agrees_to_contact": "on"})

    assert "12:15 am (Kathmandu time)" in visitor.get(url("booked")).content.decode()
    letter = rendering.render_email(Message.objects.get(kind=Message.Kind.CONFIRMATION))
    assert "12:15 am (Kathmandu time)" in letter.body


def test_page_of_times_offers_the_clock_that_it_shows(visitor):
    page = visitor.get(url("choose_time"), {"zone": "Asia/Kathmandu"}).content.decode()

    assert page.split("selected>")[1].split("<")[0] == "Kathmandu time"


def test_clock_goes_along_to_the_callback_form(visitor):
    page = visitor.get(url("choose_time"), {"zone": "Asia/Kathmandu"})

    form = visitor.get(f"{url('request_callback')}?{first_link(page, url('request_callback'))}")

    assert read_form(form, "request_callback").values["time_zone"] == "Asia/Kathmandu"
    assert "We aim to call today by 11:50 pm." in form.content.decode()


def test_good_time_of_a_browser_that_hides_its_clock_is_by_ours(visitor):
    values = visitor.open_callback() | {"time_zone": "UTC", "good_time": "morning"}

    visitor.send_callback(values)

    # It is 10 in the morning at the center, and 6 in the evening in UTC.
    assert ConsultationRequest.objects.get().promised_call_by == MONDAY + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("address", "said"),
    [("/", "minutes, Pacific time"), ("/es/", "minutos, hora del Pacífico")],
)
def test_times_of_the_home_page_name_the_clock_of_the_center(visitor, address, said):
    page = Client().get(address).content.decode()

    assert said in page
    assert 'data-clock="America/Los_Angeles"' in page
