"""Nothing is sent from a restored database until someone allows it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from admissions.audit.models import AuditEvent
from admissions.installation import heartbeats
from admissions.installation.models import Heartbeat, Installation
from admissions.messaging import tasks
from admissions.messaging.models import Message
from admissions.operations import sending_hold
from tests.support.broker import tasks_in_place
from tests.support.factories import make_due, make_user

NOW = datetime(2027, 1, 4, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
State = Message.State
PAGE, RELEASE = (
    reverse(f"admin:admissions_installation_{name}") for name in ("changelist", "release")
)

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


@pytest.fixture(autouse=True)
def at_once():
    with tasks_in_place():
        yield


def restore_tables():
    """As pg_restore --clean does: drop the table, make it again, and load its rows."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE admissions_installation RENAME TO dumped")
        cursor.execute("CREATE TABLE admissions_installation (LIKE dumped INCLUDING ALL)")
        cursor.execute("INSERT INTO admissions_installation SELECT * FROM dumped")


def restore_elsewhere():
    """The row as a dump of another cluster brings it."""
    Installation.objects.update(sends_from="7312345678901234567.16385.17001")


def hold_by_command():
    call_command("hold_sending", verbosity=0)


@pytest.mark.parametrize("restore", [restore_tables, restore_elsewhere, hold_by_command])
def test_restored_database_sends_nothing(inbox, restore):
    message = make_due("confirmation", now=NOW)
    restore()

    tasks.send_due_messages()
    tasks.send_messages([message.pk])
    tasks.send_abandoned_message(message.pk)

    assert inbox == []
    assert Message.objects.get(pk=message.pk).state == State.QUEUED


def test_database_that_was_not_restored_sends(inbox):
    make_due("confirmation", now=NOW)

    tasks.send_due_messages()

    assert len(inbox) == 1


def test_without_its_row_nothing_is_sent(inbox):
    make_due("confirmation", now=NOW)
    Installation.objects.all().delete()

    tasks.send_due_messages()

    assert inbox == []


def test_released_database_sends_what_is_young_and_skips_what_is_old(
    inbox, client, django_capture_on_commit_callbacks
):
    old, young = make_due("confirmation", now=NOW), make_due("confirmation", now=NOW)
    Message.objects.filter(pk=old.pk).update(due_at=NOW - 2 * HOUR)
    restore_elsewhere()
    director = make_user("director")
    client.force_login(director)

    with django_capture_on_commit_callbacks(execute=True):
        client.post(RELEASE, {"skip_older_than": "1"})

    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.state, old.reason) == (State.SKIPPED, "restored")
    assert young.state == State.SENT
    event = AuditEvent.objects.get(type="sending_released")
    assert (event.actor, event.detail) == (director, {"skipped": 1})
    assert not sending_hold.is_held()


def test_release_of_all_skips_nothing_and_the_second_click_does_nothing(client):
    message = make_due("confirmation", now=NOW - HOUR)
    restore_elsewhere()
    client.force_login(make_user("director"))

    client.post(RELEASE, {"skip_older_than": "all"})
    second = client.post(RELEASE, {"skip_older_than": "0"}, follow=True)

    assert "being sent already" in second.content.decode()
    assert Message.objects.get(pk=message.pk).state == State.QUEUED


def test_message_in_a_worker_s_hands_at_the_dump_is_skipped_too(client):
    message = make_due("confirmation", now=NOW)
    Message.objects.filter(pk=message.pk).update(
        state=State.SENDING, lease="1" * 32, lease_until=NOW - HOUR, due_at=NOW - 2 * HOUR
    )
    restore_elsewhere()

    sending_hold.release_sending(skip_due_before=NOW - HOUR, by=make_user("director"))

    assert Message.objects.get(pk=message.pk).state == State.SKIPPED


def test_coordinator_sees_the_hold_and_cannot_end_it(client):
    restore_elsewhere()
    client.force_login(make_user("coordinator"))

    page = client.get(PAGE).content.decode()
    answer = client.post(RELEASE, {"skip_older_than": "all"})

    assert "this database was restored" in page
    assert RELEASE not in page
    assert answer.status_code == 403
    assert sending_hold.is_held()


# Today


def today(client, role="coordinator"):
    client.force_login(make_user(role))
    return client.get("/admin/").content.decode()


def beat_and_worker(*, seen_at=NOW):
    for role in (Heartbeat.Role.BEAT, Heartbeat.Role.WORKER):
        Heartbeat.objects.create(name=role, role=role, seen_at=seen_at)


@pytest.mark.parametrize("role", ["coordinator", "director"])
def test_today_says_that_emails_are_overdue_and_nobody_sends(client, role):
    make_due("confirmation", now=NOW - HOUR)

    page = today(client, role)

    assert "One email is overdue." in page
    assert "was never seen at work" in page


def test_today_says_who_fell_silent_though_no_email_waits(client):
    beat_and_worker(seen_at=NOW - HOUR)

    assert "(beat) was last seen" in today(client)


def test_today_says_that_sending_is_held(client):
    beat_and_worker()
    restore_elsewhere()

    assert "Since the database was restored" in today(client)


def test_today_is_quiet_while_emails_go(client):
    beat_and_worker(seen_at=NOW - heartbeats.SILENT_AFTER)
    make_due("confirmation", now=NOW)

    assert "sending-alarm" not in today(client)


def test_today_of_others_does_not_speak_of_it(client):
    beat_and_worker(seen_at=NOW - HOUR)

    assert "sending-alarm" not in today(client, "counselor")
