"""What must not be told: numbers 74 to 83 of docs/security-cases.md."""

import json
import re

import pytest
from django.test import Client

from admissions.intake.models import ConsultationRequest
from tests.support import factories
from tests.support.visitor import MONDAY, TOMORROW_AT_TEN, Visitor, url

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]
TYPED = {"email": "jo@example.com"}


@pytest.mark.security(78)
@pytest.mark.parametrize("address", ["/healthz/", "/livez/", "/readyz/"])
def test_health_tells_one_word(address):
    answer = Client().get(address)

    assert answer.content in {b"ok", b"unavailable"}
    assert not {"Server", "X-Powered-By", "Via"} & set(answer.headers)


@pytest.mark.security(79)
def test_nobody_learns_that_a_phone_or_an_address_has_asked_before():
    for _each in range(3):
        factories.make_counselor()
    pages = []
    for _person in range(2):
        visitor = Visitor()
        answers = [visitor.book(**TYPED), visitor.get(url("booked")), visitor.get(url("manage"))]
        pages.append([(each.status_code, without_keys(each)) for each in answers])

    assert ConsultationRequest.objects.count() == 2
    assert pages[0] == pages[1]


def without_keys(page):
    """The page without what is drawn at random for each."""
    reference = r"[A-Z0-9]{3,4}-[A-Z0-9]{3,4}"
    return re.sub(rf'value="[^"]{{40,}}"|{reference}', "", page.content.decode())


@pytest.mark.security(80)
@pytest.mark.parametrize("name", ["choose_time", "open_times"])
def test_open_times_tell_neither_who_works_nor_how_many(name):
    factories.make_counselor(public_name="Zqx Dana")
    one = Client().get(url(name)).content
    factories.make_counselor(public_name="Zqx Kim")

    several = Client().get(url(name)).content

    assert b"Zqx" not in several
    assert several == one


@pytest.mark.security(80)
def test_open_times_are_times_and_nothing_else():
    factories.make_counselor()

    told = json.loads(Client().get(url("open_times")).content)

    assert set(told) == {"mode", "times"}
    assert f"{TOMORROW_AT_TEN:%Y%m%dT%H%M%SZ}" in told["times"]
    assert {type(each) for each in told["times"]} == {str}
