"""Starts the whole site in the foreground, restarts what dies, and stops it all together."""

import contextlib
import http.client
import os
import signal
import sys
import time
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from . import kept, postgres, processes
from .embedded import Part, bring_up, missing, take_down

BASE_DIR = Path(__file__).resolve().parent.parent
LONGEST_PAUSE = 30
STEADY_AFTER = 60
KEPT_LOG = 5_000_000
URLS = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY", "SITE_URL")
PYTHON = sys.executable
WORKER = (
    "worker", "--pool", "threads", "--concurrency", "2", "--loglevel", "INFO",
    "--without-gossip", "--without-mingle", "--without-heartbeat",
)  # fmt: skip


def say(text=""):
    """One line for the person at the terminal, who may have closed it."""
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), f"{text}\n".encode())


def run(var, port):
    """Starts everything and stays until Ctrl-C, then stops everything."""
    parts = []
    lock = processes.claim(var, note=f"http://127.0.0.1:{port}/, with its data in {var}")
    (var / "environment").unlink(missing_ok=True)
    try:
        start_all(var, port, parts)
        supervise(var, parts)
    except KeyboardInterrupt:
        say("\nStopping. Your data stays in " + shown(var))
    finally:
        ignore_signals()
        (var / "environment").unlink(missing_ok=True)
        stop_all(var, parts)
        lock.close()


def start_all(var, port, parts):
    """The parts one after the other, each ready before those that need it."""
    refuse_busy(port)
    trim_logs(var)
    is_production = production()
    servers, urls = missing(var)
    say("Starting Postgres and Redis" if servers else "Using the servers that are named by URL")
    parts += servers
    bring_up(var, servers)
    catcher, mailbox = (None, None) if is_production else mail_catcher(var, port, urls)
    environment = os.environ | development(var, port, urls)
    if not is_production:
        keep_environment(var, environment)
    sign_ins = prepare(var, environment, is_production)
    say("Starting the site")
    others = [part for part in (catcher, *site(var, port, environment)) if part]
    parts += others
    bring_up(var, others)
    welcome(var, environment["SITE_URL"], mailbox, sign_ins)


def refuse_busy(port):
    """One plain line where another program has our port, after a moment's grace."""
    if not processes.wait_until(lambda: processes.is_free(port), within=3):
        sys.exit(f"Port {port} is taken by another program. Try another: make run PORT={port + 1}")


def production():
    try:
        return settings.PRODUCTION
    except ImproperlyConfigured as trouble:
        sys.exit(str(trouble))


def development(var, port, urls):
    """The environment that the site needs, where the person gave none."""
    defaults = {
        "SECRET_KEY": kept.secret(var, "secret_key"),
        "SITE_URL": f"http://127.0.0.1:{port}",
    }
    given = {name: os.environ[name] for name in URLS if os.environ.get(name)}
    return defaults | urls | given | {"VAR": str(var), "PORT": str(port)}


def keep_environment(var, environment):
    """Tells `manage.py` in another terminal where the servers are."""
    lines = [f"{name}='{environment[name]}'\n" for name in URLS]
    kept.write_private(var / "environment", "".join(lines))


def mail_catcher(var, port, urls):
    """The part that catches mail, and the address to read it; neither when EMAIL_URL is set."""
    if os.environ.get("EMAIL_URL"):
        return None, None
    smtp, web = kept.port(var, "smtp_port"), kept.port(var, "mailbox_port", port + 1)
    urls["EMAIL_URL"] = f"smtp://127.0.0.1:{smtp}"
    command = [
        PYTHON, "-m", "recovery_site.mailbox",
        "--smtp-port", smtp, "--web-port", web, "--folder", var / "mail",
    ]  # fmt: skip
    return Part("mail", launcher(var, "mail", command), lambda: serves(web)), web


def prepare(var, environment, is_production):
    """Brings database, static files and demo data up to date; returns the demo sign-ins."""
    say("Preparing the database and the static files")
    manage(var, environment, "migrate", "--no-input")
    manage(var, environment, "collectstatic", "--no-input")
    return "" if is_production else manage(var, environment, "seed_demo")


def manage(var, environment, *words):
    """Runs one management command; returns what it printed, or ends in one line."""
    log = var / "log" / "setup.log"
    since = processes.size(log)
    command = [PYTHON, BASE_DIR / "manage.py", *words]
    process = processes.start(command, log=log, cwd=BASE_DIR, env=environment)
    try:
        if process.wait() != 0:
            sys.exit(f"{words[0]} failed: {processes.reason(log, since)} See {shown(log)}")
    finally:
        processes.kill_group(process)
    return log.read_bytes()[since:].decode(errors="replace").strip()


