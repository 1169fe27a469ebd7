"""Danger on the desk: first on Today, with one button; what every page asks."""

import pytest

from admissions.audit.models import AuditEvent
from admissions.messaging.alarms import ringing
from admissions.messaging.alarms.raising import raise_alarm
from tests.support.desk import NOW, page_of, step_of, told
from tests.support.factories import make_request, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


@pytest.fixture
def kim(client):
    user = make_user(first_name="Kim")
    client.force_login(user)
    return user


@pytest.fixture
def danger():
    request = make_request(is_in_danger=True, preferred_name="Quentin")
    raise_alarm(request)
    return request


def test_one_press_takes_it_and_says_what_comes_next(client, kim, danger):
    answer = client.post(step_of(danger, "take_alarm"), follow=True)

    assert danger.alarms.get().taken_by == kim
    assert "You have it." in told(answer)[0]
    assert "Kim has it since 2:11 pm." in answer.content.decode()


def test_second_person_reads_who_has_it(client, danger):
    for name in ("Kim", "Dana"):
        client.force_login(make_user(first_name=name))
        answer = client.post(step_of(danger, "take_alarm"), follow=True)

    assert told(answer) == ["Kim has it since 2:11 pm."]


def test_today_shows_it_first_and_says_who_was_told(client, kim, danger):
    make_user("director")
    ringing.ring_due_alarms(now=NOW)

    words = client.get("/admin/").content.decode()

    assert words.index(step_of(danger, "take_alarm")) < words.index('data-part="chips"')
    assert "An email to the on-call lead is on its way. Nobody has it yet." in words
    seen = AuditEvent.objects.filter(type="desk_viewed").last()
    assert danger.pk in seen.shown


def test_request_page_has_the_button_while_it_rings(client, kim, danger):
    before = step_of(danger, "take_alarm") in client.get(page_of(danger)).content.decode()
    client.post(step_of(danger, "take_alarm"))

    after = step_of(danger, "take_alarm") in client.get(page_of(danger)).content.decode()

    assert (before, after) == (True, False)


def test_pages_ask_for_a_count_without_names(client, kim, danger):
    asked = client.get("/admin/alarms/", headers={"x-live-refresh": "1"})

    assert asked.json() == {"open": 1, "newest": danger.alarms.get().pk, "news": 0}
