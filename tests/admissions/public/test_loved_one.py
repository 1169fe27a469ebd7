"""Someone who asks for a person they care about: what they choose once goes along to the end."""

import re

import pytest
import time_machine
from django.urls import reverse
from django.utils import translation

from admissions.intake.models import ConsultationRequest
from admissions.messaging import rendering
from admissions.messaging.models import Message
from tests.support.factories import make_counselor, make_due
from tests.support.visitor import (
    CALLBACK,
    MONDAY,
    TOMORROW_AT_TEN,
    Visitor,
    details_url,
    read_form,
    url,
)

pytestmark = pytest.mark.django_db
ALONE = "We talk only with you. We don't contact anyone else about this."


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MONDAY, tick=False), translation.override("en"):
        yield


@pytest.fixture
def visitor():
    make_counselor()
    return Visitor()


def links(page, address):
    """Where the links of the page lead that go to this address of ours."""
    main = re.search(r"<main.*</main>", page.content.decode(), flags=re.DOTALL)[0]
    found = (link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)"', main))
    return [link for link in found if link.partition("?")[0] == address]


def test_choice_goes_along_from_the_help_page_into_the_form(visitor):
    start = visitor.get(reverse("programs:help_for_someone"))
    doors = links(start, url("choose_time")) + links(start, url("request_callback"))
    times = visitor.get(doors[0])
    forms = links(times, url("details"))
    page = visitor.get(forms[0])

    assert doors == [
        url("choose_time") + "?for=loved_one",
        url("request_callback") + "?for=loved_one",
    ]
    assert {"for=loved_one" in link for link in forms + links(times, url("choose_time"))} == {True}
    assert links(times, url("request_callback")) == [doors[1]]
    assert read_form(page).values["for_whom"] == "loved_one"
    assert links(page, url("choose_time")) == [
        url("choose_time") + "?mode=phone&for=loved_one&zone=America%2FLos_Angeles"
    ]


@pytest.mark.parametrize("name", ["choose_time", "details", "request_callback"])
def test_choice_that_we_do_not_know_is_not_repeated(visitor, name):
    address = details_url() + "&" if name == "details" else url(name) + "?"

    page = visitor.get(f"{address}for=canary")

    assert page.status_code == 200
    assert b"canary" not in page.content


@pytest.mark.parametrize(
    ("asked", "kept"), [("?for=loved_one", "loved_one"), ("", "self"), ("?for=x", "self")]
)
def test_call_is_kept_as_for_whom_it_was_asked(visitor, asked, kept):
    form = read_form(visitor.get(url("request_callback") + asked), "request_callback")

    visitor.send_callback(form.values | CALLBACK)

    assert ConsultationRequest.objects.get().for_whom == kept


@pytest.mark.parametrize(("whom", "is_said"), [("loved_one", True), ("self", False)])
def test_confirmation_says_that_nobody_else_hears_of_it(visitor, whom, is_said):
    visitor.book(for_whom=whom, email="jo@example.com")

    page = visitor.get(url("booked")).content.decode()
    letter = rendering.render_email(Message.objects.get(kind=Message.Kind.CONFIRMATION))

    sheet = url("before_the_call") + "#family"
    assert (ALONE in page, f'href="{sheet}"' in page, ALONE in letter.body) == (is_said,) * 3


def test_other_letters_are_the_same_for_whomever_they_are():
    kinds = [Message.Kind.REMINDER_DAY, Message.Kind.CANCELED, Message.Kind.NO_CONTACT_FIRST]
    made = [make_due(kind, now=MONDAY, at=TOMORROW_AT_TEN, for_whom="loved_one") for kind in kinds]

    assert [ALONE in rendering.render_email(message).body for message in made] == [False] * 3


def test_form_says_where_someone_under_18_can_turn(visitor):
    page = visitor.book(is_adult="no")

    assert links(page, reverse("programs:get_help") + "#minors") != []
