"""When beat and workers were last seen."""

from datetime import timedelta

import pytest
from celery.signals import after_task_publish, heartbeat_sent, task_postrun
from django.utils import timezone

from admissions.installation import heartbeats, tasks
from admissions.installation.models import Heartbeat
from recovery_site import tasks as site_tasks

Role = Heartbeat.Role


@pytest.fixture
def recorder():
    return heartbeats.Recorder(role=Role.WORKER, name="celery@here")


def test_process_leaves_one_row_however_often_it_works(db, recorder):
    recorder.record()
    recorder.next_at = 0
    recorder.record()

    assert Heartbeat.objects.get().name == "celery@here"


def test_process_writes_once_in_a_pause(db, recorder):
    recorder.record()
    first = Heartbeat.objects.get().seen_at
    recorder.record()

    assert Heartbeat.objects.get().seen_at == first


def test_latest_worker_speaks_for_all(db):
    now = timezone.now()
    for name, age in (("a", 9), ("b", 1)):
        seen_at = now - timedelta(minutes=age)
        Heartbeat.objects.create(name=name, role=Role.WORKER, seen_at=seen_at)

    pulses = heartbeats.read_pulses()

    assert not pulses[Role.WORKER].is_silent(now)
    assert pulses[Role.BEAT].is_silent(now)


def test_process_that_ended_is_forgotten_after_a_day(db):
    for name, hours in (("old", 25), ("new", 23)):
        seen_at = timezone.now() - timedelta(hours=hours)
        Heartbeat.objects.create(name=name, role=Role.WORKER, seen_at=seen_at)

    tasks.delete_old_heartbeats()

    assert Heartbeat.objects.get().name == "new"


@pytest.fixture
def receivers():
    """What a worker and beat connect as they start is disconnected again."""
    signals = (after_task_publish, heartbeat_sent, task_postrun)
    kept = [list(each.receivers or []) for each in signals]
    yield
    for signal, receivers in zip(signals, kept, strict=True):
        signal.receivers = receivers
        signal.sender_receivers_cache.clear()


@pytest.mark.parametrize("signal", [heartbeat_sent, task_postrun])
def test_beat_is_seen_by_what_it_hands_out_and_a_worker_by_what_it_does(
    real_commits, receivers, signal
):
    site_tasks.record_what_beat_hands_out()
    site_tasks.record_what_a_worker_does("celery@here")

    after_task_publish.send(sender="any")
    signal.send(sender=tasks.delete_old_heartbeats, task=tasks.delete_old_heartbeats)

    assert set(Heartbeat.objects.values_list("role", flat=True)) == {"beat", "worker"}
