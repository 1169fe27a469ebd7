"""What was looked at and how it is: the lines of preflight and of the Operations page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import redis
from django.db import DatabaseError


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: what it is, whether it is well, and else what to do.

    `see` names the section of docs/operations.md that says more, `page` a page of the admin.
    """

    name: str
    problem: str = ""
    is_warning: bool = False
    note: str = ""
    see: str = ""
    page: str = ""


Check = Callable[[], Iterator[Finding]]


def look(checks: list[Check]) -> Iterator[Finding]:
    """Every finding; what a check cannot even ask is one by itself."""
    for check in checks:
        try:
            yield from check()
        except DatabaseError as away:
            yield Finding(describe(check), f"Postgres refuses to say: {first_line(away)}")
        except redis.RedisError as away:
            yield Finding(describe(check), f"Redis does not answer: {first_line(away)}")


def describe(check: Check) -> str:
    return check.__name__.removeprefix("check_").replace("_", " ")


def first_line(fault: Exception) -> str:
    return (str(fault).strip() or type(fault).__name__).partition("\n")[0]
