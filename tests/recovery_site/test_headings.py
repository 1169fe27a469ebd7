"""The first heading of every public page is its only h1: whoever listens hears where they are."""

import re
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests.support.factories import make_counselor
from tests.support.visitor import MONDAY, TOMORROW_AT_TEN, Visitor, details_url, read_form, url

pytestmark = pytest.mark.django_db
OPEN = ["choose_time", "request_callback", "before_the_call", "find_appointment", "link_asked"]
PERSONAL = ["manage", "move_consultation", "cancel_consultation", "change_contact_plan"]


@pytest.fixture(params=["en", "es"])
def language(request):
    with time_machine.travel(MONDAY, tick=False), translation.override(request.param):
        make_counselor(languages=["en", "es"])
        yield request.param


def levels(page):
    """The levels of a page's headings, in their order."""
    return re.findall(r"<h([1-6])\b", page.content.decode())


def begins_wrong(pages):
    """The pages whose headings begin otherwise, or that have a second h1, with their levels."""
    found = {name: levels(page) for name, page in pages.items()}
    return {name: each for name, each in found.items() if each[:1] != ["1"] or each.count("1") != 1}


def test_pages_for_everyone_begin_with_their_only_h1(language, client):
    paths = re.findall(r"<loc>([^<]+)</loc>", client.get("/sitemap.xml").content.decode())
    ours = [urlsplit(path).path for path in paths]
    pages = [path for path in ours if path.startswith("/es/") == (language == "es")]
    pages += [url(name) for name in OPEN] + [details_url(), "/no/such/page/"]

    found = {path: client.get(path) for path in pages}

    assert len(found) > 16
    assert begins_wrong(found) == {}


@pytest.mark.parametrize("danger", ["no", "yes"])
def test_pages_of_one_person_begin_with_their_only_h1(language, danger):
    visitor = Visitor()
    visitor.book(TOMORROW_AT_TEN, is_in_danger=danger, email="jo@example.com")
    pages = {name: visitor.get(url(name)) for name in ["booked", *PERSONAL]}
    pages["already booked"] = visitor.get(details_url())
    form = read_form(pages["cancel_consultation"], "cancel_consultation")
    visitor.post(form.action, form.values)
    pages["canceled"] = visitor.get(url("manage"))
    pages["rebook"] = visitor.get(url("rebook"))

    assert {name: page.status_code for name, page in pages.items()} == dict.fromkeys(pages, 200)
    assert begins_wrong(pages) == {}


def test_pages_around_a_call_and_the_end_begin_with_their_only_h1(language):
    visitor = Visitor()
    pages = {"wrong": visitor.send_callback(visitor.open_callback() | {"phone": "12"})}
    visitor.send_callback(visitor.open_callback())
    pages["callback_requested"] = visitor.get(url("callback_requested"))
    pages["wrong details"] = Client().post(url("details"), {"at": "20261124T180000Z"})
    visitor.post(reverse("admissions:finish"))
    pages["finished"] = visitor.get(url("finished"))
    pages["closed"] = visitor.get(url("booked"))

    assert begins_wrong(pages) == {}
