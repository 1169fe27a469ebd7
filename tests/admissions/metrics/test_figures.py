"""What the database says of the site, for monitors."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from admissions.audit.models import AuditEvent
from admissions.backups.models import BackupRecord
from admissions.installation import task_runs
from admissions.installation.models import Heartbeat, Installation
from admissions.messaging.models import Message
from admissions.metrics import collector
from tests.support.factories import make_due, make_request

pytestmark = pytest.mark.django_db
SEAL = "admissions.audit.tasks.seal_audit"


def read(name, **labels):
    """The value of one figure now; None where it is not there."""
    samples = [each for metric in collector.compute_metrics() for each in metric.samples]
    found = [each.value for each in samples if each.name == name and each.labels == labels]
    return found[0] if found else None


def ago(**span):
    return timezone.now() - timedelta(**span)


def test_bookings_are_counted_within_an_hour_and_a_day():
    for hours in (0.5, 5, 30):
        AuditEvent.objects.create(
            type=AuditEvent.Type.CONSULTATION_REQUESTED,
            source=AuditEvent.Source.SYSTEM,
            at=ago(hours=hours),
        )

    assert read("recovery_bookings", window="1h") == 1
    assert read("recovery_bookings", window="24h") == 2


def test_calls_that_were_asked_for_are_counted():
    AuditEvent.objects.create(
        type=AuditEvent.Type.CALLBACK_REQUESTED, source=AuditEvent.Source.SYSTEM
    )

    assert read("recovery_callbacks_requested", window="1h") == 1


def test_danger_waits_since_it_rings_until_somebody_has_it(staff):
    request = make_request(is_in_danger=True)
    alarm = request.alarms.create(raised_at=ago(minutes=20))

    assert read("recovery_waiting_oldest_seconds", **{"for": "danger"}) == pytest.approx(
        1200, abs=9
    )

    alarm.taken_at, alarm.taken_by = timezone.now(), staff
    alarm.save()

    assert read("recovery_waiting_requests", **{"for": "danger"}) == 0


def test_promised_call_waits_from_when_it_is_broken():
    make_request(promised_call_by=timezone.now() + timedelta(minutes=5))
    make_request(promised_call_by=ago(minutes=10))

    assert read("recovery_waiting_requests", **{"for": "promised_call"}) == 1
    assert read("recovery_waiting_oldest_seconds", **{"for": "promised_call"}) == pytest.approx(
        600, abs=9
    )


def test_due_message_counts_in_its_queue_and_kind():
    message = make_due(Message.Kind.CONFIRMATION, now=timezone.now())
    Message.objects.filter(pk=message.pk).update(due_at=ago(minutes=30))
    labels = {"queue": "mail", "kind": "confirmation"}

    assert read("recovery_due_message_oldest_seconds", **labels) == pytest.approx(1800, abs=9)
    assert read("recovery_due_message_oldest_seconds", queue="alarms", kind="staff_flood") == 0


def test_lost_messages_are_counted():
    message = make_due(Message.Kind.CONFIRMATION, now=timezone.now())
    Message.objects.filter(pk=message.pk).update(
        state=Message.State.FAILED, finished_at=timezone.now(), reason=Message.Reason.REFUSED
    )

    assert read("recovery_lost_messages", how="failed") == 1


def test_last_run_of_a_task_is_told_with_its_interval():
    task_runs.record_end(name=SEAL, is_failed=False)

    last = read("recovery_task_last_success_timestamp_seconds", task=SEAL)
    assert last == pytest.approx(timezone.now().timestamp(), abs=9)
    assert read("recovery_task_interval_seconds", task=SEAL) == 60
    assert read("recovery_task_last_failure_timestamp_seconds", task=SEAL) is None


def test_heartbeats_have_an_age():
    Heartbeat.objects.create(name="w", role="worker", seen_at=ago(minutes=4))

    assert read("recovery_heartbeat_age_seconds", role="worker") == pytest.approx(240, abs=9)
    assert read("recovery_heartbeat_age_seconds", role="beat") is None


def test_held_sending_and_foreign_keys_are_told():
    Installation.objects.update(sending_held_at=timezone.now(), secret_key_mark="another")

    assert read("recovery_sending_held") == 1
    assert read("recovery_foreign_keys") == 1


def test_backup_that_never_was_has_the_time_of_the_epoch():
    BackupRecord.objects.create(kind="made", name="a", release="r", size=1, sha256="0" * 64)

    assert read("recovery_backup_timestamp_seconds", proof="restored") == 0
    assert read("recovery_backup_timestamp_seconds", proof="made") > 0


def test_connections_are_counted():
    assert 0 < read("recovery_database_connections") < read("recovery_database_max_connections")


def test_scrape_costs_the_same_few_statements_however_much_there_is():
    with CaptureQueriesContext(connection) as empty:
        list(collector.compute_metrics())
    make_due(Message.Kind.CONFIRMATION, now=timezone.now())
    make_request(is_in_danger=True)
    with CaptureQueriesContext(connection) as full:
        list(collector.compute_metrics())

    assert len(full) == len(empty) <= 20


def test_statements_of_a_scrape_give_up_in_time():
    with CaptureQueriesContext(connection) as asked:
        list(collector.compute_metrics())

    assert any("SET LOCAL statement_timeout = 2000" in each["sql"] for each in asked)


def test_figures_are_kept_for_some_seconds(settings):
    settings.METRICS_KEPT_SECONDS = 60
    kept = collector.DatabaseCollector()
    first = kept.collect()

    with CaptureQueriesContext(connection) as asked:
        assert kept.collect() is first
    assert len(asked) == 0
