"""`make run`: everything starts, what dies comes back, and one Ctrl-C ends it all."""

import http.client
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recovery_site.dev import processes

from .conftest import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


class Run:
    """One `make run`, as a person at a terminal has it."""

    def __init__(self, var, environment):
        self.var, self.environment = var, environment
        self.port = processes.free_port()
        self.screen = self.make = None

    def begin(self):
        self.screen = self.var.parent / f"screen-{time.monotonic_ns()}.txt"
        with self.screen.open("wb") as screen:
            self.make = subprocess.Popen(
                ["make", "run", f"PORT={self.port}", f"VAR={self.var}"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=screen,
                start_new_session=True,
            )

    def start(self):
        """Begins, and waits until the site says that it is there."""
        self.begin()
        assert processes.wait_until(lambda: "Ctrl-C" in self.shown(), within=180), self.shown()
        return self

    def shown(self):
        return self.screen.read_text()

    def address(self, name):
        line = next(line for line in self.shown().splitlines() if line.strip().startswith(name))
        return line.split()[-1]

    def again(self, **choices):
        """Another `make run` beside this one."""
        choices = {"PORT": self.port, "VAR": self.var} | choices
        return subprocess.run(
            ["make", "run", *(f"{name}={value}" for name, value in choices.items())],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def manage(self, *words):
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment | {"VAR": str(self.var)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def runner(self):
        assert children(self.make.pid), self.shown()
        return children(self.make.pid)[0]

    def part(self, word):
        """The process number of the part with this word in its command, if it runs."""
        return next((pid for pid in children(self.runner()) if word in command(pid)), None)

    def family(self):
        """Every process that this start brought up, without make."""
        found, todo = [], [self.runner()]
        while todo:
            found.append(todo.pop())
            todo += children(found[-1])
        return found


def children(pid):
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []


def command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def gone(pids):
    return lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids)


def get(port, path="/healthz/"):
    """Status and text of one page; no status while nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError:
        return None, ""
    finally:
        connection.close()


def answers(port, path="/healthz/"):
    return lambda: get(port, path)[0] == 200


@pytest.fixture(scope="module")
def run(tmp_path_factory, bare):
    """One start for the whole module; its last tests stop and start it again."""
    site = Run(tmp_path_factory.mktemp("site") / "var", bare).start()
    yield site
    if site.make.poll() is None:
        os.killpg(site.make.pid, signal.SIGINT)
        site.make.wait(20)


def test_site_answers(run):
    assert get(run.port, "/readyz/")[0] == 200


def test_screen_tells_where_to_click_and_as_whom(run):
    assert run.address("Site") == f"http://127.0.0.1:{run.port}/"
    assert run.address("Staff desk") == f"http://127.0.0.1:{run.port}/admin/"
    assert (run.var / "demo.txt").read_text().strip() in run.shown()


def test_screen_stays_quiet(run):
    assert len(run.shown().splitlines()) < 25


def test_manage_py_elsewhere_finds_the_servers(run):
    assert run.manage("migrate", "--check").returncode == 0


def test_secrets_are_ours_alone(run):
    modes = {(run.var / name).stat().st_mode & 0o777 for name in ("environment", "kept.json")}

    assert modes == {0o600}


def test_mail_lands_in_the_mailbox(run):
    sent = run.manage("sendtestemail", "someone@example.net")
    mailbox = int(run.address("Mailbox").rstrip("/").rsplit(":", 1)[1])

    assert sent.returncode == 0
    assert "someone@example.net" in get(mailbox, "/")[1]


def test_web_access_is_not_logged(run):
    get(run.port, "/consultation/manage/Zqx-Canary/")

    assert not [log for log in (run.var / "log").iterdir() if "Canary" in log.read_text()]


def test_second_start_is_refused_and_told_where_the_first_is(run):
    second = run.again()

    assert second.returncode != 0
    assert second.stderr.splitlines()[0] == (
        f"Already running: http://127.0.0.1:{run.port}/, with its data in {run.var}. "
        "Stop that one first with Ctrl-C."
    )


def test_busy_port_is_told_in_one_line(run, tmp_path):
    other = run.again(VAR=tmp_path / "var")

    assert other.returncode != 0
    assert other.stderr.splitlines()[0] == (
        f"Port {run.port} is taken by another program. Try another: make run PORT={run.port + 1}"
    )


@pytest.mark.parametrize("port", ["abc", "0", "70000"])
def test_port_that_is_none_is_told_in_one_line(run, port):
    other = run.again(PORT=port)

    assert other.stderr.splitlines()[0] == (
        f"PORT must be a number from 1 to 65535, not {port!r}: make run PORT=8000"
    )


def test_half_configured_production_is_told_in_one_line(run, tmp_path):
    run.environment, kept_back = run.environment | {"DEBUG": "0"}, run.environment
    other = run.again(VAR=tmp_path / "var", PORT=processes.free_port())
    run.environment = kept_back

    assert other.stderr.startswith("Production needs DATABASE_URL, REDIS_URL, EMAIL_URL")
    assert "Traceback" not in other.stderr


@pytest.mark.parametrize("word", ["worker", "beat", "mailbox", "valkey", "gunicorn", "postgres"])
def test_killed_part_comes_back(run, word):
    first = run.part(word)
    os.kill(first, signal.SIGKILL)

    assert processes.wait_until(lambda: run.part(word) not in (None, first), within=10)


def test_site_answers_again_after_the_kills(run):
    assert processes.wait_until(answers(run.port, "/readyz/"), within=20)


def test_kill_of_the_runner_leaves_nothing_running(run):
    run.manage("createsuperuser", "--no-input", "--username", "zqx", "--email", "zqx@example.net")
    family = run.family()

    os.kill(run.runner(), signal.SIGKILL)

    assert processes.wait_until(gone(family), within=10)


def test_next_start_keeps_the_data(run):
    run.make.wait(10)

    run.start()

    assert run.manage("shell", "-v0", "-c", FIND_ZQX).stdout == "1\n"


FIND_ZQX = """
from users.models import User
print(User.objects.filter(username="zqx").count())
"""


def test_one_ctrl_c_stops_everything_in_ten_seconds(run):
    family = run.family()
    before = time.monotonic()

    os.killpg(run.make.pid, signal.SIGINT)
    run.make.wait(20)

    assert time.monotonic() - before < 10
    assert gone(family)()
    assert "Traceback" not in run.shown()
    assert not (run.var / "environment").exists()


def test_sigterm_halfway_up_ends_all(tmp_path, bare):
    run = Run(tmp_path / "var", bare)
    run.begin()
    assert processes.wait_until(lambda: "Preparing" in run.shown(), within=30), run.shown()
    family = run.family()

    run.make.terminate()
    run.make.wait(20)

    assert processes.wait_until(gone(family), within=1)
    assert "Traceback" not in run.shown()
