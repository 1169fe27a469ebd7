"""What a phone system says is heard once, within five minutes, and only with the key."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from admissions.calls import rings
from admissions.calls.models import Ring
from tests.support.factories import make_user

NOW = datetime(2027, 1, 4, 10, tzinfo=ZoneInfo("America/Los_Angeles"))
KEY = "a-key-that-the-phone-system-knows"
ADDRESS = "/phone/ring/"

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


@pytest.fixture(autouse=True)
def phone_system(settings):
    settings.PHONE_WEBHOOK_KEY = KEY
    settings.PHONE_EXTENSIONS = {}


@pytest.fixture
def agent():
    return make_user()


def say(client, agent, *, at=NOW, signature=None, body=None, **said):
    body = body or json.dumps({"from": "+17145550155", "to": agent.email} | said).encode()
    stamp = str(int(at.timestamp()))
    return client.post(
        ADDRESS,
        body,
        content_type="application/json",
        headers={
            "X-Phone-Timestamp": stamp,
            "X-Phone-Signature": signature or rings.sign(body, stamp),
        },
    )


def test_ring_is_shown_to_whom_it_rings_for(client, agent):
    assert say(client, agent).status_code == 204

    assert rings.find_current_ring(agent, now=NOW).number.as_e164 == "+17145550155"
    assert rings.find_current_ring(make_user(), now=NOW) is None


def test_ring_is_over_after_two_minutes(client, agent):
    say(client, agent)

    assert rings.find_current_ring(agent, now=NOW + timedelta(minutes=3)) is None


def test_ring_finds_its_line_by_extension(client, agent, settings):
    settings.PHONE_EXTENSIONS = {"201": agent.email}

    say(client, agent, to="201")

    assert Ring.objects.get().staff == agent


def test_ring_for_a_line_of_nobody_is_not_stored(client, agent):
    assert say(client, agent, to="299").status_code == 204
    assert not Ring.objects.exists()


def test_without_a_key_there_is_no_such_page(client, agent, settings):
    settings.PHONE_WEBHOOK_KEY = ""

    assert say(client, agent).status_code == 404


@pytest.mark.parametrize("signature", ["0" * 64, "", "é"])
def test_wrong_signature_is_refused(client, agent, signature):
    answer = say(client, agent, signature=signature or " ")

    assert answer.status_code == 403
    assert not Ring.objects.exists()


@pytest.mark.parametrize("minutes", [-6, 6])
def test_ring_signed_at_another_time_is_refused(client, agent, minutes):
    answer = say(client, agent, at=NOW + timedelta(minutes=minutes))

    assert answer.status_code == 403
    assert not Ring.objects.exists()


def test_replay_is_refused(client, agent):
    say(client, agent)

    assert say(client, agent).status_code == 403
    assert Ring.objects.count() == 1


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"from": 1, "to": "x"}', b'{"to": "x"}', b"\xff"])
def test_ring_that_says_nothing_is_refused(client, agent, body):
    assert say(client, agent, body=body).status_code == 400


def test_long_ring_is_refused_unread(client, agent):
    assert say(client, agent, body=b"x" * 2_001).status_code == 413


def test_flood_of_rings_is_refused(client, agent, monkeypatch):
    monkeypatch.setattr(rings, "MOST_A_MINUTE", 1)
    say(client, agent)

    assert say(client, agent, **{"from": "+17145550156"}).status_code == 429
    assert Ring.objects.count() == 1


def test_log_and_answer_name_no_number(client, agent, caplog):
    answers = [say(client, agent), say(client, agent), say(client, agent, body=b"{}")]

    told = caplog.text + "".join(each.content.decode() for each in answers)
    assert "714" not in told
