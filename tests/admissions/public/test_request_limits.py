"""A script that fills in our forms: what it gets, and what a person sees meanwhile."""

from datetime import timedelta

import pytest
import time_machine

from admissions.intake.models import ConsultationRequest
from admissions.messaging.models import Message
from admissions.scheduling.models import Consultation
from tests.support.factories import make_counselor
from tests.support.visitor import DETAILS, MONDAY, Visitor, read_form, url

POSTS = 20
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def one_center(settings):
    settings.REQUEST_LIMIT_FACTOR = 1
    settings.PROXIES = 1
    with time_machine.travel(MONDAY):
        yield


@pytest.fixture
def times(db):
    """Open times, more than a script posts."""
    for _counselor in range(3):
        make_counselor()
    page = Visitor().get(url("open_times") + "?mode=phone").json()
    assert len(page["times"]) >= POSTS
    return page["times"]


def typed(number, **more):
    return {
        "preferred_name": "Robot",
        "phone": f"714 555 {number + 100:04}",
        "email": f"robot{number}@example.com",
    } | more


def script(number, address):
    """A browser of its own behind our proxy, which a script may lie to about where it is."""
    return Visitor(headers={"x-forwarded-for": f"{number}.1.1.1, {address}"})


def book(number, at, address, **more):
    visitor = script(number, address)
    page = visitor.get(f"{url('details')}?at={at}&mode=phone")
    return visitor.send_details(read_form(page).values | DETAILS | typed(number, **more))


def call(number, address, **more):
    visitor = script(number, address)
    return visitor.send_callback(visitor.open_callback() | typed(number, **more))


@pytest.fixture
def large_center(settings):
    """Takes so many from everyone that only what one shares with oneself has a limit."""
    settings.REQUEST_LIMIT_FACTOR = 100


@pytest.mark.security(98)
def test_one_address_takes_five_times(times, large_center):
    answers = [book(number, times[number], "203.0.113.9") for number in range(POSTS)]

    assert [each.status_code for each in answers] == [302] * 5 + [429] * (POSTS - 5)
    assert Consultation.objects.count() == 5


@pytest.mark.security(98)
def test_many_addresses_take_five_times(times):
    answers = [book(number, times[number], f"203.0.113.{number}") for number in range(POSTS)]

    assert {each.status_code for each in answers[5:]} == {429}
    assert Consultation.objects.count() == 5


@pytest.mark.security(98)
def test_network_of_ipv6_is_one_address(times, large_center):
    answers = [book(number, times[number], f"2001:db8::{number + 1:x}") for number in range(6)]

    assert answers[-1].status_code == 429


def test_calls_are_limited_with_bookings(times):
    for number in range(5):
        book(number, times[number], f"203.0.113.{number}")

    answers = [call(number, f"203.0.113.{number}") for number in range(5, POSTS)]

    assert {each.status_code for each in answers} == {429}
    assert ConsultationRequest.objects.count() == 5


def test_one_bell_rings_for_a_flood(times):
    for number in range(POSTS):
        call(number, f"203.0.113.{number}", is_in_danger="yes")

    kinds = list(Message.objects.values_list("kind", flat=True))
    assert kinds.count("staff_flood") == 1
    assert kinds.count("staff_new_request") == 5


def test_stranger_gets_few_letters_that_a_script_asks_for(times, large_center):
    stranger = {"phone": "714 555 0191", "email": "stranger@example.org"}
    for number in range(8):
        book(number, times[number], f"203.0.113.{number}", **stranger)

    assert Consultation.objects.count() == 3
    assert Message.objects.filter(kind="confirmation").count() == 3


def test_family_that_reaches_a_limit_rings_no_bell(times):
    for number in range(4):
        book(number, times[number], f"203.0.113.{number}", phone="714 555 0155")

    assert not Message.objects.filter(kind="staff_flood").exists()


@pytest.mark.security(101)
def test_person_beyond_a_limit_sees_the_number_and_keeps_what_was_typed(times):
    for number in range(5):
        book(number, times[number], "203.0.113.9")

    page = book(6, times[6], "203.0.113.9", preferred_name="Nina", note="He is my son")

    values = read_form(page).values
    assert (values["preferred_name"], values["note"]) == ("Nina", "He is my son")
    assert b"Please call us instead" in page.content
    assert b'href="tel:988"' in page.content


@pytest.mark.security(101)
def test_caller_beyond_a_limit_keeps_what_was_typed(times):
    for number in range(5):
        call(number, "203.0.113.9")

    page = call(6, "203.0.113.9", preferred_name="Nina")

    assert page.status_code == 429
    assert read_form(page, "request_callback").values["preferred_name"] == "Nina"


def test_same_form_sent_again_later_is_taken(times):
    for number in range(5):
        book(number, times[number], f"203.0.113.{number}")
    visitor = script(6, "203.0.113.77")
    page = visitor.get(f"{url('details')}?at={times[6]}&mode=phone")
    refused = visitor.send_details(read_form(page).values | DETAILS | typed(6))

    with time_machine.travel(MONDAY + 11 * MINUTE):
        later = visitor.send_details(read_form(refused).values | DETAILS | typed(6))

    assert later.status_code == 302


def test_time_that_was_taken_costs_no_try(times):
    visitors = [script(number, "203.0.113.9") for number in range(7)]
    pages = [visitor.get(f"{url('details')}?at={times[0]}&mode=phone") for visitor in visitors]
    answers = [
        visitor.send_details(read_form(page).values | DETAILS | typed(number))
        for number, (visitor, page) in enumerate(zip(visitors, pages, strict=True))
    ]
    assert [each.status_code for each in answers] == [302] * 3 + [409] * 4

    assert book(8, times[-1], "203.0.113.9").status_code == 302
