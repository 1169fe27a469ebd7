"""Content pages of a moment ago: quick for strangers, never stale for long, never anyone's own."""

import gzip
import re

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import resolve

from admissions.scheduling import availability
from admissions.scheduling.models import Consultation
from programs.models import Facility, Program
from recovery_site import page_cache
from recovery_site import settings as site
from tests.support.factories import make_counselor
from tests.support.visitor import MONDAY, Visitor

pytestmark = pytest.mark.django_db
# What a page may say for at most so many seconds after it stopped being true.
MOMENT = 5
FIRST_TIME = re.compile(r"/consultation/details/\?at=(\w+)")


@pytest.fixture(autouse=True)
def clock(page_caching):
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


def first_time(page):
    return FIRST_TIME.search(page.content.decode()).group(1)


def test_taken_time_is_shown_as_free_for_three_seconds_at_most(clock):
    make_counselor()
    stranger, booker = Client(), Visitor()
    taken = first_time(stranger.get("/"))
    booker.book(availability.parse_stamp(taken))
    assert Consultation.objects.count() == 1

    clock.shift(2.9)
    soon = first_time(stranger.get("/"))
    clock.shift(0.1)
    later = first_time(stranger.get("/"))

    assert soon == taken
    assert later != taken
    assert first_time(booker.get("/")) == later


def test_whoever_has_a_cookie_sees_everything_live():
    client = Client()
    client.get("/")
    Program.objects.filter(slug="iop").update(tag="Sleep at home")

    old = client.get("/").content
    client.cookies["session"] = "x"
    live = client.get("/").content

    assert b"Sleep at home" not in old
    assert b"Sleep at home" in live


def test_machines_agree_on_a_change_within_five_seconds(clock, settings):
    """Each keeps pages of its own, begun at its own time."""

    def shows_change(machine):
        pages = settings.CACHES["pages"] | {"LOCATION": machine}
        settings.CACHES = settings.CACHES | {"pages": pages}
        return b"(714) 555-0199" in Client().get("/").content

    shows_change("one")
    clock.shift(2.9)
    shows_change("two")
    Facility.objects.update(admissions_line="+17145550199")
    before = [shows_change("one"), shows_change("two")]
    clock.shift(MOMENT)

    assert before == [False, False]
    assert [shows_change("one"), shows_change("two")] == [True, True]


def test_page_and_the_frame_it_was_begun_with_are_five_seconds_old_together():
    assert page_cache.MAX_PAGE_AGE_SECONDS + site.FRAME_CACHE_SECONDS <= MOMENT
    assert site.PAGE_CACHE_SECONDS <= page_cache.MAX_PAGE_AGE_SECONDS


class Draws:
    """A page that counts how often it is drawn, and what happens meanwhile."""

    def __init__(self, meanwhile=None, path="/", **told):
        self.count, self.meanwhile, self.path, self.told = 0, meanwhile, path, told
        self.cached = page_cache.PageCacheMiddleware(self)

    def __call__(self, request):
        self.count += 1
        if self.meanwhile and self.count > 1:
            self.meanwhile, act = None, self.meanwhile
            act(self)
        request.resolver_match = resolve(self.path)
        response = HttpResponse(f"drawing {self.count}", **self.told)
        response["Content-Language"] = "es" if request.path_info.startswith("/es/") else "en"
        return response

    def ask(self, path="", **headers):
        request = RequestFactory().get(path or self.path, **headers)
        return self.cached(request).content.decode()


@pytest.mark.parametrize(("lasts", "seen"), [(0.9, "drawing 1"), (1, "drawing 3")])
def test_others_get_the_old_page_while_one_waits_but_never_a_very_old_one(clock, lasts, seen):
    came = []

    def another_comes(page):
        clock.shift(lasts)
        came.append(page.ask())

    page = Draws(another_comes)
    page.ask()
    clock.shift(3)

    page.ask()

    assert came == [seen]


def test_page_is_as_old_as_its_beginning_however_long_it_took(clock):
    came = []

    def another_comes(page):
        clock.shift(0.1)
        came.append(page.ask())

    page = Draws(lambda page: clock.shift(2))
    page.ask()
    clock.shift(3)
    assert page.ask() == "drawing 2"

    clock.shift(1.9)
    page.meanwhile = another_comes
    page.ask()

    assert came == ["drawing 4"]


