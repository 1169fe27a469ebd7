"""When each task that beat hands out last began, ended and failed, in one row each."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from .models import TaskRun

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LastRun:
    """When a task last began, and last ended well; None if never."""

    name: str
    last_started_at: datetime | None
    last_finished_at: datetime | None
    last_failed_at: datetime | None


def record_start(*, name: str) -> None:
    """Store that the task begins; a database that does not answer is logged alone."""
    save_moment(name=name, column="last_started_at")


def record_end(*, name: str, is_failed: bool) -> None:
    """Store that the task ended, well or by an exception; never raise."""
    save_moment(name=name, column="last_failed_at" if is_failed else "last_finished_at")


def save_moment(*, name: str, column: str) -> None:
    try:
        TaskRun.objects.bulk_create(
            [TaskRun(name=name, **{column: timezone.now()})],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=[column],
        )
    except (DatabaseError, InterfaceError) as away:
        logger.warning("The run of a task was not written: %s", type(away).__name__)


def read_last_runs(names: list[str]) -> list[LastRun]:
    """One for each of these tasks, in this order; one that never ran has no moments."""
    found = TaskRun.objects.in_bulk(names)
    runs = [found.get(name) or TaskRun(name=name) for name in names]
    return [
        LastRun(run.name, run.last_started_at, run.last_finished_at, run.last_failed_at)
        for run in runs
    ]
