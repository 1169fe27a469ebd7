"""Programs that are started end when they should, and say why when they must not."""

import errno
import signal
import socket
import subprocess
import sys
import time

import pytest

from recovery_site.dev import embedded, processes, runner
from recovery_site.dev import state as dev_state

from .conftest import ROOT

STUBBORN = """
import signal, subprocess, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "60"])
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def stubborn(tmp_path):
    """A program that ignores SIGTERM, and the process number of its child."""
    log = tmp_path / "stubborn.log"
    program = processes.start_process([sys.executable, "-c", STUBBORN], log=log)
    assert processes.wait_until(lambda: log.read_text().strip(), within=10)
    return program, int(log.read_text())


def is_running(pid):
    """Whether a process of this number runs; one that only waits for its parent does not."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")


def test_program_that_will_not_stop_is_killed_in_time_with_its_child(stubborn):
    program, child = stubborn
    before = time.monotonic()

    program.terminate()
    processes.wait_or_kill([program], within=0.5)

    assert program.returncode == -signal.SIGKILL
    assert processes.wait_until(lambda: not is_running(child), within=2)
    assert time.monotonic() - before < 3


def test_stale_pid_file_without_a_number_is_removed(tmp_path):
    (tmp_path / "server.pid").write_text("")

    processes.end_leftover(tmp_path / "server.pid", tmp_path, by=signal.SIGINT)

    assert not (tmp_path / "server.pid").exists()


def test_port_in_use_is_not_chosen():
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]

        assert processes.free_port(taken) != taken


def test_port_is_remembered(tmp_path):
    assert dev_state.get_port(tmp_path, "web") == dev_state.get_port(tmp_path, "web")


def test_secret_is_made_once(tmp_path):
    assert dev_state.get_secret(tmp_path, "key") == dev_state.get_secret(tmp_path, "key")


def test_interrupted_write_leaves_the_old_choices(tmp_path):
    dev_state.update_state(tmp_path, port=5)
    (tmp_path / "kept.json.new").write_text("{ half")

    assert dev_state.read_state(tmp_path) == {"port": 5}


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (errno.ENOSPC, "The disk is full: free some space for var/x, then start again."),
        (errno.EACCES, "Could not use var/x: another user made it, perhaps root."),
        (errno.EROFS, "Could not use var/x: Read-only file system."),
    ],
)
def test_trouble_is_told_in_one_plain_line(code, line):
    trouble = OSError(code, {errno.EROFS: "Read-only file system"}.get(code, ""), "var/x")

    assert processes.describe_os_error(trouble) == line


AS_NOBODY = """
import os
from recovery_site.dev import startup
if os.getuid() == 0:
    os.setuid(65534)
startup.check_port_free(80)
"""


def test_port_of_root_is_told_from_one_that_is_taken():
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stderr == (
        "Port 80 needs the rights of root here. Try another: make run PORT=8000\n"
    )


def test_part_that_dies_again_and_again_is_started_after_five_seconds_at_most(tmp_path):
    part = embedded.ManagedProcess("part", launch=lambda: None, is_ready=lambda: True, failures=20)

    runner.plan_restart(tmp_path, part, 0.0)

    assert part.due_at == 5
