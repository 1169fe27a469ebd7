"""A worker keeps its connection to Postgres from task to task, and gets over a broken one."""

import uuid

import pytest
from celery.contrib.testing.worker import start_worker
from django.db import connection

from recovery_site.celery import app
from recovery_site.dev import processes

SEEN = []


@app.task
def look():
    """Notes which of Postgres' processes serves this worker."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        SEEN.append(cursor.fetchone()[0])


@pytest.fixture
def work(real_commits):
    """Has one worker do a task; returns what it noted."""
    queue = f"test-{uuid.uuid4()}"
    SEEN.clear()

    def run():
        done = len(SEEN)
        look.apply_async(queue=queue)
        processes.wait_until(lambda: len(SEEN) > done, within=10)
        return SEEN[done]

    with start_worker(app, pool="solo", queues=[queue], perform_ping_check=False):
        yield run
    hang_up(SEEN)


def hang_up(backends):
    """Ends connections that someone else holds, and waits until they are gone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s) AS pid", [backends])


def test_tasks_of_a_worker_share_a_connection(work):
    assert work() == work()


def test_worker_gets_over_a_connection_that_broke(work):
    broken = work()
    hang_up([broken])

    assert work() != broken
