"""Programs that serve while we measure: each ready before it is asked, and stopped at the end."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from recovery_site.dev import processes
from recovery_site.dev.startup import WORKER_OPTIONS, is_serving

VAR = Path(os.environ.get("VAR") or "var").resolve()
ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Server:
    """A web server on a port of its own."""

    name: str
    port: int
    process: Popen

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self.process.pid


class Servers:
    """All that was started; leaving the `with` block stops it."""

    def __init__(self):
        self.started = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop(*self.started)

    def start(self, name, command, environment):
        process = processes.start_process(
            command, log=log_of(name), cwd=ROOT, env=os.environ | environment
        )
        self.started.append(process)
        return process

    def web(self, name, command, environment):
        """A web server by its gunicorn command, on a port of its own, once it answers."""
        port = processes.free_port()
        command = [*command, "--preload", "--bind", f"127.0.0.1:{port}"]
        process = self.start(name, command, environment)
        if not processes.wait_until(
            lambda: is_serving(port) or process.poll() is not None, within=60
        ):
            sys.exit(f"{name} did not answer: see {log_of(name)}")
        if process.poll() is not None:
            sys.exit(f"{name} stopped: {processes.failure_reason(log_of(name))}")
        return Server(name, port, process)

    def worker(self, name, environment, *, app="recovery_site"):
        """The Celery worker that sends our mail, as `make run` starts it."""
        return self.start(
            name, [sys.executable, "-m", "celery", "-A", app, *WORKER_OPTIONS], environment
        )

    def stop(self, *stopped):
        for process in stopped:
            process.terminate()
        processes.wait_or_kill(stopped, within=10)
        self.started = [each for each in self.started if each not in stopped]


def log_of(name):
    return VAR / "log" / f"bench-{name}.log"


def gunicorn(application, shape, *, python=sys.executable):
    """The command that serves an application in one shape: number and kind of workers."""
    return [python, "-m", "gunicorn", application, *shape]


def like_ours(application, shape):
    """The same with our production's other settings."""
    return [*gunicorn(application, shape), "-c", "python:recovery_site.gunicorn_conf"]


def sync(workers):
    """Each worker takes one request after the other."""
    return ["--worker-class", "sync", "--workers", workers, "--threads", "1"]


def idle_redis():
    """Redis for a site whose mail nobody sends."""
    return own_redis(1)


def own_redis(number):
    """Redis for a site beside others, which must not hear its worker being woken."""
    return f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{number}"


def redis_process():
    return int((VAR / "redis" / "redis.pid").read_text())