def site(var, port, environment):
    """Web, worker and beat."""
    web = [PYTHON, "-m", "gunicorn", "-c", "python:recovery_site.gunicorn_conf"]
    celery = [PYTHON, "-m", "celery", "-A", "recovery_site"]
    beat = ("beat", "--schedule", var / "celerybeat-schedule", "--pidfile", "")
    commands = {
        "web": [*web, "recovery_site.wsgi"],
        "worker": [*celery, *WORKER],
        "beat": [*celery, *beat],
    }
    return [
        Part(name, launcher(var, name, command, environment), lambda n=name: is_up(n, port))
        for name, command in commands.items()
    ]


def is_up(name, port):
    """Only the site itself must answer before we say that it is there."""
    return name != "web" or serves(port)


def launcher(var, name, command, environment=None):
    log = var / "log" / f"{name}.log"
    return lambda: processes.start(command, log=log, cwd=BASE_DIR, env=environment)


def serves(port):
    """Whether a web server answers on the port, whatever it says."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def welcome(var, address, mailbox, sign_ins):
    say()
    say(f"  Site         {address}/")
    say(f"  Staff desk   {address}/admin/")
    if mailbox:
        say(f"  Mailbox      http://127.0.0.1:{mailbox}/")
    if sign_ins:
        say(f"\n{sign_ins}")
    say(f"\nLogs are in {shown(var / 'log')}. Ctrl-C stops everything.")


def shown(path):
    """A path as short as it can be told from here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def supervise(var, parts):
    """Restarts what dies, and shows what goes wrong, until we are told to stop."""
    for part in parts:
        part.log_read_to = processes.size(log_of(var, part))
    while True:
        for part in parts:
            keep_alive(var, part)
            show_errors(var, part)
        time.sleep(0.2)


def log_of(var, part):
    return var / "log" / f"{part.name}.log"


def keep_alive(var, part):
    """Restarts a part that died, each time after a longer pause."""
    now = time.monotonic()
    if part.process.poll() is None:
        part.failures *= now - part.started_at < STEADY_AFTER
    elif not part.due_at:
        plan_restart(var, part, now)
    elif now >= part.due_at:
        part.due_at, part.started_at = 0.0, now
        restart(part)


def plan_restart(var, part, now):
    processes.kill_group(part.process)
    pause = min(0.5 * 2**part.failures, LONGEST_PAUSE)
    part.failures += 1
    part.due_at = now + pause
    say(f"{part.name} stopped: starting it again in {pause:g} s. See {shown(log_of(var, part))}")


def restart(part):
    try:
        part.process = part.launch()
    except OSError as trouble:
        say(processes.plainly(trouble))


def show_errors(var, part):
    """Repeats errors from a part's log at the terminal; the whole story stays in the log."""
    log = log_of(var, part)
    if processes.size(log) <= part.log_read_to:
        return
    with log.open("rb") as lines:
        lines.seek(part.log_read_to)
        text = lines.read()
    part.log_read_to += len(text)
    for line in text.decode(errors="replace").splitlines():
        if any(sign in line for sign in (" ERROR ", "ERROR/", " CRITICAL ", "FATAL: ")):
            say(f"{part.name}: {line}")


def trim_logs(var):
    """Sets a long log aside, so that logs cannot grow for ever."""
    for log in (var / "log").glob("*.log"):
        if log.stat().st_size > KEPT_LOG:
            log.replace(log.with_suffix(".old"))


def ignore_signals():
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)


def stop_all(var, parts):
    """First what uses the servers, then the servers; ten seconds at most."""
    servers = [part for part in parts if part.name in {"postgres", "redis"}]
    take_down([part for part in parts if part not in servers], within=6)
    take_down(servers, within=3)
    postgres.discard_copy(var)


def chosen_port():
    """The port that the person asked for; one plain line when it is none."""
    text = os.environ.get("PORT") or "8000"
    if not (text.isdecimal() and 0 < int(text) < 65536):
        sys.exit(f"PORT must be a number from 1 to 65535, not {text!r}: make run PORT=8000")
    return int(text)


def heed_signals():
    """Every way to end us is as Ctrl-C; under nohup a hang-up is none."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if sign != signal.SIGHUP or signal.getsignal(sign) != signal.SIG_IGN:
            signal.signal(sign, processes.interrupt)
    if "MAKELEVEL" in os.environ:
        processes.end_with_parent(signal.SIGTERM)


def main():
    heed_signals()
    var = Path(os.environ.get("VAR") or BASE_DIR / "var").resolve()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recovery_site.settings")
    try:
        run(var, chosen_port())
    except OSError as trouble:
        sys.exit(processes.plainly(trouble))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
