"""Any number of beats hand each task out once: whichever asks first when it is due.

None of them leads. One that dies is missed by nobody: the next beat that asks hands the task out.
"""

from datetime import timedelta
from typing import Any

from celery.beat import PersistentScheduler, ScheduleEntry
from celery.utils.dispatch import Signal
from django.db import close_old_connections

from admissions.installation import task_runs

# Another beat had the turn: this one lives, though it hands out nothing.
turn_left = Signal(name="turn_left")


class SharedScheduler(PersistentScheduler):
    """Asks the database for the turn before it hands a task out."""

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        close_old_connections()
        if task_runs.take_turn(name=str(entry.task), lasts=length_of_turn(entry)):
            super().apply_entry(entry, producer=producer)
        else:
            turn_left.send(sender=self)

    def apply_async(self, entry: ScheduleEntry, *args: Any, **options: Any) -> Any:
        """Send the task; where Redis refuses it, leave the turn to a beat that reaches Redis."""
        try:
            return super().apply_async(entry, *args, **options)
        except Exception:
            task_runs.give_back_turn(name=str(entry.task))
            raise


def length_of_turn(entry: ScheduleEntry) -> timedelta:
    """As long as the task may wait for a worker, and over before its next one is due."""
    waits = timedelta(seconds=(entry.options or {}).get("expires") or 0)
    interval = getattr(entry.schedule, "run_every", None)
    return min(waits, interval * 0.9) if interval else waits
