"""The log of production: one JSON object a line, with ids and names of routes, of nobody."""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from . import context, faults

# What a caller may say beside its message, by `extra`.
EXTRAS = ("route", "method", "status", "duration_ms", "fingerprint", "statement")
PRIVATE_PATH = re.compile(r"(/consultation/(?:manage|stop)/|/feeds/|/admin/login/link/)[^/\s\"'?]+")


class JsonFormatter(logging.Formatter):
    """Write a record without the path of its request and without words of its exception."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": PRIVATE_PATH.sub(r"\1***", say(record)),
            **context.describe(),
        }
        line |= {name: getattr(record, name) for name in EXTRAS if hasattr(record, name)}
        if request := getattr(record, "request", None):
            line |= {"route": name_route(request), "request_id": getattr(request, "request_id", "")}
        if is_of_a_task(record) and "runtime" in record.__dict__["data"]:
            line["duration_ms"] = round(record.__dict__["data"]["runtime"] * 1000, 1)
        if hasattr(record, "status_code"):
            line["status"] = record.status_code
        if record.exc_info and record.exc_info[1]:
            line["exception"] = faults.describe_chain(record.exc_info[1])
        return json.dumps(line, default=str)


def say(record: logging.LogRecord) -> str:
    """The message; Django's without the path, and Celery's without what a task said or returned."""
    if is_of_a_task(record):
        return f"Task {record.__dict__['data'].get('description', 'succeeded')}"
    request = getattr(record, "request", None)
    if request is not None and record.args and isinstance(record.args, tuple):
        return str(record.msg) % (*record.args[:-1], name_route(request))
    return record.getMessage()


def is_of_a_task(record: logging.LogRecord) -> bool:
    """Whether it is Celery's word of how a task ended, with the arguments and the result beside."""
    return record.name == "celery.app.trace" and isinstance(record.__dict__.get("data"), dict)


def name_route(request: Any) -> str:
    """The name of the route, or of its view, which holds no token; "unmatched" without one."""
    match = getattr(request, "resolver_match", None)
    return match.view_name if match else "unmatched"
