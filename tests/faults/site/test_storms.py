"""Servers die, forget, fill up and are held fast while people book: what was promised holds."""

import os
import random
import signal
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import redis
from django.utils import timezone

from admissions.scheduling import coverage
from admissions.scheduling.models import Consultation, Counselor
from recovery_site.dev import processes

from .cluster import PROGRAMS, SERVERS
from .crowd import Person
from .readings import family
from .visitor import DETAILS_PAGE

RECOVERED, ALL_UP = 10, 60
ORDERS = 10


def pass_time(seconds):
    """Let people book meanwhile: the time itself is what is tried."""
    time.sleep(seconds)


def test_redis_flushed_killed_and_absent_costs_no_booking_and_no_letter(whole_site):
    cluster = whole_site.cluster
    with whole_site.crowd() as crowd:
        for _flush in range(3):
            pass_time(2)
            whole_site.history.nemesis("redis flushed")
            cluster.redis().flushall()
        for _death in range(2):
            pass_time(2)
            whole_site.history.nemesis("redis killed")
            cluster.kill("redis")
        cluster.leave_alone("redis")
        cluster.kill("redis")
        gone_at = whole_site.history.nemesis("redis gone")
        assert processes.wait_until(
            lambda: len(whole_site.bookings_since(gone_at)) >= 20, within=60
        )
        whole_site.history.nemesis("redis comes back")
        cluster.take_up("redis")

    assert (crowd.faults, whole_site.faults()) == ([], [])
    assert whole_site.verdict() == {}


def test_letters_without_the_sweep_stay_untold(whole_site):
    """The control: what Redis forgot, beat alone brings back."""
    cluster = whole_site.cluster
    cluster.leave_alone("beat", "redis")
    cluster.kill("beat", "redis")
    with whole_site.crowd():
        pass_time(4)
    cluster.take_up("redis")
    processes.wait_until(whole_site.is_up, within=30)
    pass_time(6)

    assert "not told" in whole_site.found()
    cluster.take_up("beat")
    assert whole_site.verdict() == {}


def test_redis_that_is_full_costs_no_booking_and_no_letter(whole_site):
    client = whole_site.cluster.redis()
    client.config_set("maxmemory", "2mb")
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        for number in range(100):
            client.set(f"ballast {number}", "x" * 100_000)
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    with whole_site.crowd() as crowd:
        pass_time(8)
    client.config_set("maxmemory", 0)
    client.delete(*client.keys("ballast *"))

    assert len(whole_site.history.acknowledged()) > 5
    assert (crowd.faults, whole_site.faults()) == ([], [])
    assert whole_site.verdict() == {}


def test_postgres_killed_under_load_loses_nothing_and_comes_back(whole_site):
    cluster = whole_site.cluster
    with cluster.connect() as session:
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            assert session.execute(f"SHOW {name}").fetchone() == ("on",)
    kills = []
    with whole_site.crowd() as crowd:
        for number in range(6):
            pass_time(8)
            if number % 2:
                kills.append(whole_site.history.nemesis("postmaster killed"))
                cluster.kill_postmaster()
            else:
                kills.append(whole_site.history.nemesis("backend killed"))
                os.kill(random.choice(cluster.backends()), signal.SIGKILL)
            assert processes.wait_until(
                lambda: whole_site.books_again_within(kills[-1], 60), within=60
            )

    assert crowd.faults == []
    assert [whole_site.books_again_within(at, RECOVERED) for at in kills] == [True] * len(kills)
    assert whole_site.verdict(may_repeat=True) == {}


def test_bookings_that_wait_for_no_disk_are_lost(whole_site):
    """The control: without synchronous_commit a kill takes what was acknowledged."""
    cluster = whole_site.cluster

    def choose(how):
        with cluster.connect() as session:
            session.execute(f"ALTER ROLE recovery SET synchronous_commit = {how}")
            session.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
            session.execute("ALTER SYSTEM SET wal_writer_flush_after = '1GB'")
            session.execute("SELECT pg_reload_conf()")
            end_sessions(session)

    choose("off")
    try:
        with whole_site.crowd(changes=0):
            known = len(whole_site.history.acknowledged())
            processes.wait_until(
                lambda: len(whole_site.history.acknowledged()) > known + 8, within=30
            )
            cluster.kill("postgres")
        assert processes.wait_until(whole_site.is_up, within=30)
        assert "lost" in whole_site.found()
    finally:
        choose("on")


