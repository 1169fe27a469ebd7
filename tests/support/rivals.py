"""Many people at once: each in a thread with a database connection of their own."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic, sleep

from django.db import connection


def after(event, act):
    """This act, once that has happened."""

    def run():
        assert event.wait(timeout=30)
        return act()

    return run


def at_once(acts) -> list:
    """Start every act at the same moment; what each returned, or the exception it raised."""
    acts = list(acts)
    gate = Barrier(len(acts))

    def run(act):
        try:
            connection.ensure_connection()
            gate.wait(timeout=30)
            return act()
        except Exception as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def outcomes(answers) -> Counter:
    """How often each type was returned or raised, by its name."""
    return Counter(type(answer).__name__ for answer in answers)


def hold_until_awaited() -> None:
    """Keep what this transaction has locked until somebody waits for a lock."""
    until = monotonic() + 10
    while not is_someone_waiting() and monotonic() < until:
        sleep(0.02)


def is_someone_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database())"
        )
        return cursor.fetchone()[0]
