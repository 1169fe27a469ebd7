"""Optional: reports of faults to Sentry or its like, with classes, lines and ids alone.

None of Sentry's own integrations is on, as they collect requests, variables and statements: a
handler of our own hands over what our log says of an exception, and what leaves is a list of keys.
"""

import importlib
import logging
from typing import Any

from django.conf import settings

from . import context, faults
from .json_lines import name_route

# Of an event and of each of its parts; all else stays here.
EVENT_KEYS = {
    "event_id",
    "timestamp",
    "level",
    "logger",
    "platform",
    "release",
    "exception",
    "tags",
    "sdk",
}
TAGS = {"route", "request_id", "task", "task_id"}


def start() -> None:
    """Begin to report, where SENTRY_DSN is set."""
    if settings.SENTRY_DSN:
        sentry_sdk = importlib.import_module("sentry_sdk")
        sentry_sdk.init(
            dsn=settings.SENTRY_DSN,
            release=settings.RELEASE,
            default_integrations=False,
            auto_enabling_integrations=False,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            auto_session_tracking=False,
            send_client_reports=False,
            shutdown_timeout=2,
            before_send=keep_known,
        )


def keep_known(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    """The event with what we mean to send, whatever the library has added."""
    kept = {name: value for name, value in event.items() if name in EVENT_KEYS}
    kept["tags"] = {name: value for name, value in event.get("tags", {}).items() if name in TAGS}
    return kept


class ErrorReportHandler(logging.Handler):
    """Hands each error with an exception over; never fails, and never waits for the network."""

    def __init__(self) -> None:
        super().__init__(level=logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        if not settings.SENTRY_DSN or not record.exc_info or record.exc_info[1] is None:
            return
        try:
            importlib.import_module("sentry_sdk").capture_event(build_event(record))
        except Exception:
            self.handleError(record)


def build_event(record: logging.LogRecord) -> dict[str, Any]:
    fault = record.exc_info[1] if record.exc_info else None
    tags = context.describe()
    if request := getattr(record, "request", None):
        tags["route"] = name_route(request)
    return {
        "level": "error",
        "logger": record.name,
        "tags": tags,
        "exception": {"values": [describe(each) for each in faults.describe_chain(fault)]},  # type: ignore[arg-type]
    }


def describe(link: dict[str, Any]) -> dict[str, Any]:
    frames = [
        {"filename": each["file"], "lineno": each["line"], "function": each["function"]}
        for each in link["frames"]
    ]
    return (
        {"type": link["type"], "stacktrace": {"frames": frames}}
        if frames
        else {"type": link["type"]}
    )
