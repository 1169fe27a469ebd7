"""Writes a line when a statement takes long, without any value that it was asked with."""

import hashlib
import logging
import re
from collections.abc import Callable
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger(__name__)
LONGEST = 2000
LITERAL = re.compile(r"'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b")
LISTED = re.compile(r"%s(?:\s*,\s*%s)+|\(%s\)(?:\s*,\s*\(%s\))+")


def watch(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Have a connection time its statements; the same one connects again and again."""
    if time_statement not in connection.execute_wrappers:
        connection.execute_wrappers.append(time_statement)


def time_statement(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    begun = perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        took = (perf_counter() - begun) * 1000
        if 0 < settings.SLOW_QUERY_MS <= took:
            report(sql, took)


def report(sql: Any, took: float) -> None:
    statement = remove_values(sql) if isinstance(sql, str) else "a statement built of parts"
    fingerprint = hashlib.sha256(statement.encode()).hexdigest()[:12]
    facts = {
        "fingerprint": fingerprint,
        "statement": statement[:LONGEST],
        "duration_ms": round(took, 1),
    }
    logger.warning("A statement took %d ms: %s", took, statement[:LONGEST], extra=facts)


def remove_values(sql: str) -> str:
    """The statement with each literal as ?, and each list of places for values as one."""
    return LISTED.sub("%s, ...", LITERAL.sub("?", " ".join(sql.split())))