def hold_all_counselors(cluster):
    """A session of ours that has locked what every booking needs, and does not let go."""
    session = cluster.connect(autocommit=False)
    session.execute("SELECT FROM admissions_counselor FOR UPDATE")
    return session


def test_booking_behind_a_lock_fails_fast_and_is_made_once_the_holder_is_ended(whole_site):
    holder = hold_all_counselors(whole_site.cluster)
    held_at = whole_site.history.nemesis("counselors locked")
    with whole_site.crowd(changes=0) as crowd:
        assert processes.wait_until(lambda: len(whole_site.faults()) >= 4, within=30)
        # The role's idle_in_transaction_session_timeout ends the holder after 30 s.
        assert processes.wait_until(lambda: whole_site.bookings_since(held_at), within=45)
    with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
        holder.execute("SELECT 1")

    refused = [line for line in whole_site.history.answers() if line["type"] == "retry"]
    assert {line["status"] for line in refused} == {503}
    assert max(line["seconds"] for line in refused) < 8
    assert crowd.faults == []
    assert whole_site.verdict() == {}


def test_booking_behind_a_lock_waits_long_without_its_limit(whole_site):
    """The control."""
    cluster = whole_site.cluster

    def limit(lock, statement):
        with cluster.connect() as session:
            session.execute(f"ALTER ROLE recovery SET lock_timeout = '{lock}'")
            session.execute(f"ALTER ROLE recovery SET statement_timeout = '{statement}'")
            end_sessions(session)

    limit("60s", "60s")
    holder = hold_all_counselors(cluster)
    try:
        with whole_site.crowd(changes=0):
            pass_time(10)
            assert whole_site.faults() == []
            assert whole_site.history.acknowledged() == []
            holder.close()
    finally:
        limit("5s", "10s")


def end_sessions(session, *, but=()):
    """Those of the site, which begin anew with what is chosen by then."""
    session.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'recovery'"
        " AND pid <> pg_backend_pid() AND NOT pid = ANY(%s)",
        [list(but)],
    )


def take_all_connections(cluster, held):
    """Also those that the site has: whatever ends in its hands goes to ours, until it has none."""

    def fill_up():
        with pytest.raises(psycopg.OperationalError, match=r"too many clients|remaining"):
            for _each in range(200):
                held.append(cluster.connect())

    fill_up()
    ours = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%s)"
    everyone = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    for _round in range(50):
        pids = [each.info.backend_pid for each in held]
        if held[0].execute(everyone).fetchone() == held[0].execute(ours, [pids]).fetchone():
            return
        end_sessions(held[0], but=pids)
        fill_up()
    pytest.fail("the site still has a connection")


@pytest.fixture
def held():
    """Sessions of ours, closed in the end."""
    sessions = []
    yield sessions
    for session in sessions:
        session.close()


def test_connections_that_run_out_are_told_at_once_and_got_over(whole_site, held):
    cluster = whole_site.cluster
    with whole_site.crowd() as crowd:
        assert processes.wait_until(whole_site.history.acknowledged, within=30)
        take_all_connections(cluster, held)
        whole_site.history.nemesis("connections taken")
        answers = {
            path: [whole_site.asks(port, path) for port in cluster.ports]
            for path in ("/healthz/", "/livez/", "/readyz/")
        }
        pass_time(5)
        for session in held:
            session.close()
        freed_at = whole_site.history.nemesis("connections free")
        assert processes.wait_until(
            lambda: whole_site.books_again_within(freed_at, RECOVERED), within=RECOVERED
        )

    refused = [line for line in whole_site.history.answers() if line["type"] == "retry"]
    assert answers == {"/healthz/": [200] * 2, "/livez/": [503] * 2, "/readyz/": [503] * 2}
    assert {line["status"] for line in refused} <= {503}
    assert max([line["seconds"] for line in refused], default=0) < 5
    assert crowd.faults == []
    assert crowd.pages_of_faults
    assert whole_site.verdict(may_repeat=True) == {}


