"""When what beat hands out last ran; every other call of the same task leaves no trace."""

import uuid
from datetime import datetime

import pytest
from celery.contrib.testing.worker import start_worker

from admissions.installation import task_runs, tasks
from admissions.installation.models import TaskRun
from recovery_site.celery import app
from recovery_site.dev import processes

NAME = "admissions.installation.tasks.delete_old_heartbeats"
BROKEN = "tests.admissions.installation.test_task_runs.break_down"


@app.task
def break_down():
    raise ValueError


@pytest.fixture
def worker(real_commits):
    """Hands a task to one worker as beat would, or as somebody else."""
    queue = f"test-{uuid.uuid4()}"

    def send(task, **options):
        task.apply_async(queue=queue, **options)

    with start_worker(app, pool="solo", queues=[queue], perform_ping_check=False):
        yield send


def wait_for(name, column):
    moments = TaskRun.objects.filter(name=name, **{f"{column}__isnull": False})
    processes.wait_until(moments.exists, within=10)
    return moments.get()


def as_beat():
    options = app.conf.beat_schedule["forget processes that ended"]["options"]
    return {"headers": options["headers"]}


def test_run_that_beat_sent_is_stored(worker):
    worker(tasks.delete_old_heartbeats, **as_beat())
    run = wait_for(NAME, "last_finished_at")

    assert run.last_started_at <= run.last_finished_at


def test_run_that_fails_is_stored_as_failed(worker):
    worker(break_down, **as_beat())
    run = wait_for(BROKEN, "last_failed_at")

    assert run.last_finished_at is None


def test_run_that_beat_did_not_send_is_not_stored(worker):
    worker(break_down)
    worker(tasks.delete_old_heartbeats, **as_beat())
    wait_for(NAME, "last_finished_at")

    assert not TaskRun.objects.filter(name=BROKEN).exists()


def test_every_task_of_beat_is_marked():
    marks = {entry["options"]["headers"]["sent_by"] for entry in app.conf.beat_schedule.values()}

    assert marks == {"beat"}


def test_second_run_replaces_the_first_and_keeps_the_failure(db):
    task_runs.record_end(name=NAME, is_failed=True)
    task_runs.record_start(name=NAME)
    first = TaskRun.objects.get()
    task_runs.record_start(name=NAME)
    second = TaskRun.objects.get()

    assert second.last_failed_at == first.last_failed_at
    assert second.last_started_at > first.last_started_at


def test_task_that_never_ran_has_no_moments(db):
    task_runs.record_start(name=NAME)

    never, once = task_runs.read_last_runs([BROKEN, NAME])

    assert never.last_started_at is None
    assert isinstance(once.last_started_at, datetime)
