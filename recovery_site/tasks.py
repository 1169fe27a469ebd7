"""What a worker and beat do as they start, and around each task that beat hands out.

Celery loads this once Django is ready.
"""

import socket
from typing import Any

from celery import Task
from celery.signals import (
    after_task_publish,
    beat_init,
    heartbeat_sent,
    task_postrun,
    task_prerun,
    worker_init,
)
from django.db import close_old_connections

from admissions.installation import heartbeats, task_runs

from . import startup_checks
from .workers.beat import turn_left


@worker_init.connect
@beat_init.connect
def refuse_what_the_web_refuses(**_: Any) -> None:
    """An invented colleague must be sent no letter of a real person, for one."""
    startup_checks.run()


@beat_init.connect
def record_what_beat_hands_out(**_: Any) -> None:
    """Whatever beat could give to Redis shows that both are alive; it does so every minute.

    A turn that it left to another beat shows that it is alive itself.
    """
    recorder = heartbeats.Recorder(role=heartbeats.Role.BEAT, name=f"beat@{socket.gethostname()}")

    def record(**_: Any) -> None:
        close_old_connections()
        recorder.record()

    after_task_publish.connect(record, weak=False)
    turn_left.connect(record, weak=False)


@worker_init.connect
def record_what_a_worker_does(sender: Any, **_: Any) -> None:
    """A worker lives that finishes tasks; one whose queue has none says so by Celery's own beat."""
    recorder = heartbeats.Recorder(role=heartbeats.Role.WORKER, name=str(sender))

    def record(**_: Any) -> None:
        recorder.record()

    def record_between_tasks(**_: Any) -> None:
        close_old_connections()
        recorder.record()

    task_postrun.connect(record, weak=False)
    heartbeat_sent.connect(record_between_tasks, weak=False)


@task_prerun.connect
def record_start_of_what_beat_sent(*, task: Task, **_: Any) -> None:
    if task.request.get("sent_by") == "beat":
        task_runs.record_start(name=task.name)


@task_postrun.connect
def record_end_of_what_beat_sent(*, task: Task, state: str, **_: Any) -> None:
    if task.request.get("sent_by") == "beat":
        task_runs.record_end(name=task.name, is_failed=state != "SUCCESS")
