"""Whole pages and letters, by day and at night, whoever answers after hours."""

import json
import re
from datetime import UTC, datetime, time

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from admissions.messaging.previews import render_example
from tests.support.factories import answer_after_hours, make_counselor
from tests.support.visitor import Visitor, details_url

from .said import ALWAYS, NOBODY, faults_of, words_of

pytestmark = pytest.mark.django_db
# A Monday, just before our counselors go and just after: one visit lasts from one to the other.
DAY = datetime(2026, 11, 24, 0, 40, tzinfo=UTC)
NIGHT = datetime(2026, 11, 24, 1, 5, tzinfo=UTC)
FREE = datetime(2026, 11, 25, 18, tzinfo=UTC)
ADDRESSES = [
    "/", "/get-help/", "/get-help/for-someone/", "/programs/iop/", "/consultation/",
    "/consultation/?mode=video", "/consultation/callback/", "/consultation/find/",
    "/consultation/find/asked/", "/consultation/find/appointment/",
    "/consultation/before-the-call/",
]  # fmt: skip


@pytest.fixture
def clock():
    with time_machine.travel(DAY, tick=False) as at:
        yield at


@pytest.fixture
def counselor(clock):
    return make_counselor(opens=time(9), closes=time(17), languages=["en", "es"])


@pytest.fixture
def booked(counselor):
    """A browser that has booked and one that has asked for a call, with the request of each."""
    visitor, caller = Visitor(), Visitor()
    visitor.book()
    caller.send_callback(caller.open_callback())
    return visitor, caller


def pages_of(visitor, caller, prefix):
    """Every page that tells of the line, as text by its address."""
    own = [reverse(f"admissions:{name}") for name in ("booked", "manage")]
    asked = [(Client(), f"{prefix}{each}") for each in ADDRESSES]
    asked += [(visitor, f"{prefix}{each}") for each in own]
    asked += [(caller, f"{prefix}{reverse('admissions:callback_requested')}")]
    asked += [(Client(), f"{prefix}{details_url(FREE)}")]
    pages = {address: client.get(address) for client, address in asked}
    closed = [address for address, page in pages.items() if page.status_code != 200]
    assert closed == [f"{prefix}/consultation/find/appointment/"]
    return {address: page.content.decode() for address, page in pages.items()}


@pytest.mark.parametrize(
    ("at", "by"), [(DAY, "nobody"), (NIGHT, "on_call"), (NIGHT, "service"), (NIGHT, "nobody")]
)
@pytest.mark.parametrize("language", ["en", "es"])
def test_no_page_says_more_of_the_line_than_holds(booked, clock, language, at, by):
    answer_after_hours(by)
    clock.move_to(at)

    pages = pages_of(*booked, "" if language == "en" else f"/{language}")

    is_day = at == DAY
    faults = {
        address: faults_of(html, language=language, is_staffed=is_day, by=by, is_call_now=is_day)
        for address, html in pages.items()
    }
    assert {address: found for address, found in faults.items() if found} == {}


@pytest.mark.parametrize("by", ["on_call", "service", "nobody"])
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("is_discreet", [True, False])
def test_letter_says_day_and_night_only_where_somebody_answers_then(by, language, is_discreet):
    answer_after_hours(by)

    letter = render_example("confirmation", language, is_discreet=is_discreet)

    texts = [letter.body, words_of(letter.alternatives[0].content)]
    assert [bool(ALWAYS.search(text)) for text in texts] == [by != "nobody"] * 2


def test_letter_says_in_which_language_we_answer_after_hours():
    answer_after_hours("service", languages=["en"])

    letters = [render_example("confirmation", code, is_discreet=True) for code in ("en", "es")]

    assert ["Fuera de nuestro horario contestamos en inglés." in each.body for each in letters] == [
        False, True
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("task", "sentence"),
    [
        ("message", "Our answering service picks up, and can take a message for us."),
        ("promise", "Our answering service picks up, and can tell you when we will call you back."),
        ("book", "Our answering service picks up, and can book a time for you."),
    ],
)
def test_page_at_night_says_what_they_can_do(counselor, clock, task, sentence):
    answer_after_hours("service", task=task)
    clock.move_to(NIGHT)

    assert sentence in words_of(Client().get("/get-help/").content.decode())


@pytest.mark.parametrize(("at", "who"), [(DAY, "counselor"), (NIGHT, "service")])
def test_page_says_that_nobody_there_speaks_its_language(clock, at, who):
    make_counselor(opens=time(9), closes=time(17), languages=["en"])
    answer_after_hours("service", languages=["en"])
    clock.move_to(at)

    pages = [
        words_of(Client().get(each).content.decode()) for each in ("/get-help/", "/es/get-help/")
    ]

    assert ["Contestan en inglés." in words for words in pages] == [False, True]
    assert "They answer" not in pages[0]


def test_words_change_with_the_hour_on_a_page_that_is_kept(counselor, clock, page_caching):
    answer_after_hours("service")
    client, found = Client(), []

    for at in ("16:59:59", "17:00:05"):
        clock.move_to(datetime.fromisoformat(f"2026-11-23T{at}-08:00"))
        found.append("answering service picks up" in words_of(client.get("/").content.decode()))

    assert found == [False, True]


@pytest.mark.parametrize(
    ("by", "hours"), [("on_call", ["en", "es"]), ("service", ["en", "es"]), ("nobody", None)]
)
def test_search_engines_read_every_hour_only_where_somebody_answers(counselor, by, hours):
    answer_after_hours(by)

    html = Client().get("/").content.decode()

    [block] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, flags=re.S)
    point = json.loads(block)["contactPoint"]
    assert (point.get("availableLanguage"), "hoursAvailable" in point) == (hours, hours is not None)


@pytest.mark.parametrize("language", ["en", "es"])
def test_site_that_was_never_told_claims_nobody(clock, language):
    """Without hours and without an answer of the director, no page invents either."""
    clock.move_to(NIGHT)

    words = words_of(
        Client().get("/get-help/" if language == "en" else "/es/get-help/").content.decode()
    )

    assert NOBODY[language] in words
