"""Starts the whole site in the foreground, restarts what dies, and stops it all together."""

import os
import sys
import time
from pathlib import Path

from . import processes
from .embedded import ManagedProcess, stop_processes
from .startup import BASE_DIR, log_path, say, short_path, start_all

# Seconds. Postgres that is killed twice a minute is back within ten each time.
MAX_RESTART_DELAY = 5
STEADY_AFTER = 60


def run_site(var: Path, port: int) -> None:
    """Starts everything and stays until Ctrl-C, then stops everything."""
    parts: list[ManagedProcess] = []
    lock = processes.lock_folder(var, note=f"http://127.0.0.1:{port}/, with its data in {var}")
    (var / "environment").unlink(missing_ok=True)
    try:
        start_all(var, port, parts)
        supervise(var, parts)
    except KeyboardInterrupt:
        say("\nStopping. Your data stays in " + short_path(var))
    finally:
        (var / "environment").unlink(missing_ok=True)
        stop_all(parts)
        lock.close()


def supervise(var: Path, parts: list[ManagedProcess]) -> None:
    """Restarts what dies, and shows what goes wrong, until we are told to stop."""
    for part in parts:
        part.log_offset = processes.file_size(log_path(var, part.name))
    while True:
        processes.check_stop_requested()
        for part in parts:
            keep_alive(var, part)
            show_errors(var, part)
        time.sleep(0.2)


def keep_alive(var: Path, part: ManagedProcess) -> None:
    """Restarts a part that died, each time after a longer pause."""
    now = time.monotonic()
    if not part.has_ended:
        part.failures *= now - part.started_at < STEADY_AFTER
    elif not part.due_at:
        plan_restart(var, part, now)
    elif now >= part.due_at:
        part.due_at, part.started_at = 0.0, now
        restart(part)


def plan_restart(var: Path, part: ManagedProcess, now: float) -> None:
    if part.process:
        processes.kill_group(part.process)
    pause = min(0.5 * 2**part.failures, MAX_RESTART_DELAY)
    part.failures += 1
    part.due_at = now + pause
    log = short_path(log_path(var, part.name))
    say(f"{part.name} stopped: starting it again in {pause:g} s. See {log}")


def restart(part: ManagedProcess) -> None:
    try:
        part.process = part.launch()
    except OSError as trouble:
        say(processes.describe_os_error(trouble))


def show_errors(var: Path, part: ManagedProcess) -> None:
    """Repeats errors from a part's log at the terminal; the whole story stays in the log."""
    log = log_path(var, part.name)
    if processes.file_size(log) <= part.log_offset:
        return
    with log.open("rb") as lines:
        lines.seek(part.log_offset)
        text = lines.read()
    part.log_offset += len(text)
    for line in text.decode(errors="replace").splitlines():
        if any(sign in line for sign in (" ERROR ", "ERROR/", " CRITICAL ", "FATAL: ")):
            say(f"{part.name}: {line}")


def stop_all(parts: list[ManagedProcess]) -> None:
    """First what uses the servers, then the servers; ten seconds at most."""
    servers = [part for part in parts if part.name in {"postgres", "redis"}]
    stop_processes([part for part in parts if part not in servers], within=6)
    stop_processes(servers, within=3)


def chosen_port() -> int:
    """The port that the person asked for; one plain line when it is none."""
    text = os.environ.get("PORT") or "8000"
    if not (text.isdecimal() and 0 < int(text) < 65536):
        sys.exit(f"PORT must be a number from 1 to 65535, not {text!r}: make run PORT=8000")
    return int(text)


def main() -> None:
    processes.handle_signals()
    var = Path(os.environ.get("VAR") or BASE_DIR / "var").resolve()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recovery_site.settings")
    try:
        run_site(var, chosen_port())
    except OSError as trouble:
        sys.exit(processes.describe_os_error(trouble))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
