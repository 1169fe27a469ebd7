"""The guide's answers come along only as the visitor says, and reach the counselor sealed."""

import json
import re

import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from django.utils import translation

from admissions.intake.models import ConsultationRequest
from admissions.public import guide_answers
from programs.models import Program
from tests.support.factories import make_counselor
from tests.support.visitor import MONDAY, Visitor, details_url, read_form

SAID = {"danger": "no", "home": "no", "support": "always"}
ASKED = [
    ["Is anyone in danger right now?", "No"],
    ["Is the place you live safe and steady?", "No, or people there drink or use"],
    ["How much support would you want between sessions?", "Someone near, day and night"],
]
HERE = {"HTTP_ORIGIN": "http://testserver"}


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(MONDAY), translation.override("en"):
        yield


@pytest.fixture
def visitor(db):
    make_counselor()
    return Visitor()


def take(visitor, sent=SAID, prefix="", **headers):
    return visitor.post(
        prefix + reverse("admissions:continue_from_guide"), sent, **(headers or HERE)
    )


def told():
    return json.loads(ConsultationRequest.objects.get().guide_answers or "[]")


def test_answers_come_with_a_booking_and_leave_the_visit(visitor):
    answer = take(visitor)

    visitor.book(takes_guide="on")

    assert (answer["Location"], told()) == (reverse("admissions:choose_time"), ASKED)
    assert guide_answers.load_answers(visitor.session) is None


def test_answers_come_with_a_call_about_someone_else_in_spanish_as_staff_read_them(visitor):
    answer = take(visitor, SAID | {"to": "call", "for": "loved_one"}, prefix="/es")

    visitor.send_callback(visitor.open_callback() | {"takes_guide": "on"})

    assert answer["Location"] == "/es/consultation/callback/?for=loved_one"
    assert told()[1][0] == "Is the place they live safe and steady?"


def test_form_shows_them_and_names_the_one_program_that_they_lead_to(visitor):
    take(visitor)

    page = visitor.get(details_url())

    form = page.context["form"]
    residential = Program.objects.get(slug="residential")
    assert form["program_interest"].value() == residential.pk
    assert re.search(r'<details class="more"\s+open>', page.content.decode())
    assert read_form(page).values["takes_guide"] == "on"
    assert "No, or people there drink or use" in page.content.decode()


def test_form_names_no_program_where_they_lead_to_two(visitor):
    take(visitor, SAID | {"time": "no"})

    assert visitor.get(details_url()).context["form"]["program_interest"].value() is None


def test_answers_left_out_on_the_form_are_not_kept(visitor):
    take(visitor)
    values = visitor.open_details()
    values.pop("takes_guide")

    visitor.send_details(values)

    assert told() == []


def test_form_without_answers_says_nothing_of_them(visitor):
    assert "takes_guide" not in read_form(visitor.get(details_url())).values


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_ORIGIN": "https://elsewhere.example"},
        {"HTTP_ORIGIN": "null"},
        {"HTTP_REFERER": "https://elsewhere.example/programs/guide/"},
        {"HTTP_ACCEPT": "text/html"},
    ],
    ids=["other", "null", "referer", "unsaid"],
)
def test_answers_that_no_page_of_ours_sent_are_not_taken(visitor, headers):
    answer = take(visitor, **headers)

    assert (answer.status_code, dict(visitor.session), answer.cookies) == (302, {}, {})


def test_answers_sent_with_an_older_browser_s_referrer_are_taken(visitor):
    take(visitor, HTTP_REFERER="http://testserver/programs/guide/")

    assert guide_answers.load_answers(visitor.session).answers == SAID


def test_incomplete_answers_are_not_taken(visitor):
    take(visitor, {"home": "no"})

    assert dict(visitor.session) == {}


def test_answers_stand_nowhere_readable(visitor):
    take(visitor)
    in_session = json.dumps(dict(visitor.session))
    visitor.book(takes_guide="on")

    with connection.cursor() as cursor:
        cursor.execute("SELECT guide_answers FROM admissions_consultationrequest")
        at_rest = cursor.fetchone()[0]
    texts = (in_session, at_rest)
    seen = [(bool(text), "home" in text, "live safe" in text) for text in texts]
    assert seen == [(True, False, False)] * 2


def test_finish_on_this_device_forgets_them(visitor):
    take(visitor)

    visitor.post(reverse("admissions:finish"))

    assert guide_answers.load_answers(visitor.session) is None
