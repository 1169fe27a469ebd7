"""Carries the id of a request into the logs of the tasks that it hands out."""

from typing import Any

from celery import Task
from celery.signals import before_task_publish, task_postrun, task_prerun

from . import context


def send_request_id(*, headers: dict[str, Any], **_: Any) -> None:
    """In the message's headers: arguments of tasks are ids of rows alone."""
    if request_id := context.request_id.get():
        headers["request_id"] = request_id


def begin(*, task: Task, task_id: str, **_: Any) -> None:
    if task.request.is_eager:
        return
    context.request_id.set(str(task.request.get("request_id") or ""))
    context.task_id.set(task_id)
    context.task_name.set(task.name)


def end(*, task: Task, **_: Any) -> None:
    """Celery has written its own line of how the task ended by now."""
    if not task.request.is_eager:
        for variable in (context.request_id, context.task_id, context.task_name):
            variable.set("")


def connect() -> None:
    """Have Celery call these, in processes that hand tasks out and in those that do them."""
    before_task_publish.connect(send_request_id)
    task_prerun.connect(begin)
    task_postrun.connect(end)
