"""The number and the next time, in reach on every page."""

import re

import pytest
import time_machine
from django.test import Client

from admissions.scheduling.models import Closure
from tests.support.factories import make_counselor
from tests.support.visitor import MONDAY, Visitor, details_url, url

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]


def words_between(page, begin, end):
    found = re.search(f"{begin}.*?{end}", page.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def header_of(page):
    return words_between(page, '<p class="reach">', "</p>")


def bar_of(page):
    return words_between(page, '<nav class="bar"', "</nav>")


@pytest.mark.parametrize(
    ("address", "header", "bar"),
    [
        (
            "/learn/",
            "Call (714) 555-0134 Next time: Today, 10:30 am, Pacific time",
            "Call now (714) 555-0134 Book a time Today, 10:30 am PST",
        ),
        (
            "/es/learn/",
            "Llame al (714) 555-0134 Próxima hora: Hoy, 10:30 a. m., hora del Pacífico",
            "Llamar ahora (714) 555-0134 Reservar cita Hoy, 10:30 a. m. PST",
        ),
    ],
)
def test_every_page_has_the_number_and_the_next_time(address, header, bar):
    make_counselor(languages=["en", "es"])

    page = Client().get(address)

    assert (header_of(page), bar_of(page)) == (header, bar)


def test_without_a_time_within_a_day_a_call_is_offered():
    make_counselor()
    Closure.objects.create(
        starts_at=MONDAY, ends_at=MONDAY.replace(day=25), reason="Holiday", counselor=None
    )

    page = Client().get("/learn/")

    assert header_of(page) == "Call (714) 555-0134 Ask us to call"
    assert bar_of(page) == "Call us (714) 555-0134 Ask us to call"


@pytest.mark.parametrize(
    "address", [details_url(), url("request_callback"), url("find_appointment")]
)
def test_form_of_who_has_no_time_yet_names_the_next(address):
    make_counselor()

    page = Client().get(address)

    assert header_of(page) == "Call (714) 555-0134 Next time: Today, 10:30 am, Pacific time"


def test_whoever_has_a_time_is_offered_no_other():
    make_counselor()
    visitor = Visitor()
    visitor.book()

    page = visitor.get(url("manage"))

    assert header_of(page) == "Call (714) 555-0134"
    assert bar_of(page) == "Call now (714) 555-0134 Ask us to call"


def test_next_time_is_found_once_a_second_for_each_language(
    page_caching, settings, django_assert_num_queries
):
    make_counselor()
    settings.PAGE_CACHE_SECONDS = 0
    with time_machine.travel(MONDAY, tick=False) as clock:
        Client().get("/learn/")
        with django_assert_num_queries(2):
            Client().get("/learn/")
        clock.shift(1)
        with django_assert_num_queries(14):
            Client().get("/learn/")
