"""Databases of the same server: scratch copies, and one that takes the place of another."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE
from typing import Any

import psycopg
from django.db import connection
from psycopg import errors, sql

from . import encryption, files, postgres
from .faults import BackupFault

# What is in it belongs to whoever restores, and `setup_roles` says who else may do what.
RESTORE = (
    "--no-owner",
    "--no-privileges",
    "--exit-on-error",
    "--single-transaction",
    "--no-password",
)
MAINTENANCE = "postgres"
LOCK = "SELECT pg_try_advisory_lock(hashtext('recovery backups'))"
SESSIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = %s AND backend_type = 'client backend'
"""


class RestoreStream:
    """Standard input of pg_restore, which may have ended before us."""

    def __init__(self, file: Any) -> None:
        self.file = file
        self.fault: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            return self.file.write(data)
        except OSError as fault:
            self.fault = fault
            raise

    def flush(self) -> None:
        self.file.flush()


@contextmanager
def one_restore() -> Iterator[psycopg.Connection]:
    """A connection beside all our databases, for one restore or verification at a time."""
    with postgres.connect(MAINTENANCE) as server:
        locked = server.execute(LOCK).fetchone()
        if not (locked and locked[0]):
            raise BackupFault("Another backup is being restored on this server: wait for it.")
        yield server


def restore_into(
    server: psycopg.Connection, database: str, path: Path, keys: encryption.Keys
) -> dict[str, int]:
    """Make a database from a backup, whatever had its name, and return its rows per table.

    It is nobody else's to connect to. A fault leaves no such database behind.
    """
    drop(server, database)
    name = sql.Identifier(database)
    try:
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name))
        server.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        fill(server, database, path, keys)
        with postgres.connect(database) as restored:
            return postgres.count_rows(restored)
    except errors.InsufficientPrivilege:
        raise BackupFault(
            "The role of DATABASE_URL may not make databases. As the superuser: ALTER ROLE"
            f" {connection.settings_dict['USER']} CREATEDB"
        ) from None
    except BaseException:
        drop(server, database)
        raise


def fill(server: psycopg.Connection, database: str, path: Path, keys: encryption.Keys) -> None:
    process = postgres.start_program(
        "pg_restore", *RESTORE, database=database, major=postgres.server_major(server), stdin=PIPE
    )
    try:
        with path.open("rb") as file:
            encryption.decrypt(files.CountedFile(file), RestoreStream(process.stdin), keys)
        if process.stdin:
            process.stdin.close()
        ended = process.wait()
    except BrokenPipeError:
        ended = process.wait()
    finally:
        if process.poll() is None:
            postgres.end_program(process)
    if ended != 0:
        raise BackupFault(postgres.describe_end("pg_restore", process))


def check_counts(counted: dict[str, int], expected: dict[str, int]) -> None:
    """Refuse a copy that holds other rows than the dump's own snapshot did."""
    tables = sorted(counted.keys() | expected.keys())
    wrong = [table for table in tables if counted.get(table) != expected.get(table)]
    if wrong:
        first = wrong[0]
        raise BackupFault(
            f"{len(wrong)} tables came back with other rows: {first} has"
            f" {counted.get(first)} in place of {expected.get(first)}."
        )


def drop(server: psycopg.Connection, database: str) -> None:
    server.execute(
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
    )


def has_database(server: psycopg.Connection, database: str) -> bool:
    found = server.execute("SELECT FROM pg_database WHERE datname = %s", [database])
    return found.fetchone() is not None


def count_tables(server: psycopg.Connection, database: str) -> int:
    """How many tables a database holds; none where there is none of that name."""
    if not has_database(server, database):
        return 0
    with postgres.connect(database) as there:
        return len(there.execute(postgres.TABLES).fetchall())


def wait_until_unused(server: psycopg.Connection, database: str) -> int:
    """How many connections to a database are left, once those that are closing are gone."""
    left = 0
    for _ in range(10):
        row = server.execute(SESSIONS, [database]).fetchone()
        left = row[0] if row else 0
        if not left:
            break
        time.sleep(0.1)
    return left


def take_place(server: psycopg.Connection, draft: str, database: str, *, former: str) -> None:
    """Give a draft the database's name, and that one another, both at once."""
    with server.transaction():
        if has_database(server, database):
            rename(server, database, former)
        rename(server, draft, database)


def rename(server: psycopg.Connection, database: str, name: str) -> None:
    try:
        server.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(database), sql.Identifier(name)
            )
        )
    except errors.ObjectInUse:
        raise BackupFault(
            f"{database} is in use: stop the site first. Nothing was changed."
        ) from None


@contextmanager
def connected_to(database: str) -> Iterator[None]:
    """Let Django's connection lead to another database of the server for a while."""
    former = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = former
