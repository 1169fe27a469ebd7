"""Which request, and which task, a line of the log belongs to."""

import re
import uuid
from contextvars import ContextVar

# As proxies make them: 32 hexadecimal digits, or a UUID.
REQUEST_ID = re.compile(r"[0-9a-f]{16,32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

request_id: ContextVar[str] = ContextVar("request_id", default="")
route: ContextVar[str] = ContextVar("route", default="")
task_id: ContextVar[str] = ContextVar("task_id", default="")
task_name: ContextVar[str] = ContextVar("task_name", default="")


def choose_request_id(given: str) -> str:
    """The id that a proxy of ours gave, if it is well formed; else a new one."""
    return given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def describe() -> dict[str, str]:
    """What is known, by the names that log lines use."""
    known = {"request_id": request_id, "route": route, "task_id": task_id, "task": task_name}
    return {name: value for name, variable in known.items() if (value := variable.get())}
