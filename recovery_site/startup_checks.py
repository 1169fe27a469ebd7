"""What a process of production asks the database before it serves; each refusal is one line.

A database that does not answer is let pass: after a power cut everything starts in any order, and
nothing is done without it. `/statusz/` looks at the keys again.
"""

import sys
from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.db import DatabaseError

from admissions import time_limits
from admissions.installation import key_marks


def run() -> None:
    """End a process of production that must not serve this database."""
    if settings.PRODUCTION:
        run_everywhere()


def run_everywhere() -> None:
    """End this process where it must not serve this database; note the keys that it serves with."""
    try:
        refusal = next(find_refusals(), "")
        if not refusal:
            key_marks.keep_marks()
    except DatabaseError:
        return
    if refusal:
        sys.exit(refusal)


def find_refusals() -> Iterator[str]:
    if settings.PRODUCTION and has_demo_accounts():
        yield (
            "This database holds the invented staff of the demo, whose passwords everybody knows."
            " Production needs a database of its own: name another in DATABASE_URL."
        )
    yield from key_marks.find_foreign_keys()
    if not time_limits.has_statement_timeout():
        yield (
            "The database role of DATABASE_URL has no statement_timeout: run manage.py setup_roles,"
            " and name the role of the web or of the worker. See docs/operations.md."
        )
    yield from find_failed_checks()


def has_demo_accounts() -> bool:
    """Invented staff are in the database: all know their passwords."""
    return apps.get_model("users", "User").objects.filter(is_demo=True).exists()


def find_failed_checks() -> Iterator[str]:
    """Django's own checks, which nothing but its command line runs by itself."""
    for found in checks.run_checks(databases=["default"]):
        if found.is_serious() and not found.is_silenced():
            yield f"{found.msg} {found.hint or ''}".strip()
