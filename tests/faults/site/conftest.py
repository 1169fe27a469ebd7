"""The whole site for storms: one cluster for all of them, which each storm leaves whole."""

from contextlib import contextmanager
from datetime import time, timedelta

import pytest
from django.conf import settings as site_settings
from django.db import connection
from django.utils import timezone

from admissions.messaging.models import Message
from admissions.scheduling import availability
from admissions.scheduling.models import Mode
from recovery_site.dev import processes
from recovery_site.workers import queues
from tests.faults.conftest import IS_LONG
from tests.faults.smtp_sink import Sink
from tests.support.factories import make_counselor, write_settings

from .checker import Checker, read_letters
from .cluster import PROGRAMS, Cluster
from .crowd import Crowd, upcoming
from .history import History
from .visitor import NoAnswer, Visitor

COUNSELORS = 12
# Seconds in which everything is told after the harm: leases of dead workers run out in 90.
TOLD_WITHIN = 180


class WholeSite:
    """A cluster with counselors, and what a storm asks of it."""

    def __init__(self, cluster, sink, history):
        self.cluster, self.sink, self.history = cluster, sink, history
        # Of cases before, whose rows may be elsewhere, or lost by a control.
        sink.forget()

    def crowd(self, **how):
        soon = timezone.now() + timedelta(hours=6)
        slots = availability.open_slots(mode=Mode.PHONE, now=timezone.now())
        connection.close()
        return Crowd(self.cluster.ports, upcoming(slots, after=soon), self.history, **how)

    def verdict(self, **how):
        """What is broken once all is told, or should have been."""
        processes.wait_until(self.is_quiet, within=TOLD_WITHIN, every=0.5)
        return self.found(**how)

    def found(self, **how):
        return Checker(self.history, read_letters(self.sink.letters), **how).judge()

    def is_quiet(self):
        owed = Message.objects.filter(finished_at=None, due_at__lte=timezone.now()).exists()
        with self.cluster.redis() as client:
            return not owed and not any(client.llen(name) for name in queues.NAMES)

    def bookings_since(self, at):
        return [line for line in self.history.acknowledged() if line["at"] > at]

    def books_again_within(self, at, seconds):
        """Whether a booking was acknowledged that was begun after that moment, and how soon."""
        begun = {(line["who"], line["op"]) for line in list(self.history.lines)
                 if line["type"] == "invoke" and line["at"] > at}  # fmt: skip
        return any(
            (line["who"], line["op"]) in begun and line["at"] <= at + seconds
            for line in self.bookings_since(at)
        )

    def faults(self):
        """What people heard where something was at fault: a status, or why no answer came."""
        return [line["status"] for line in self.history.answers() if line["type"] == "retry"]

    def is_up(self):
        """Whether each web says that bookings, and all behind them, work."""
        return all(self.asks(port, "/readyz/") == 200 for port in self.cluster.ports)

    def asks(self, port, path):
        try:
            return Visitor([port]).get(path).status
        except NoAnswer:
            return None


@pytest.fixture(scope="session")
def site_sink():
    server = Sink()
    yield server
    server.stop()


def make_cluster(var, sink, **how):
    return Cluster(
        var,
        static=site_settings.STATIC_ROOT,
        SECRET_KEY=site_settings.SECRET_KEY,
        EMAIL_URL=f"smtp://127.0.0.1:{sink.port}",
        **how,
    )


@contextmanager
def running(cluster):
    try:
        yield cluster.start()
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory, site_sink):
    with running(make_cluster(tmp_path_factory.mktemp("cluster"), site_sink)) as made:
        yield made


@pytest.fixture
def looking_at(django_db_setup, django_db_blocker):
    """Django looks at the database of a cluster in place of the tests' own."""
    kept = dict(connection.settings_dict)

    def look(cluster):
        connection.close()
        connection.settings_dict.update(cluster.settings_of_database())

    with django_db_blocker.unblock():
        yield look
        connection.close()
        connection.settings_dict.update(kept)


def fill():
    """Counselors who always have time, and where notices to staff go."""
    write_settings(staff_email="staff@center.example")
    for _counselor in range(COUNSELORS):
        make_counselor(opens=time(0), closes=time(23, 59))


@pytest.fixture(scope="session")
def filled():
    """Which clusters have their counselors."""
    return set()


@pytest.fixture
def history(request):
    return History(site_settings.VAR / "history" / f"{request.node.name}.jsonl")


@pytest.fixture
def whole_site(cluster, site_sink, looking_at, filled, history):
    looking_at(cluster)
    if not filled:
        fill()
        filled.add(cluster)
    made = WholeSite(cluster, site_sink, history)
    yield made
    cluster.take_up(*PROGRAMS, "postgres", "redis")
    assert processes.wait_until(made.is_up, within=60)


def pytest_collection_modifyitems(items):
    """Storms take minutes each: `make faults` alone lets them loose."""
    for item in items:
        if "site_sink" in getattr(item, "fixturenames", ()) and not IS_LONG:
            item.add_marker(pytest.mark.skip(reason="takes a minute or more"))
