"""A counselor's own page for their calendars, and the director's for everyone's."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from admissions.models import AuditEvent, CalendarFeed
from tests import factories

pytestmark = pytest.mark.django_db

DESK = "/admin/admissions/calendarfeed/"
ADDRESS = re.compile(r'value="(http[^"]*/feeds/[\w-]{43}\.ics)"')


@pytest.fixture
def dana(client):
    """A counselor who is signed in."""
    counselor = factories.make_counselor(user=factories.make_user("counselor", first_name="Dana"))
    client.force_login(counselor.user)
    return counselor


@pytest.fixture
def director(client):
    user = factories.make_user("director")
    client.force_login(user)
    return user


def step(counselor, name):
    return f"{DESK}{counselor.pk}/{name}/"


def shown_address(response):
    return ADDRESS.findall(response.content.decode())


def test_counselor_makes_an_address_that_answers_and_is_shown_once(client, dana):
    made = client.post(step(dana, "make"))

    (address,) = shown_address(made)
    assert made["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert Client().get(address).status_code == 200
    assert shown_address(client.get(DESK)) == []


def test_counselor_replaces_and_revokes_an_address(client, dana):
    first, second = (shown_address(client.post(step(dana, "make")))[0] for _ in range(2))
    after_replacing = [Client().get(each).status_code for each in (first, second)]

    answer = client.post(step(dana, "revoke"), follow=True)

    assert after_replacing == [404, 200]
    assert Client().get(second).status_code == 404
    assert "There is no private address yet." in answer.content.decode()


def test_director_revokes_for_anyone_but_makes_for_nobody_else(client, director):
    counselor = factories.make_counselor()
    CalendarFeed.objects.create(counselor=counselor, sha256="0" * 64)

    made = client.post(step(counselor, "make"))
    revoked = client.post(step(counselor, "revoke"))

    assert (made.status_code, revoked.status_code) == (403, 302)
    assert CalendarFeed.objects.count() == 0
    (event,) = AuditEvent.objects.all()
    assert (event.type, event.actor, event.counselor) == ("feed_revoked", director, counselor)


@pytest.mark.parametrize("name", ["make", "revoke"])
@pytest.mark.parametrize("role", ["coordinator", "counselor", "content editor", None])
def test_nobody_else_touches_the_feed_of_a_counselor(client, role, name):
    counselor = factories.make_counselor()
    CalendarFeed.objects.create(counselor=counselor, sha256="0" * 64)
    client.force_login(factories.make_user(role))

    answer = client.post(step(counselor, name))

    assert answer.status_code == 403
    assert (CalendarFeed.objects.get().sha256, AuditEvent.objects.count()) == ("0" * 64, 0)


@pytest.mark.parametrize("role", ["coordinator", "content editor", None])
def test_counselor_row_alone_opens_nothing(client, role):
    counselor = factories.make_counselor(user=factories.make_user(role))
    client.force_login(counselor.user)

    answers = [client.get(DESK), client.get(f"{DESK}{counselor.pk}/")]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert client.post(step(counselor, "make")).status_code == 403


@pytest.mark.parametrize("name", ["make", "revoke"])
def test_looking_changes_nothing(client, dana, name):
    CalendarFeed.objects.create(counselor=dana, sha256="0" * 64)

    answer = client.get(step(dana, name))

    assert (answer.status_code, CalendarFeed.objects.get().sha256) == (405, "0" * 64)


@pytest.mark.parametrize("name", ["make", "revoke"])
def test_form_from_elsewhere_is_refused(dana, name):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(dana.user)

    assert strict.post(step(dana, name)).status_code == 403


def test_counselor_of_no_consultations_is_told_so(client):
    client.force_login(factories.make_user("counselor"))

    assert "You hold no consultations" in client.get(DESK).content.decode()


def test_unknown_counselor_is_not_found(client, director):
    addresses = [f"{DESK}1234567/", f"{DESK}{'9' * 30}/"]

    assert [client.get(each).status_code for each in addresses] == [404, 404]


def test_list_asks_the_same_for_one_and_thirty(client, director):
    factories.make_counselor()
    with CaptureQueriesContext(connection) as for_one:
        client.get(DESK)
    for number in range(29):
        CalendarFeed.objects.create(counselor=factories.make_counselor(), sha256=str(number))

    with CaptureQueriesContext(connection) as for_thirty:
        client.get(DESK)

    assert len(for_thirty) == len(for_one)