def test_everything_killed_and_started_in_any_order_is_up_within_a_minute(whole_site):
    cluster, luck = whole_site.cluster, random.Random(26)
    names, took = [*SERVERS, *PROGRAMS], []
    for _order in range(ORDERS):
        with whole_site.crowd(hands=2, changes=0.2):
            pass_time(2)
            cluster.leave_alone(*names)
            cluster.kill(*names)
            killed_at = whole_site.history.nemesis("everything killed")
            luck.shuffle(names)
            for name in names:
                cluster.take_up(name)
                pass_time(0.3)
            processes.wait_until(lambda at=killed_at: whole_site.bookings_since(at), within=ALL_UP)
            processes.wait_until(whole_site.is_up, within=ALL_UP)
        took.append(time.time() - killed_at)

    assert max(took) <= ALL_UP
    assert whole_site.verdict(may_repeat=True) == {}


def test_others_serve_while_a_web_is_killed_for_its_memory_and_clients_are_slow(whole_site):
    cluster = whole_site.cluster
    slow = [SlowClient(port) for port in cluster.ports for _client in range(3)]
    with whole_site.crowd(hands=2, rest=0.3) as crowd:
        for _death in range(6):
            pass_time(2)
            for client in slow:
                client.send_a_little()
            _master, *workers = family(cluster.pid("web1"))
            whole_site.history.nemesis("a web's process killed")
            os.kill(random.choice(workers), signal.SIGKILL)
    for client in slow:
        client.close()

    answered = [each for each in whole_site.history.answers() if each["type"] in ("ok", "fail")]
    seconds = sorted(line["seconds"] for line in answered)
    assert seconds[int(len(seconds) * 0.99)] < 2
    assert crowd.faults == []
    assert whole_site.verdict() == {}


def test_counselors_who_stop_and_start_under_load_cost_no_fault_and_hide_no_gap(whole_site):
    """A booking is made or refused; what is left with someone who stopped stands in the list."""
    luck, pks = random.Random(20), list(Counselor.objects.values_list("pk", flat=True))
    with whole_site.crowd() as crowd:
        for _change in range(40):
            chosen = luck.sample(pks, 8)
            Counselor.objects.filter(pk__in=chosen).update(is_taking_consultations=False)
            Counselor.objects.exclude(pk__in=chosen).update(is_taking_consultations=True)
            pass_time(0.3)
    stopped = Consultation.objects.standing().filter(counselor__is_taking_consultations=False)
    uncovered = {gap.consultation.pk for gap in coverage.find_gaps(now=timezone.now())}
    left = set(stopped.values_list("pk", flat=True))
    Counselor.objects.update(is_taking_consultations=True)

    assert len(whole_site.history.acknowledged()) > 5
    assert left
    assert left <= uncovered
    assert (crowd.faults, whole_site.faults()) == ([], [])
    assert whole_site.verdict() == {}


class SlowClient:
    """One that sends its request a letter at a time, and never ends."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.sendall(b"POST /consultation/details/ HTTP/1.1\r\nHost: 127.0.0.1\r\n")

    def send_a_little(self):
        try:
            self.socket.sendall(b"X-Slow: 1\r\n")
        except OSError:
            self.socket.close()

    def close(self):
        self.socket.close()


@pytest.fixture
def one_counselor(whole_site):
    """All others take no consultations for a while."""
    first = Counselor.objects.earliest("pk")
    Counselor.objects.exclude(pk=first.pk).update(is_taking_consultations=False)
    yield
    Counselor.objects.update(is_taking_consultations=True)


def test_of_a_hundred_who_send_their_form_for_one_time_at_once_one_gets_it(
    whole_site, one_counselor
):
    crowd = whole_site.crowd()
    start = crowd.next_start()
    gate = threading.Barrier(100)

    def book(_number):
        person = Person(crowd, random.Random(1))
        typed = {"email": person.address, "may_email": "on", "time_zone": crowd.zone}
        filled = person.visitor.open_details(start, **typed)
        gate.wait(timeout=120)
        return person.do("book", filled["key"], start, DETAILS_PAGE, filled)

    with ThreadPoolExecutor(100) as threads:
        won = list(threads.map(book, range(100)))

    statuses = Counter(line["status"] for line in whole_site.history.answers())
    assert (sum(won), statuses) == (1, {302: 1, 409: 99})
    assert whole_site.verdict() == {}
