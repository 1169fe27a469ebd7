"""Kills, stops and empties what the site runs on; and starts it again."""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import redis

from recovery_site.dev import embedded, processes, state
from recovery_site.dev.startup import WORKER_OPTIONS, is_serving
from recovery_site.workers import queues

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Program:
    """A worker, a beat or a web, forked in the nursery."""

    pid: int
    port: int | None = None

    @property
    def is_alive(self):
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def kill(self):
        """With its children; alone where it was only just forked, and leads no group yet."""
        for end in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError):
                end(self.pid, signal.SIGKILL)
        self.dies()

    def dies(self, within=60):
        """Waits for its death."""
        assert processes.wait_until(lambda: not self.is_alive, within=within, every=0.01)

    def stop(self):
        """As systemd and Docker ask for it."""
        os.kill(self.pid, signal.SIGTERM)

    def pause(self):
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self):
        os.kill(self.pid, signal.SIGCONT)


class Redis:
    """A server of our own, which may be killed as often as we like."""

    def __init__(self, var):
        self.port = processes.free_port()
        self.url = f"redis://:{state.get_secret(var, 'password')}@127.0.0.1:{self.port}/0"
        self.var, self.part = var, embedded.redis_server(var, self.port, self.url)
        self.start()

    def start(self):
        """Starts it where it is not running."""
        if self.part.process and self.part.process.poll() is None:
            return
        embedded.start_and_wait(self.var, [self.part])

    def kill(self):
        processes.kill_group(self.part.process)

    def flush(self):
        with redis.from_url(self.url) as client:
            client.flushall()

    @property
    def waiting(self):
        """How many tasks no worker has taken yet."""
        with redis.from_url(self.url) as client:
            return sum(client.llen(name) for name in queues.NAMES)


class Nemesis:
    """All that works behind the site, and the means to hurt it."""

    def __init__(self, var, environment):
        self.var = var
        self.guards_off = var / "guards-off"
        self.guards_off.mkdir()
        self.redis = Redis(var)
        self.numbers = itertools.count(1)
        self.programs = []
        self.nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            cwd=ROOT,
            env=os.environ
            | environment
            | {"REDIS_URL": self.redis.url, "GUARDS_OFF": str(self.guards_off), "DEBUG": ""},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start_worker(self, *, failpoint="", clock=0, is_hurried=True, pool="threads"):
        """As on a laptop; with the pool `prefork` as in production."""
        command = (*WORKER_OPTIONS, "--pool", pool)
        return self.fork("worker", command, failpoint, clock, is_hurried)

    def start_beat(self, *, clock=0, is_hurried=True):
        schedule = self.var / f"schedule-{next(self.numbers)}"
        command = ("beat", "--schedule", str(schedule), "--pidfile", "")
        return self.fork("beat", command, "", clock, is_hurried)

    def start_web(self, *, failpoint=""):
        """A gunicorn of one process, which starts another where that one dies."""
        port = processes.free_port()
        command = ("web", "--bind", f"127.0.0.1:{port}", "--workers", "1")
        pid = self.fork("web", command, failpoint, 0, False).pid
        self.programs[-1] = Program(pid, port)
        assert processes.wait_until(lambda: is_serving(port), within=60)
        return self.programs[-1]

    def fork(self, name, command, failpoint, clock, is_hurried):
        order = {
            "command": list(command),
            "log": str(self.var / "log" / f"{name}.log"),
            "failpoint": failpoint,
            "clock": clock,
            "is_hurried": is_hurried,
        }
        self.nursery.stdin.write(json.dumps(order) + "\n")
        self.nursery.stdin.flush()
        self.programs.append(Program(int(self.nursery.stdout.readline())))
        return self.programs[-1]

    def lift(self, guard):
        (self.guards_off / guard).touch()

    def restore_guards(self):
        for guard in self.guards_off.iterdir():
            guard.unlink()

    def kill_programs(self):
        for program in self.programs:
            program.kill()
        self.programs.clear()

    def stop(self):
        self.kill_programs()
        self.nursery.stdin.close()
        self.nursery.wait(10)
        self.redis.kill()
