"""The stage of the faults, and the table at the end of the long form."""

import os

import pytest
from django.conf import settings
from django.db import connection

from recovery_site.dev import processes
from tests.support.broker import another_broker

from . import table
from .nemesis import Nemesis
from .smtp_sink import Sink
from .stage import Stage

TOLD = pytest.StashKey()
IS_LONG = os.environ.get("FAULTS") == "long"


@pytest.fixture(autouse=True)
def usual_day():
    """The workers go by the true time, and so do we."""


@pytest.fixture(scope="session")
def sink():
    server = Sink()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def nemesis(sink, django_db_setup, tmp_path_factory):
    """A Redis of our own, and where workers are made, beside the tests' own database."""
    environment = {
        "DATABASE_URL": database_url(),
        "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
        "SECRET_KEY": settings.SECRET_KEY,
        "REQUEST_LIMIT_FACTOR": "0",
    }
    made = Nemesis(tmp_path_factory.mktemp("faults"), environment)
    yield made
    made.stop()


def database_url():
    named = connection.settings_dict
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**named)


@pytest.fixture
def own_broker(nemesis):
    """We wake the workers of the nemesis, and no others."""
    with another_broker(nemesis.redis.url):
        yield


@pytest.fixture
def our_letters_to_the_sink(settings, sink):
    """Should we send any ourselves, as the site never does."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port


@pytest.fixture
def site(own_broker, our_letters_to_the_sink, real_commits):
    """Our own process, as the web process of the site: it books, and wakes workers."""


@pytest.fixture
def stage(site, nemesis, sink, monkeypatch):
    made = Stage(nemesis, sink, monkeypatch)
    yield made
    made.end()
    sink.forget()
    nemesis.restore_guards()
    nemesis.redis.start()
    nemesis.redis.flush()
    processes.wait_until(nobody_else_is_connected, within=30)


def nobody_else_is_connected():
    """Postgres notices that a killed worker is gone; its locks would stop the cleaning up."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return cursor.fetchone() == (0,)


def pytest_generate_tests(metafunc):
    if "case" in metafunc.fixturenames:
        cases = metafunc.module.CASES
        metafunc.parametrize("case", cases, ids=[case.name for case in cases])


@pytest.fixture
def told(request):
    """Keeps what came of a case for the table."""
    lines = request.config.stash.setdefault(TOLD, {})

    def tell(case, times, verdict, *, is_control=False):
        lines.setdefault(case.name, {})["control" if is_control else "proof"] = (times, verdict)

    return tell


@pytest.fixture
def times(case):
    """How often harm is done: a few times among all tests, many times in the long form."""
    return case.many if IS_LONG else case.few


def pytest_terminal_summary(terminalreporter, config):
    """What came of each case, when all of them ran in one process."""
    lines = config.stash.get(TOLD, {})
    if IS_LONG and lines:
        terminalreporter.write_line("\n" + table.of(lines))
        (settings.VAR / "faults.txt").write_text(table.of(lines) + "\n")