KEPT_BY_NOBODY = {
    "a cookie": ({}, {"HTTP_COOKIE": "a=b"}),
    "a name and a password": ({}, {"HTTP_AUTHORIZATION": "Basic x"}),
    "a question": ({}, {"QUERY_STRING": "a=b"}),
    "another verb": ({}, {"REQUEST_METHOD": "POST"}),
    "a fault": ({"status": 404}, {}),
    "a personal page": ({"headers": {"Cache-Control": "no-store"}}, {}),
    "a private page": ({"headers": {"Cache-Control": "private"}}, {}),
    "a page by cookie": ({"headers": {"Vary": "Cookie"}}, {}),
    "a page that sets a cookie": ({"headers": {}, "cookie": True}, {}),
    "a page of times": ({"path": "/consultation/"}, {}),
}


@pytest.mark.parametrize(("told", "asked"), KEPT_BY_NOBODY.values(), ids=KEPT_BY_NOBODY)
def test_page_that_may_be_someones_own_is_drawn_each_time(told, asked):
    told = dict(told)
    sets_cookie = told.pop("cookie", False)
    page = Draws(**told)
    if sets_cookie:
        page.cached.get_response = lambda request: with_cookie(page(request))

    seen = [page.ask(**asked), page.ask(**asked)]

    assert seen == ["drawing 1", "drawing 2"]


def with_cookie(response):
    response.set_cookie("a", "b")
    return response


def test_stranger_after_a_visitor_with_a_cookie_gets_a_page_of_their_own():
    page = Draws()

    seen = [page.ask(HTTP_COOKIE="a=b"), page.ask(), page.ask(HTTP_COOKIE="a=b"), page.ask()]

    assert seen == ["drawing 1", "drawing 2", "drawing 3", "drawing 2"]


def test_pages_are_kept_apart_by_all_that_they_depend_on():
    page = Draws()
    asked = [
        {},
        {"HTTP_HOST": "127.0.0.1"},
        {"SERVER_NAME": "127.0.0.1"},
        {"SERVER_PORT": "8080"},
        {"wsgi.url_scheme": "https"},
        {"path": "/es/"},
        {"SCRIPT_NAME": "/es"},
        {"path": "/learn/"},
        {"SCRIPT_NAME": "/learn"},
        {"HTTP_ACCEPT_LANGUAGE": "es"},
        {"path": "/es/", "HTTP_ACCEPT_LANGUAGE": "en-US"},
    ]

    seen = {page.ask(**each) for each in asked}

    assert len(seen) == len(asked)


def test_kept_page_is_the_drawn_one_with_all_its_headers(settings):
    drawn = Client().get("/", headers={"accept-encoding": "gzip"})
    settings.PAGE_CACHE_SECONDS = 0
    bare = Client().get("/")

    assert gzip.decompress(drawn.content) == bare.content
    told = dict(drawn.headers) | {"Content-Encoding": None, "Cache-Control": None, "ETag": None}
    assert {name for name in told if told[name] != bare.headers.get(name)} == {
        "Content-Length",
        "X-Request-Id",
    }


@pytest.mark.parametrize(("address", "other"), [("/", "es-MX"), ("/es/", "en-US,es;q=0.8")])
def test_invitation_on_a_kept_page_is_given_to_whoever_prefers_the_language_alone(address, other):
    client = Client()
    languages = [other, "", other, "fr-FR", "*"]

    pages = [client.get(address, headers={"accept-language": each}) for each in languages]

    assert [
        "invite" in page.content.decode().split("<main")[0].split("</header>")[1] for page in pages
    ] == [True, False, True, False, False]
    assert ["accept-language" in page["Vary"].lower() for page in pages] == [True] * 5


def test_browser_that_has_the_page_is_sent_none():
    client = Client()
    page = client.get("/", headers={"accept-encoding": "gzip"})

    again = client.get("/", headers={"if-none-match": page["ETag"]})

    assert (page["Cache-Control"], again.status_code, again.content) == ("no-cache", 304, b"")


def test_browser_that_has_the_page_keeps_the_policy_that_came_with_it():
    client = Client()
    page = client.get("/", headers={"accept-encoding": "gzip"})

    again = client.get("/", headers={"if-none-match": page["ETag"]})

    assert "style-src" in page["Content-Security-Policy"]
    assert again.headers.get("Content-Security-Policy") in {None, page["Content-Security-Policy"]}


def test_foreign_host_is_refused_though_the_page_is_kept():
    client = Client()
    client.get("/")

    assert client.get("/", headers={"host": "evil.example"}).status_code == 400
