"""The databases of the bench, side by side in one Postgres."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

SERVER = urlsplit(os.environ.get("DATABASE_URL", ""))


def url(name):
    return SERVER._replace(path=f"/{name}").geturl()


def libpq(name):
    """The same for programs that read libpq's own variables."""
    return {
        "PGHOST": SERVER.hostname,
        "PGPORT": str(SERVER.port),
        "PGUSER": SERVER.username,
        "PGPASSWORD": SERVER.password,
        "PGDATABASE": name,
    }


def connect(name):
    """A connection on which each statement commits by itself, however long it takes."""
    connection = psycopg.connect(url(name), options="-c statement_timeout=0")
    connection.autocommit = True
    return connection


def run(name, *statements):
    """Runs statements, each on its own; returns the rows of the last one, if it has any."""
    connection = connect(name)
    try:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


# A copy holds its emails until somebody lets them go.
LET_GO = """
    UPDATE admissions_installation SET sends_from =
        (SELECT system_identifier FROM pg_control_system())
        || '.' || (SELECT oid FROM pg_database WHERE datname = current_database())
        || '.' || 'admissions_installation'::regclass::oid
"""


def make(name, *, like="template1"):
    """An empty database, or a copy of one that nobody is connected to; ours sends its email."""
    run(
        SERVER.path.strip("/"),
        f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
        f"CREATE DATABASE {name} TEMPLATE {like}",
    )
    if like.startswith("ours_"):
        run(name, LET_GO)


def drop_all():
    """Gives the disk back."""
    home = SERVER.path.strip("/")
    for (name,) in run(
        home, "SELECT datname FROM pg_database WHERE datname ~ '^(ours|peer|bare)_'"
    ):
        run(home, f"DROP DATABASE {name} WITH (FORCE)")


def settle(*names):
    """Does now what Postgres would do later, while we measure."""
    for name in names:
        run(name, "VACUUM (ANALYZE)")
    run(names[0], "CHECKPOINT")


def deadlocks(*names):
    """How many there ever were in these databases; connections must have ended to be counted."""
    listed = ", ".join(f"'{name}'" for name in names)
    ((count,),) = run(
        names[0], f"SELECT sum(deadlocks)::int FROM pg_stat_database WHERE datname IN ({listed})"
    )
    return count


def version():
    ((told,),) = run(SERVER.path.strip("/"), "SHOW server_version")
    return told.split()[0]


def process(var):
    """The process that all others of Postgres descend from."""
    return int(Path(var, "postgres", "postmaster.pid").read_text().split()[0])
