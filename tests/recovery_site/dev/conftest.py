"""What the tests of servers and of the runner share: a bare environment, and patience."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from recovery_site.dev import postgres, processes, state

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = {
    "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY", "SITE_URL", "DEBUG", "ALLOWED_HOSTS",
    "VAR", "PORT", "ARGS", "PYTHON", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES",
}  # fmt: skip


@pytest.fixture(scope="session")
def bare():
    """The environment of a newcomer, who has set nothing."""
    return {name: value for name, value in os.environ.items() if name not in SETTINGS}


@pytest.fixture(scope="session")
def beside(bare):
    """Runs a command beside embedded servers and waits for it."""

    def run(var, *command, **environment):
        return subprocess.run(
            [sys.executable, "-m", "recovery_site.dev.embedded", "with", "--", *command],
            cwd=ROOT,
            env=bare | {"VAR": str(var)} | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def serving(bare):
    """Starts embedded servers that stay until they are told to stop."""

    def start(var):
        server = subprocess.Popen(
            [sys.executable, "-m", "recovery_site.dev.embedded", "with", "--", "sleep", "600"],
            cwd=ROOT,
            env=bare | {"VAR": str(var)},
        )
        assert processes.wait_until(lambda: answer(var), within=30)
        return server

    return start


def answer(var):
    """Whether both servers of this folder take connections."""
    chosen = state.read_state(var)
    if not {"postgres_port", "redis_port"} <= chosen.keys():
        return False
    try:
        psycopg.connect(database_url(var)).close()
        return redis.from_url(redis_url(var)).ping()
    except (psycopg.Error, redis.RedisError):
        return False


def database_url(var):
    return postgres.database_url(var, state.read_state(var)["postgres_port"])


def redis_url(var):
    chosen = state.read_state(var)
    return f"redis://:{chosen['password']}@127.0.0.1:{chosen['redis_port']}/0"


@pytest.fixture
def query():
    """Asks the embedded Postgres of a folder one thing."""

    def ask(var, sql):
        with psycopg.connect(database_url(var)) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            rows = cursor.fetchall() if cursor.description else None
        connection.close()
        return rows

    return ask


@pytest.fixture
def store():
    """The embedded Redis of a folder."""
    return lambda var: redis.from_url(redis_url(var), decode_responses=True)
