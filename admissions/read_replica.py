"""Figures are read from a replica of Postgres, where there is one and it is not far behind.

Only what asks for it by `read_figures` reads there. Whatever decides something, and whatever shows
people what they just did, stays with the primary. docs/decisions/connections.md says why.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connections, transaction
from django.utils import timezone

logger = logging.getLogger(__name__)
Value = TypeVar("Value")
REPLICA = "replica"
# Workers write heartbeats every 20 seconds: a replica that heard of nothing for a minute is behind,
# or so is the whole site.
MAX_LAG = timedelta(seconds=60)
# How long a process leaves a replica alone that failed it.
PAUSE_SECONDS = 30.0
STATEMENT_TIMEOUT = "10s"
# Accounts, sessions and permissions are nobody's figures.
READABLE_APPS = {"admissions", "programs", "users"}
_alias = ContextVar("alias", default=DEFAULT_DB_ALIAS)


@dataclass(frozen=True)
class Reading(Generic[Value]):
    """What was read, and as of when; None where it came from the primary."""

    value: Value
    as_of: datetime | None


class Rest:
    """Until when this process asks a replica nothing."""

    def __init__(self) -> None:
        self.until = 0.0

    def begin(self) -> None:
        self.until = monotonic() + PAUSE_SECONDS

    def is_over(self) -> bool:
        return monotonic() >= self.until


rest = Rest()


class ReplicaRouter:
    """Sends reads to the replica inside `read_figures`; everything else to the primary."""

    def db_for_read(self, model: type[Any], **hints: Any) -> str:
        return current_alias() if model._meta.app_label in READABLE_APPS else DEFAULT_DB_ALIAS

    def db_for_write(self, model: type[Any], **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if db == REPLICA else None


def current_alias() -> str:
    """The database that plain reads go to at this point of the code."""
    return _alias.get()


def is_configured() -> bool:
    return REPLICA in connections


def read_figures(read: Callable[[], Value], *, reaching: datetime | None = None) -> Reading[Value]:
    """Call `read` on the replica, or on the primary where that is away or behind.

    `reaching`: a moment that the replica must have got to. Whatever `read` returns should be
    complete, as what it reads later comes from the primary. Inside a transaction the primary is
    asked: the replica does not know what that has written. All statements see one snapshot.
    """
    if is_configured() and rest.is_over() and not transaction.get_connection().in_atomic_block:
        try:
            with replica_snapshot() as as_of:
                if is_fresh(as_of, reaching):
                    return Reading(read(), as_of)
        except (DatabaseError, InterfaceError) as away:
            logger.warning("The replica did not answer: %s", type(away).__name__)
            rest.begin()
            connections[REPLICA].close()
    return Reading(read(), None)


def is_fresh(as_of: datetime | None, reaching: datetime | None = None) -> bool:
    least = timezone.now() - MAX_LAG
    return as_of is not None and as_of >= (max(least, reaching) if reaching else least)


@contextmanager
def replica_snapshot() -> Iterator[datetime | None]:
    """One transaction that reads from the replica, and when the last change in it was made.

    None of a server that is no replica (any more): it may be a primary that was left behind. The
    limits belong to the transaction, as a pooler keeps none of a session.
    """
    with transaction.atomic(using=REPLICA), connections[REPLICA].cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute(
            "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_xact_replay_timestamp() END,"
            " set_config('statement_timeout', %s, true)",
            [STATEMENT_TIMEOUT],
        )
        as_of = cursor.fetchone()[0]
        token = _alias.set(REPLICA)
        try:
            yield as_of
        finally:
            _alias.reset(token)


def read_as_of() -> datetime | None:
    """When the last change that the replica knows was made; None where it is away, or is none."""
    if not rest.is_over():
        return None
    try:
        with replica_snapshot() as as_of:
            return as_of
    except (DatabaseError, InterfaceError) as away:
        logger.warning("The replica did not answer: %s", type(away).__name__)
        rest.begin()
        connections[REPLICA].close()
        return None
