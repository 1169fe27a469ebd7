"""A push arrives once, tells nothing to who carries it, and is lost with no worker."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from admissions.alerts import devices, sending, tasks, telling
from admissions.alerts.catalog import CATALOG, Kind
from admissions.alerts.models import Alert, AlertDevice, AlertPush
from admissions.calendars import safe_http
from admissions.installation.models import Installation
from admissions.messaging.alarms import ringing
from admissions.messaging.alarms.raising import raise_alarm
from admissions.messaging.models import Message
from admissions.triage import alarms
from tests.admissions.alerts.push_service import Browser
from tests.support.factories import make_request, make_shift, make_user, write_settings

NIGHT = datetime(2026, 12, 5, 2, tzinfo=ZoneInfo("America/Los_Angeles"))
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
State = AlertPush.State
real_rule = safe_http.is_public_ip

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NIGHT)]


def tell(user, kind=Kind.CONCERN, key="1"):
    return telling.tell(kind, [user], key=key, page="/admin/")


def send_all():
    """What a worker does with all that is due."""
    due = AlertPush.objects.due(now=datetime.now().astimezone()).order_by("pk")
    return [sending.send_push(pk) for pk in due.values_list("pk", flat=True)]


@pytest.fixture
def owed(kim, phone):
    tell(kim)
    return AlertPush.objects.get()


def test_danger_wakes_the_phone_of_who_is_on_call_without_a_word_of_it(
    kim, phone, handset, push_service
):
    make_shift(kim, NIGHT - HOUR, NIGHT + HOUR)
    request = make_request(is_in_danger=True, preferred_name="Quentin")
    raise_alarm(request)

    ringing.ring_due_alarms(now=NIGHT)

    assert send_all() == [State.SENT]
    [(path, headers, body)] = push_service.came
    told, alert = json.loads(handset.open(body)), Alert.objects.get()
    assert told == {
        "title": "Someone must act now",
        "body": "Please open the desk. It goes on until somebody has it.",
        "tag": str(alert.handle),
        "path": f"/admin/alerts/open/{alert.handle}/",
        "stays": True,
    }
    assert path == "/fcm/send/abc"
    assert (headers["TTL"], headers["Urgency"]) == ("180", "high")
    assert alert.page == "/admin/"


def test_phone_of_the_on_call_lead_rings_where_nobody_is_on_call(kim, phone, push_service):
    write_settings(on_call_email=kim.email)
    raise_alarm(make_request(is_in_danger=True))

    ringing.ring_due_alarms(now=NIGHT)

    assert send_all() == [State.SENT]


def test_nothing_is_pushed_once_somebody_has_it(kim, phone, push_service):
    make_shift(kim, NIGHT - HOUR, NIGHT + HOUR)
    request = make_request(is_in_danger=True)
    raise_alarm(request)
    ringing.ring_due_alarms(now=NIGHT)

    alarms.take_alarm(request_id=request.pk, by=make_user("coordinator"))

    assert send_all() == []
    assert AlertPush.objects.get().state == State.LATE


def test_every_push_is_as_long_as_every_other(kim, phone, push_service, time_machine):
    time_machine.move_to(NIGHT + 10 * HOUR, tick=False)
    for kind in Kind:
        tell(kim, kind)

    send_all()

    assert len(push_service.came) == len(CATALOG)
    assert len({len(body) for _path, _headers, body in push_service.came}) == 1


@pytest.mark.parametrize("status", [404, 410])
def test_device_that_is_gone_is_forgotten(owed, push_service, status):
    push_service.answers = [status]

    assert send_all() == [None]
    assert not AlertDevice.objects.exists()


@pytest.mark.parametrize("status", [429, 503])
def test_what_may_pass_is_tried_again_after_a_pause(owed, push_service, time_machine, status):
    push_service.answers = [status]

    assert send_all() == [State.OWED]
    assert send_all() == []
    time_machine.move_to(NIGHT + timedelta(seconds=10), tick=False)
    assert send_all() == [State.SENT]


@pytest.mark.parametrize("status", [301, 403, 413])
def test_what_will_not_pass_is_given_up_and_the_device_kept(owed, push_service, status):
    push_service.answers = [status]

    assert send_all() == [State.FAILED]
    assert len(push_service.came) == 1
    assert AlertDevice.objects.exists()


def test_push_service_that_cannot_be_reached_loses_nothing(owed, push_service, time_machine):
    push_service.stop()

    assert send_all() == [State.OWED]


def test_push_whose_time_has_passed_wakes_nobody(owed, push_service, time_machine):
    time_machine.move_to(NIGHT + 12 * HOUR, tick=False)

    assert send_all() == [State.LATE]
    assert push_service.came == []


def test_two_workers_send_a_push_once(owed, push_service):
    assert [sending.send_push(owed.pk), sending.send_push(owed.pk)] == [State.SENT, None]
    assert len(push_service.came) == 1


def test_what_a_dead_worker_had_in_hand_goes_after_its_lease(owed, push_service, time_machine):
    sending.claim_push(owed.pk)

    assert send_all() == []
    time_machine.move_to(NIGHT + timedelta(seconds=46), tick=False)
    assert send_all() == [State.SENT]


def test_worker_whose_lease_ran_out_settles_nothing(owed, push_service, time_machine):
    late = sending.claim_push(owed.pk)
    time_machine.move_to(NIGHT + timedelta(seconds=46), tick=False)
    sending.claim_push(owed.pk)

    sending.settle(late, State.FAILED)

    assert AlertPush.objects.get().state == State.SENDING


@pytest.mark.parametrize("column", ["is_active", "is_staff"])
def test_whoever_has_left_is_told_nothing_more(kim, owed, push_service, column):
    setattr(kim, column, False)
    kim.save()

    assert send_all() == [None]
    assert push_service.came == []
    assert not AlertDevice.objects.exists()
    assert tell(kim, key="2") == []


def test_restored_database_sends_no_push_until_it_may(owed, push_service):
    Installation.objects.update(sending_held_at=NIGHT)

    assert send_all() == [None]
    assert tasks.send_due_pushes() == 0
    assert push_service.came == []


def test_push_reaches_no_private_address(owed, push_service, monkeypatch):
    monkeypatch.setattr(safe_http, "is_public_ip", real_rule)

    assert send_all() == [State.OWED]
    assert push_service.came == []


def test_endpoint_that_was_put_into_the_table_is_looked_at_again(owed, push_service):
    AlertDevice.objects.update(endpoint="https://inside.example.org/")

    with pytest.raises(Exception, match="cannot send alerts"):
        send_all()

    assert push_service.came == []


def test_same_thing_is_told_once_on_every_device(kim, phone, push_service):
    devices.add_device(by=kim, name="Firefox", **Browser(path="second").subscription)
    tell(kim)

    assert tell(kim) == []
    assert send_all() == [State.SENT, State.SENT]


def test_nobody_is_told_of_what_they_did(kim, phone):
    assert telling.tell(Kind.HANDED, [kim], key="1", page="/admin/", by=kim) == []
    assert not Message.objects.exists()
