"""A line of production's log says what happened and where, and nothing of anybody."""

import json
import logging
import sys

import pytest
from django.test import RequestFactory

from recovery_site.observing.json_lines import JsonFormatter

CANARY = "zqx.canary@example.com"


def make_record(name="site", level=logging.ERROR, message="", args=(), **extra):
    exc_info = extra.pop("exc_info", None)
    record = logging.LogRecord(name, level, __file__, 1, message, args, exc_info)
    record.__dict__.update(extra)
    return record


def read(record):
    text = JsonFormatter().format(record)
    assert "\n" not in text
    return json.loads(text)


def test_line_is_one_object_with_a_time_in_utc():
    record = make_record(message="ready")
    record.created = 1_795_266_000.25

    line = read(record)

    assert line["time"] == "2026-11-21T13:00:00.250Z"
    assert (line["level"], line["logger"], line["message"]) == ("ERROR", "site", "ready")


def test_path_of_a_request_gives_way_to_its_route():
    request = RequestFactory().get(f"/consultation/manage/{CANARY}/")
    record = make_record(
        "django.request", message="%s: %s", args=("Not Found", request.path),
        request=request, status_code=404,
    )  # fmt: skip
    line = read(record)

    assert line["message"] == "Not Found: unmatched"
    assert line["status"] == 404


def test_token_in_another_message_is_left_out():
    assert "canary" not in read(make_record(message="GET /feeds/canary.ics"))["message"]


@pytest.fixture
def caught():
    try:
        try:
            raise ValueError(CANARY)
        except ValueError as fault:
            raise KeyError(CANARY) from fault
    except KeyError:
        return sys.exc_info()


def test_exception_is_told_by_class_and_line_without_its_words(caught):
    line = read(make_record(message="failed", exc_info=caught))

    assert [each["type"] for each in line["exception"]] == ["ValueError", "KeyError"]
    frame = line["exception"][1]["frames"][-1]
    assert frame["file"] == "tests/recovery_site/observing/test_json_lines.py"
    assert "canary" not in str(line)


def test_celerys_word_of_a_task_holds_neither_its_result_nor_its_fault(caught):
    data = {
        "description": "raised unexpected",
        "exc": repr(CANARY),
        "args": CANARY,
        "runtime": 0.25,
    }
    record = make_record(
        "celery.app.trace", message="Task %(exc)s", args=(data,), data=data, exc_info=caught
    )

    line = read(record)

    assert line["message"] == "Task raised unexpected"
    assert line["duration_ms"] == 250
    assert "canary" not in str(line)
