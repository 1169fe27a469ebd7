"""The site on processes of its own: two servers, two webs, two workers, beat; restarted if dead."""

import os
import secrets
import subprocess
import sys
import threading
from functools import partial
from urllib.parse import urlsplit

import psycopg
import redis

from recovery_site.dev import embedded, postgres, processes, runner, startup, state

ROOT = startup.BASE_DIR
PYTHON = sys.executable
SERVERS, PROGRAMS = ("postgres", "redis"), ("web1", "web2", "worker1", "worker2", "beat")
HURRIED = "tests.faults.site.hurried"


class Cluster:
    """Parts by name; a supervisor starts again what dies, as `make run` and systemd do."""

    def __init__(self, var, *, celery=HURRIED, static=None, code=ROOT, **environment):
        self.var, self.code_of = var, dict.fromkeys(PROGRAMS, code)
        (var / "log").mkdir(parents=True, exist_ok=True)
        ports = {name: processes.free_port() for name in (*SERVERS, "web1", "web2")}
        self.ports = [ports["web1"], ports["web2"]]
        self.database_url = postgres.database_url(var, ports["postgres"])
        self.redis_url = (
            f"redis://:{state.get_secret(var, 'password')}@127.0.0.1:{ports['redis']}/0"
        )
        self.environment = os.environ | {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "VAR": str(var),
            "REQUEST_LIMIT_FACTOR": "0",
            "DEBUG": "",
            "SECRET_KEY": secrets.token_urlsafe(50),
            **environment,
        }
        if static:
            (var / "static").symlink_to(static)
        self.parts = {
            "postgres": embedded.postgres_server(var, ports["postgres"]),
            "redis": embedded.redis_server(var, ports["redis"], self.redis_url),
        }
        for name in ("web1", "web2"):
            self.parts[name] = self.web(name, ports[name])
        base = [PYTHON, "-m", "celery", "-A", celery]
        beat = ["beat", "--schedule", var / "celerybeat-schedule", "--pidfile", ""]
        for name in ("worker1", "worker2"):
            command = [*base, *startup.WORKER_OPTIONS, "--hostname", f"{name}@here"]
            self.parts[name] = self.program(name, command)
        self.parts["beat"] = self.program("beat", [*base, *beat])
        self.is_over, self.lock = threading.Event(), threading.RLock()
        self.left_alone = set()
        self.supervisor = threading.Thread(target=self.supervise)

    def web(self, name, port):
        command = [PYTHON, "-m", "gunicorn", "-c", "python:recovery_site.gunicorn_conf"]
        command += ["--bind", f"127.0.0.1:{port}", "recovery_site.wsgi"]
        is_ready = partial(startup.is_serving, port)
        return self.program(name, command, is_ready)

    def program(self, name, command, is_ready=lambda: True):
        """A part that runs the code of a folder, which may be another one at its next start."""

        def launch():
            return processes.start_process(
                command, log=self.log(name), cwd=self.code_of[name], env=self.environment
            )

        return embedded.ManagedProcess(name, launch, is_ready)

    def log(self, name):
        return self.var / "log" / f"{name}.log"

    def start(self):
        """Servers, tables and roles; then all that serves, and who watches over it."""
        self.start_parts(*SERVERS)
        self.release(self.code_of["web1"])
        self.start_parts(*PROGRAMS)
        self.supervisor.start()
        return self

    def start_parts(self, *names):
        embedded.start_and_wait(self.var, [self.parts[name] for name in names])

    def release(self, code):
        """Bring the database to this code."""
        self.manage("migrate", "--verbosity", "0", code=code)
        self.manage("sync_roles", code=code)

    def manage(self, *words, code=ROOT):
        done = subprocess.run(
            [PYTHON, "manage.py", *words], cwd=code, env=self.environment, check=False,
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def replace(self, name, code):
        """Stop a part as an upgrade does; the supervisor starts it from this code."""
        with self.lock:
            self.code_of[name] = code
            part = self.parts[name]
            embedded.stop_processes([part], within=10)
        assert processes.wait_until(lambda: not part.has_ended and part.is_ready(), within=60)

    def supervise(self):
        """What dies is started again, unless it is to be left alone."""
        while not self.is_over.wait(0.1):
            for name, part in list(self.parts.items()):
                with self.lock:
                    if name not in self.left_alone:
                        runner.keep_alive(self.var, part)

    def stop(self):
        """First what uses the servers; the supervisor last, as what it started dies with it."""
        self.leave_alone(*self.parts)
        embedded.stop_processes([self.parts[name] for name in PROGRAMS], within=6)
        embedded.stop_processes([self.parts[name] for name in SERVERS], within=6)
        self.is_over.set()
        if self.supervisor.is_alive():
            self.supervisor.join()

    # Harm

    def pid(self, name):
        return self.parts[name].process.pid

    def kill(self, *names):
        """With all their children; the supervisor sees it."""
        for name in names:
            processes.kill_group(self.parts[name].process)

    def kill_postmaster(self):
        """The first process alone: those of the sessions notice it by themselves."""
        self.parts["postgres"].process.kill()

    def leave_alone(self, *names):
        """Nobody starts these again until they are `taken_up`."""
        with self.lock:
            self.left_alone |= set(names)

    def take_up(self, *names):
        with self.lock:
            self.left_alone -= set(names)

    def redis(self):
        return redis.from_url(self.redis_url)

    def connect(self, **how):
        """A session of our own, beside the site's."""
        session = psycopg.connect(self.database_url, connect_timeout=3)
        session.autocommit = how.get("autocommit", True)
        return session

    def backends(self):
        """The sessions of the site, by process id."""
        with self.connect() as session:
            rows = session.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = 'recovery'"
                " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            ).fetchall()
        return [pid for (pid,) in rows]

    def settings_of_database(self):
        """What Django needs to look at this database in place of its own."""
        url = urlsplit(self.database_url)
        return {
            "HOST": url.hostname,
            "PORT": str(url.port),
            "USER": url.username,
            "PASSWORD": url.password,
            "NAME": url.path.strip("/"),
        }
