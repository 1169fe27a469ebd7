"""When each task that beat hands out last began, ended and failed, in one row each.

The same row says when a beat last handed it out, so that of several only one does.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from .models import TaskRun

logger = logging.getLogger(__name__)
# One statement, so that of two beats at the same moment one waits and is told no; by the clock of
# Postgres, as machines may differ. A time to come was written by a clock that was wrong.
TAKE_TURN = """
    INSERT INTO admissions_taskrun AS run (name, handed_out_at) VALUES (%s, clock_timestamp())
    ON CONFLICT (name) DO UPDATE SET handed_out_at = clock_timestamp()
    WHERE run.handed_out_at IS NULL
        OR run.handed_out_at <= clock_timestamp() - make_interval(secs => %s)
        OR run.handed_out_at > clock_timestamp() + interval '1 minute'
    RETURNING name
"""


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


def take_turn(*, name: str, lasts: timedelta) -> bool:
    """Store that the task is handed out now; return False if a beat did so within `lasts`.

    True where Postgres does not answer: each task is safe to repeat, and none may stay away.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute(TAKE_TURN, [name, lasts.total_seconds()])
            return cursor.fetchone() is not None
    except (DatabaseError, InterfaceError) as away:
        logger.warning("A task is handed out unasked: %s", type(away).__name__)
        connection.close()
        return True


def give_back_turn(*, name: str) -> None:
    """Let whichever beat asks next hand the task out; never raise."""
    try:
        TaskRun.objects.filter(name=name).update(handed_out_at=None)
    except (DatabaseError, InterfaceError) as away:
        logger.warning("The turn of a task was not given back: %s", type(away).__name__)


def read_last_runs(names: list[str]) -> list[LastRun]:
    """One for each of these tasks, in this order; one that never ran has no moments."""
    found = TaskRun.objects.in_bulk(names)
    runs = [found.get(name) or TaskRun(name=name) for name in names]
    return [
        LastRun(run.name, run.last_started_at, run.last_finished_at, run.last_failed_at)
        for run in runs
    ]
