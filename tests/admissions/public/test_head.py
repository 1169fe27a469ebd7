"""HEAD answers as GET on every public address, as monitors ask (RFC 9110, 9.1)."""

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from admissions.public import urls as journey
from programs import urls as content
from tests.support.factories import make_counselor
from tests.support.visitor import MONDAY, details_url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday_with_a_counselor():
    with time_machine.travel(MONDAY):
        yield make_counselor()


def public_addresses():
    """Every public address, with a made-up value for each of its parts."""
    for urls in (journey, content):
        for each in urls.urlpatterns:
            parts = dict.fromkeys(each.pattern.converters, "x")
            yield reverse(f"{urls.app_name}:{each.name}", kwargs=parts)
    yield from (details_url(), reverse("feeds:calendar_feed", args=["x"]), "/healthz/", "/readyz/")


def test_head_answers_as_get_on_every_public_address():
    addresses = list(public_addresses())

    by_head = {each: Client().head(each).status_code for each in addresses}

    refused = [each for each, status in by_head.items() if status == 405]
    assert [each for each in refused if Client().get(each).status_code != 405] == []
    assert len([each for each in by_head.values() if each == 200]) > 10


def test_head_has_no_body():
    assert Client().head(reverse("admissions:request_callback")).content == b""


HEADERS = ["ETag", "Cache-Control", "Vary", "Content-Type", "Content-Language"]


@pytest.mark.parametrize("method", ["get", "head"])
def test_kept_page_has_the_same_headers_whichever_was_asked_first(page_caching, method):
    getattr(Client(), method)("/")

    by_head, by_get = Client().head("/"), Client().get("/")

    assert by_get["ETag"].startswith('W/"')
    assert {name: by_head.get(name) for name in HEADERS} == {
        name: by_get.get(name) for name in HEADERS
    }


def test_page_kept_for_head_has_its_body_for_get(page_caching):
    assert Client().head("/").content == b""

    assert b"</html>" in Client().get("/").content
