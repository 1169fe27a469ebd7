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
from programs.models import Facility
from recovery_site import page_cache
from tests.support.factories import make_counselor
from tests.support.visitor import MONDAY, Visitor

pytestmark = pytest.mark.django_db
FIRST_TIME = re.compile(r"/consultation/details/\?at=(\w+)")


class Clock:
    """The seconds since some moment, which move when a test says so."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def clock(settings, monkeypatch):
    settings.PAGE_CACHE_SECONDS = 3
    monkeypatch.setattr(page_cache, "monotonic", Clock())
    with time_machine.travel(MONDAY, tick=False):
        yield page_cache.monotonic


def first_time(page):
    return FIRST_TIME.search(page.content.decode()).group(1)


def test_taken_time_is_shown_as_free_for_three_seconds_at_most(clock):
    make_counselor()
    stranger, booker = Client(), Visitor()
    taken = first_time(stranger.get("/"))
    booker.book(availability.parse_stamp(taken))
    assert Consultation.objects.count() == 1

    clock.now += 2.9
    soon = first_time(stranger.get("/"))
    clock.now += 0.1
    later = first_time(stranger.get("/"))

    assert soon == taken
    assert later != taken
    assert first_time(booker.get("/")) == later


def test_whoever_has_a_cookie_sees_everything_live():
    client = Client()
    client.get("/")
    Facility.objects.update(admissions_line="+17145550199")

    old = client.get("/").content
    client.cookies["session"] = "x"
    live = client.get("/").content

    assert b"(714) 555-0199" not in old
    assert b"(714) 555-0199" in live


class Draws:
    """A page that counts how often it is drawn, and what happens meanwhile."""

    def __init__(self, meanwhile=None, path="/", **told):
        self.count, self.meanwhile, self.path, self.told = 0, meanwhile, path, told
        self.shelf = page_cache.PageCacheMiddleware(self)

    def __call__(self, request):
        self.count += 1
        if self.meanwhile and self.count > 1:
            self.meanwhile, act = None, self.meanwhile
            act(self)
        request.resolver_match = resolve(self.path)
        return HttpResponse(f"drawing {self.count}", **self.told)

    def ask(self, path="", **headers):
        request = RequestFactory().get(path or self.path, **headers)
        return self.shelf(request).content.decode()


@pytest.mark.parametrize(("lasts", "seen"), [(1, "drawing 1"), (2, "drawing 3")])
def test_others_get_the_old_page_while_one_waits_but_never_a_very_old_one(clock, lasts, seen):
    came = []

    def another_comes(page):
        clock.now += lasts
        came.append(page.ask())

    page = Draws(another_comes)
    page.ask()
    clock.now += 3

    page.ask()

    assert came == [seen]


KEPT_BY_NOBODY = {
    "a cookie": ({}, {"HTTP_COOKIE": "a=b"}),
    "a name and a password": ({}, {"HTTP_AUTHORIZATION": "Basic x"}),
    "a question": ({}, {"QUERY_STRING": "a=b"}),
    "another verb": ({}, {"REQUEST_METHOD": "HEAD"}),
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
        page.shelf.get_response = lambda request: with_cookie(page(request))

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
        {"HTTP_ACCEPT_LANGUAGE": "es"},
    ]

    seen = {page.ask(**each) for each in asked}

    assert len(seen) == len(asked)


def test_kept_page_is_the_drawn_one_with_all_its_headers(settings):
    drawn = Client().get("/", headers={"accept-encoding": "gzip"})
    settings.PAGE_CACHE_SECONDS = 0
    bare = Client().get("/")

    assert gzip.decompress(drawn.content) == bare.content
    told = dict(drawn.headers) | {"Content-Encoding": None, "Cache-Control": None, "ETag": None}
    assert {name for name in told if told[name] != bare.headers.get(name)} == {"Content-Length"}


def test_browser_that_has_the_page_is_sent_none():
    client = Client()
    page = client.get("/", headers={"accept-encoding": "gzip"})

    again = client.get("/", headers={"if-none-match": page["ETag"]})

    assert (page["Cache-Control"], again.status_code, again.content) == ("no-cache", 304, b"")


def test_foreign_host_is_refused_though_the_page_is_kept():
    client = Client()
    client.get("/")

    assert client.get("/", headers={"host": "evil.example"}).status_code == 400
