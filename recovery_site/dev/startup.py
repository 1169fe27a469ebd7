"""What the whole site consists of, and the order in which it starts."""

import contextlib
import http.client
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from . import processes, state
from .embedded import ManagedProcess, missing_servers, start_and_wait

BASE_DIR = Path(__file__).resolve().parent.parent.parent
MAX_LOG_BYTES = 5_000_000
ENVIRONMENT_NAMES = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY", "SITE_URL")
PYTHON = sys.executable
WORKER_OPTIONS = (
    "worker", "--pool", "threads", "--concurrency", "2", "--loglevel", "INFO",
    "--without-gossip", "--without-mingle", "--without-heartbeat",
)  # fmt: skip


def say(text: str = "") -> None:
    """One line for the person at the terminal, who may have closed it."""
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), f"{text}\n".encode())


def start_all(var: Path, port: int, parts: list[ManagedProcess]) -> None:
    """The parts one after the other, each ready before those that need it."""
    check_port_free(port)
    rotate_logs(var)
    is_production = read_production_flag()
    servers, urls = missing_servers(var)
    parts += servers
    say("Starting Postgres and Redis" if servers else "Using the servers that are named by URL")
    start_and_wait(var, servers)
    catchers, mailbox = ([], None) if is_production else mail_catcher_process(var, port, urls)
    environment = os.environ | development_environment(var, port, urls)
    if not is_production:
        write_environment(var, environment)
    prepare_site(var, environment)
    say("Starting the site")
    for step in (catchers, web_process(var, port, environment), celery_processes(var, environment)):
        parts += step
        start_and_wait(var, step)
    print_addresses(var, environment["SITE_URL"], mailbox)


def check_port_free(port: int) -> None:
    """One plain line where another program has our port, after a moment's grace."""
    try:
        is_free = processes.wait_until(lambda: processes.is_free(port), within=3)
    except PermissionError:
        sys.exit(f"Port {port} needs the rights of root here. Try another: make run PORT=8000")
    if not is_free:
        sys.exit(f"Port {port} is taken by another program. Try another: make run PORT={port + 1}")


def read_production_flag() -> bool:
    try:
        is_production = settings.PRODUCTION
    except ImproperlyConfigured as trouble:
        sys.exit(str(trouble))
    if is_production and not settings.AUDIT_KEYS:
        sys.exit("Production needs AUDIT_KEY, for the worker alone: see README.")
    return is_production


def development_environment(var: Path, port: int, urls: dict[str, str]) -> dict[str, str]:
    """The environment that the site needs, where the person gave none."""
    defaults = {
        "SECRET_KEY": state.get_secret(var, "secret_key"),
        "SITE_URL": f"http://127.0.0.1:{port}",
    }
    given = {name: os.environ[name] for name in ENVIRONMENT_NAMES if os.environ.get(name)}
    return defaults | urls | given | {"VAR": str(var), "PORT": str(port)}


def write_environment(var: Path, environment: Mapping[str, str]) -> None:
    """Tells `manage.py` in another terminal where the servers are."""
    lines = [f"{name}='{environment[name]}'\n" for name in ENVIRONMENT_NAMES]
    state.write_private(var / "environment", "".join(lines))


def mail_catcher_process(
    var: Path, port: int, urls: dict[str, str]
) -> tuple[list[ManagedProcess], int | None]:
    """The part that catches mail, and the port to read it; neither when EMAIL_URL is set."""
    if os.environ.get("EMAIL_URL"):
        return [], None
    smtp, web = state.get_port(var, "smtp_port"), state.get_port(var, "mailbox_port", port + 1)
    urls["EMAIL_URL"] = f"smtp://127.0.0.1:{smtp}"
    command = [
        PYTHON, "-m", "recovery_site.dev.mailbox",
        "--smtp-port", smtp, "--web-port", web, "--folder", var / "mail",
    ]  # fmt: skip
    return [python_process(var, "mail", command, lambda: is_serving(web))], web


def prepare_site(var: Path, environment: Mapping[str, str]) -> None:
    """Brings the database, the demo data and the static files up to date, side by side."""
    say("Preparing the database and the static files")
    steps: dict[str, list[Any]] = {
        "static": [BASE_DIR / "manage.py", "collectstatic", "--no-input", "--verbosity", "0"],
        "database": ["-m", "recovery_site.dev.prepare"],
    }
    since = {name: processes.file_size(log_path(var, name)) for name in steps}
    begun = {
        name: processes.start_process(
            [PYTHON, *words], log=log_path(var, name), cwd=BASE_DIR, env=environment
        )
        for name, words in steps.items()
    }
    try:
        for name, process in begun.items():
            wait_for_step(process, name, log_path(var, name), since[name])
    finally:
        for process in begun.values():
            processes.kill_group(process)


def wait_for_step(process: subprocess.Popen, name: str, log: Path, since: int) -> None:
    """Waits for a step; its failure ends the start in one line."""
    if processes.wait_for_exit(process) != 0:
        why = processes.failure_reason(log, since)
        sys.exit(f"The {name} could not be prepared: {why} See {short_path(log)}")


def web_process(var: Path, port: int, environment: Mapping[str, str]) -> list[ManagedProcess]:
    """The site itself: ready when it answers."""
    command = [PYTHON, "-m", "gunicorn", "-c", "python:recovery_site.gunicorn_conf"]
    command.append("recovery_site.wsgi")
    return [python_process(var, "web", command, lambda: is_serving(port), environment)]


def celery_processes(var: Path, environment: Mapping[str, str]) -> list[ManagedProcess]:
    """What works behind the site: the worker, and beat which wakes it."""
    celery = [PYTHON, "-m", "celery", "-A", "recovery_site"]
    beat = ["beat", "--schedule", var / "celerybeat-schedule", "--pidfile", ""]
    return [
        python_process(var, "worker", [*celery, *WORKER_OPTIONS], lambda: True, environment),
        python_process(var, "beat", [*celery, *beat], lambda: True, environment),
    ]


def python_process(
    var: Path,
    name: str,
    command: list[Any],
    answers: Callable[[], bool],
    environment: Mapping[str, str] | None = None,
) -> ManagedProcess:
    """A part that runs our own code and logs under its name."""

    def launch() -> subprocess.Popen:
        return processes.start_process(
            command, log=log_path(var, name), cwd=BASE_DIR, env=environment
        )

    return ManagedProcess(name, launch, answers)


def log_path(var: Path, name: str) -> Path:
    return var / "log" / f"{name}.log"


def is_serving(port: int) -> bool:
    """Whether a web server answers on the port, whatever it says."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def print_addresses(var: Path, address: str, mailbox: int | None) -> None:
    """Where to click, and as whom."""
    say()
    say(f"  Site         {address}/")
    say(f"  Staff desk   {address}/admin/")
    if mailbox:
        say(f"  Mailbox      http://127.0.0.1:{mailbox}/")
    if not settings.PRODUCTION:
        say(f"\n{(var / 'demo.txt').read_text().strip()}")
    say(f"\nLogs are in {short_path(var / 'log')}. Ctrl-C stops everything.")


def short_path(path: Path) -> str:
    """A path as short as it can be told from here."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def rotate_logs(var: Path) -> None:
    """Sets a long log aside, so that logs cannot grow for ever."""
    for log in (var / "log").glob("*.log"):
        if log.stat().st_size > MAX_LOG_BYTES:
            log.replace(log.with_suffix(".old"))
