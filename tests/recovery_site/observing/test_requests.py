"""Each request has an id, in its answer, in its lines, and in the tasks that it hands out."""

import json
import logging
import uuid

import pytest
from celery.contrib.testing.worker import start_worker
from django.test import Client

from recovery_site.celery import app
from recovery_site.dev import processes
from recovery_site.observing import context, task_context
from recovery_site.observing.json_lines import JsonFormatter

GIVEN = "0123456789abcdef0123456789abcdef"
SEEN = []


@app.task
def note_context():
    SEEN.append(context.describe())


@pytest.mark.parametrize(
    ("proxies", "given", "is_taken"),
    [
        (1, GIVEN, True),
        (1, str(uuid.UUID(GIVEN)), True),
        (0, GIVEN, False),
        (1, "zqx@example.com", False),
        (1, GIVEN * 2, False),
        (1, "7145550177", False),
        (1, GIVEN + "\n", False),
    ],
)
def test_id_is_taken_from_a_proxy_alone_and_only_well_formed(settings, proxies, given, is_taken):
    settings.PROXIES = proxies
    answered = Client().get("/healthz/", headers={"X-Request-Id": given})["X-Request-Id"]

    assert (answered == given) == is_taken
    assert context.REQUEST_ID.fullmatch(answered)


def test_requests_have_ids_of_their_own():
    assert Client().get("/healthz/")["X-Request-Id"] != Client().get("/healthz/")["X-Request-Id"]


@pytest.fixture
def lines(caplog):
    """What the log of production would hold."""
    caplog.set_level(logging.INFO)
    return lambda: [json.loads(JsonFormatter().format(each)) for each in caplog.records]


def test_answer_leaves_a_line_with_the_name_of_its_route(db, settings, lines):
    settings.LOGS_REQUESTS = True
    Client().get("/consultation/manage/canary/?q=canary")
    line = next(each for each in lines() if each["logger"] == "recovery_site.access")

    assert line["route"].startswith("admissions:")
    assert line["duration_ms"] > 0
    assert "canary" not in str(lines())


def test_health_checks_that_are_well_leave_none(settings, lines):
    settings.LOGS_REQUESTS = True
    Client().get("/healthz/")

    assert lines() == []


def test_refusal_that_django_writes_down_has_the_id(db, lines):
    answered = Client().get("/no/such/page/")["X-Request-Id"]

    (line,) = [each for each in lines() if each["logger"] == "django.request"]
    assert (line["request_id"], line["status"]) == (answered, 404)


def test_id_of_a_request_travels_with_its_task(real_commits):
    queue = f"test-{uuid.uuid4()}"
    SEEN.clear()
    task_context.connect()
    token = context.request_id.set(GIVEN)
    try:
        note_context.apply_async(queue=queue)
    finally:
        context.request_id.reset(token)
    with start_worker(app, pool="solo", queues=[queue], perform_ping_check=False):
        processes.wait_until(lambda: SEEN, within=10)

    assert SEEN[0]["request_id"] == GIVEN
    assert SEEN[0]["task"] == note_context.name
