"""Calls and times in the language of the page, and an interpreter where nobody speaks it."""

import uuid
from datetime import time, timedelta
from html import unescape

import pytest
import time_machine
from django.conf import settings
from django.utils import translation

from admissions.booking import moves
from admissions.formatting import IN_LANGUAGE
from admissions.intake.models import ConsultationRequest
from tests.support.factories import make_counselor
from tests.support.visitor import CALLBACK, DETAILS, MONDAY, Visitor, read_form, url

pytestmark = pytest.mark.django_db
SPANISH_FORM = "/es" + url("request_callback")


@pytest.fixture(autouse=True)
def clock():
    """Monday, 10 in the morning at the center."""
    with time_machine.travel(MONDAY, tick=False) as at:
        yield at


def said(page):
    """The promise that stands above the form."""
    lede = unescape(page.content.decode()).split('<p class="lede"')[1].split("</p>")[0]
    return " ".join(lede.split(">", 1)[1].replace("\xa0", " ").split())


def test_every_language_of_the_site_can_be_named_in_a_promise():
    assert set(IN_LANGUAGE) == {code for code, _name in settings.LANGUAGES}


def ask_in_spanish(visitor):
    with translation.override("es"):
        values = read_form(visitor.get(SPANISH_FORM), "request_callback").values | CALLBACK
    visitor.post(SPANISH_FORM, values)
    return ConsultationRequest.objects.get()


def test_spanish_page_tells_both_times_when_only_english_is_at_the_phones():
    make_counselor(languages=["en"])
    make_counselor(languages=["es"], opens=time(15), closes=time(17))
    visitor = Visitor()

    page = said(visitor.get(SPANISH_FORM))

    assert (
        "Esperamos llamarle en español hoy antes de las 3:15 p. m. (PST),"
        " o en inglés hoy antes de las 10:05 a. m. (PST)"
    ) in page


def test_request_in_spanish_keeps_the_time_of_who_speaks_it():
    make_counselor(languages=["en"])
    make_counselor(languages=["es"], opens=time(15), closes=time(17))

    request = ask_in_spanish(Visitor())

    assert request.promised_call_by == MONDAY + timedelta(hours=5, minutes=15)
    assert request.interpreter == ""


def test_spanish_page_promises_one_time_when_spanish_is_at_the_phones():
    make_counselor(languages=["en", "es"])

    page = said(Visitor().get(SPANISH_FORM))

    assert "en inglés" not in page


def test_without_anyone_who_speaks_it_an_interpreter_is_promised_and_stored():
    make_counselor(languages=["en"])
    visitor = Visitor()

    page = said(visitor.get(SPANISH_FORM))
    request = ask_in_spanish(visitor)

    assert "hoy antes de las 10:05 a. m. (PST), con un intérprete: para entonces" in page
    assert request.promised_call_by == MONDAY + timedelta(minutes=5)
    assert request.interpreter == "Spanish"


# Times with an interpreter
@pytest.fixture
def spanish():
    with translation.override("es"):
        yield


def links(page, beginning):
    found = page.content.decode().split(f'href="{beginning}')[1:]
    return [beginning + unescape(each.split('"')[0]) for each in found]


@pytest.mark.usefixtures("spanish")
def test_time_with_an_interpreter_is_offered_booked_stored_and_moved():
    make_counselor(languages=["en"])
    visitor = Visitor()

    page = visitor.get("/es/consultation/?mode=video&zone=America/Denver")
    offered = [each for each in links(page, "/es/consultation/?") if "with_interpreter=1" in each]
    times = visitor.get(offered[0])
    details = visitor.get(links(times, "/es/consultation/details/?")[0])
    values = read_form(details).values | DETAILS | {"interpreter": "slowly"}
    visitor.post("/es/consultation/details/", values)

    request = ConsultationRequest.objects.get()
    assert (request.language, request.interpreter) == ("es", "Spanish, slowly")
    assert request.time_zone == "America/Denver"
    standing = request.standing_consultation()
    assert standing.mode == "video"
    later = standing.starts_at + timedelta(hours=1)
    moved = moves.move_consultation(key=uuid.uuid4(), request=request, starts_at=later)
    assert moved.starts_at == later


@pytest.fixture
def called(spanish):
    """A browser in which a call in Spanish was asked for; nobody speaks it by video."""
    make_counselor(languages=["en"])
    make_counselor(languages=["es"], modes=["phone"])
    visitor = Visitor()
    visitor.send_callback(visitor.open_callback())
    visitor.get(url("callback_requested"))
    assert ConsultationRequest.objects.get().interpreter == ""
    return visitor


def test_time_with_an_interpreter_after_a_call_is_booked_with_one_button(called):
    times = called.get("/es/consultation/?mode=video&with_interpreter=1")
    page = called.get(links(times, "/es/consultation/details/?")[0])

    called.post(url("rebook"), read_form(page, "rebook").values)

    request = ConsultationRequest.objects.get()
    assert request.standing_consultation().mode == "video"
    assert request.interpreter == "Spanish"
    assert "Con un intérprete" in page.content.decode()


def test_interpreter_of_another_language_than_the_request_has_the_whole_form():
    make_counselor(languages=["en"])
    visitor = Visitor()
    visitor.send_callback(visitor.open_callback())

    with translation.override("es"):
        times = visitor.get("/es/consultation/?mode=video&with_interpreter=1")
        page = visitor.get(links(times, "/es/consultation/details/?")[0])
        form = read_form(page)

    assert form.values["with_interpreter"] == "1"


@pytest.mark.parametrize("page_name", ["rebook", "move_consultation"])
def test_known_person_is_offered_the_times_with_an_interpreter(called, page_name):
    if page_name == "move_consultation":
        times = called.get(url("rebook"), {"mode": "phone"})
        called.post(url("rebook"), read_form(times, "rebook").values | {"at": first_time(times)})
    here = url(page_name)
    page = called.get(here, {"mode": "video"})
    offered = [each for each in links(page, here) if "with_interpreter=1" in each]
    times = called.get(offered[0])

    called.post(here, read_form(times, page_name).values | {"at": first_time(times)})

    request = ConsultationRequest.objects.get()
    assert request.standing_consultation().mode == "video"
    assert request.interpreter == "Spanish"
    assert "Un intérprete" in times.content.decode()


def first_time(page):
    return page.content.decode().split('name="at" value="')[1].split('"')[0]


@pytest.mark.usefixtures("spanish")
def test_no_interpreter_is_offered_where_someone_speaks_the_language():
    make_counselor(languages=["es"])

    page = Visitor().get("/es/consultation/?mode=video")

    assert "with_interpreter" not in page.content.decode()


@pytest.mark.usefixtures("spanish")
def test_no_interpreter_is_offered_where_nobody_has_a_time():
    page = Visitor().get("/es/consultation/?mode=video")

    assert "with_interpreter" not in page.content.decode()
