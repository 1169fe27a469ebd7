"""Two beats hand each task out once, and one that dies is missed by nobody."""

import uuid
from datetime import timedelta

import pytest
from celery.beat import ScheduleEntry
from celery.schedules import schedule
from celery.signals import after_task_publish
from django.db import connection

from admissions.installation import task_runs
from admissions.installation.models import Heartbeat
from recovery_site import tasks as signals
from recovery_site.celery import app
from recovery_site.workers.beat import SharedScheduler, length_of_turn, turn_left
from tests.support.rivals import at_once

SWEEP = "admissions.messaging.tasks.send_due_messages"
MINUTE = timedelta(seconds=55)
pytestmark = pytest.mark.usefixtures("real_commits")


@pytest.fixture
def queue():
    name = f"test-{uuid.uuid4()}"
    yield name
    with app.connection_for_write() as broker:
        broker.default_channel.client.delete(name)


@pytest.fixture
def start_beat(queue, tmp_path):
    """Starts the scheduler of one more beat, with one sweep that is due at once."""
    started = []

    def start():
        path = str(tmp_path / f"schedule-{len(started)}")
        beat = SharedScheduler(app=app, schedule_filename=path, lazy=True)
        beat.setup_schedule()
        options = {"expires": 55, "queue": queue}
        minute = timedelta(seconds=60)
        sweep = beat.Entry(name="sweep", task=SWEEP, schedule=minute, options=options, app=app)
        beat.schedule.clear()
        beat.schedule["sweep"] = sweep
        started.append(beat)
        return beat

    yield start
    for beat in started:
        beat.close()


def hand_out(beat):
    beat.apply_entry(beat.schedule["sweep"], producer=beat.producer)


def count_waiting(queue):
    with app.connection_for_write() as broker:
        return broker.default_channel.client.llen(queue)


def age_turn(seconds):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE admissions_taskrun SET handed_out_at = handed_out_at - %s",
            [timedelta(seconds=seconds)],
        )


def test_two_beats_hand_a_task_out_once(start_beat, queue):
    one, other = start_beat(), start_beat()

    hand_out(one)
    hand_out(other)

    assert count_waiting(queue) == 1


def test_each_minute_has_its_own(start_beat, queue):
    one, other = start_beat(), start_beat()
    hand_out(one)
    age_turn(60)

    hand_out(other)
    hand_out(one)

    assert count_waiting(queue) == 2


def test_beats_of_the_same_instant_have_one_turn(real_commits):
    turns = at_once([lambda: task_runs.take_turn(name=SWEEP, lasts=MINUTE)] * 6)

    assert sorted(turns) == [False] * 5 + [True]


def test_beat_without_redis_leaves_the_turn_to_another(start_beat, queue):
    cut_off, well = start_beat(), start_beat()
    cut_off.schedule["sweep"].options["serializer"] = "none that Redis could be given"

    hand_out(cut_off)
    hand_out(well)

    assert count_waiting(queue) == 1


def test_turn_of_a_clock_that_was_wrong_does_not_last(real_commits):
    task_runs.take_turn(name=SWEEP, lasts=MINUTE)
    age_turn(-3600)

    assert task_runs.take_turn(name=SWEEP, lasts=MINUTE)


def test_beat_hands_out_while_postgres_is_away(start_beat, queue):
    beat, kept = start_beat(), connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = 1
    try:
        hand_out(beat)
    finally:
        connection.close()
        connection.settings_dict["PORT"] = kept

    assert count_waiting(queue) == 1


@pytest.fixture
def beats_are_recorded():
    """As `beat_init` has it; nothing of it stays."""
    kept = [list(signal.receivers) for signal in (after_task_publish, turn_left)]
    yield signals.record_what_beat_hands_out
    after_task_publish.receivers, turn_left.receivers = kept
    for signal in (after_task_publish, turn_left):
        signal.sender_receivers_cache.clear()


def test_beat_that_leaves_its_turn_is_seen_alive(start_beat, beats_are_recorded):
    one, other = start_beat(), start_beat()
    hand_out(one)
    beats_are_recorded()

    hand_out(other)

    assert Heartbeat.objects.filter(role="beat").exists()


def test_site_s_beat_shares_its_turns():
    assert app.conf.beat_scheduler == "recovery_site.workers.beat:SharedScheduler"


def test_turn_ends_before_the_next_run_is_due():
    entries = app.conf.beat_schedule.values()
    plain = [each for each in entries if isinstance(each["schedule"], timedelta)]

    assert [each for each in entries if not each["options"].get("expires")] == []
    assert [
        each for each in plain if each["options"]["expires"] >= each["schedule"].total_seconds()
    ] == []


def test_turn_is_over_before_the_next_run_is_due():
    pause = timedelta(seconds=3)
    entry = ScheduleEntry(schedule=schedule(pause), options={"expires": 55}, app=app)

    assert timedelta(0) < length_of_turn(entry) < pause
