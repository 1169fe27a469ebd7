"""What of logs, reports and monitors cannot be meant is refused at the start, in one line."""

import pytest
from environ import Env

from recovery_site.configuration import observing, production
from recovery_site.configuration.logging_config import stderr_logging, writes_json


def env_of(**variables):
    env = Env()
    env.ENVIRON = variables
    return env


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_FORMAT", "xml"),
        ("DEAD_MANS_SWITCH_URL", "http://monitor.example/ping"),
        ("DEAD_MANS_SWITCH_URL", "https://monitor.example:8443/ping"),
        ("DEAD_MANS_SWITCH_URL", "https://[monitor"),
        ("DEAD_MANS_SWITCH_URL", "https://me:secret@monitor.example/ping"),
        ("SENTRY_DSN", "https://sentry.example/1"),
        ("SENTRY_DSN", "http://key@sentry.example/1"),
        ("SENTRY_DSN", "https://key@[sentry/1"),
        ("SLOW_QUERY_MS", "-1"),
        ("SLOW_QUERY_MS", "soon"),
    ],
)
def test_value_that_cannot_be_meant_is_refused_by_name(name, value):
    (problem,) = production.find_unreadable(env_of(**{name: value}))

    assert problem.startswith(name)
    assert "secret" not in problem


def test_what_is_meant_passes():
    env = env_of(
        LOG_FORMAT="json",
        DEAD_MANS_SWITCH_URL="https://monitor.example/ping/5d41",
        SENTRY_DSN="https://key@sentry.example/1",
        SLOW_QUERY_MS="0",
    )

    assert production.find_unreadable(env) == []


def test_reports_need_their_package(monkeypatch):
    monkeypatch.setattr(observing, "find_spec", lambda name: None)

    (problem,) = observing.find_problems(env_of(SENTRY_DSN="https://key@sentry.example/1"))

    assert "requirements-sentry.txt" in problem


def test_short_token_is_refused():
    env = env_of(METRICS_TOKEN="short", SECRET_KEY="", FIELD_KEYS="")

    assert any("METRICS_TOKEN" in each for each in production.key_problems(env))


@pytest.mark.parametrize(
    ("variables", "is_json"),
    [({}, False), ({"DEBUG": "0"}, True), ({"ALLOWED_HOSTS": "a.example"}, True),
     ({"DEBUG": "0", "LOG_FORMAT": "lines"}, False), ({"LOG_FORMAT": "json"}, True)],
)  # fmt: skip
def test_production_writes_json_unless_it_is_told_otherwise(variables, is_json):
    assert writes_json(env_of(**variables)) is is_json
    assert stderr_logging({}, is_json=is_json)["handlers"]["stderr"]["formatter"] == (
        "json" if is_json else "line"
    )
