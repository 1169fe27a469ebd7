"""How programs are started, watched and stopped, so that none is left behind."""

import contextlib
import ctypes
import errno
import fcntl
import functools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TextIO

STOP_REQUESTED = threading.Event()
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
DISK_FULL_MESSAGE = "disk is full: free some space for {}, then start again."
DISK_FULL_SIGNS = ("No space left on device", "DiskFull", "could not extend file")


def end_with_parent(sign: signal.Signals) -> None:
    """Has Linux send us this signal as soon as the process that started us dies."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, int(sign))


def start_process(
    command: Iterable[Any],
    *,
    log: Path,
    orphaned_by: signal.Signals = signal.SIGKILL,
    **options: Any,
) -> subprocess.Popen:
    """Starts a program out of reach of Ctrl-C; its output goes to the log file."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603  our own commands
            [str(word) for word in command],
            stdin=options.pop("stdin", subprocess.DEVNULL),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=functools.partial(end_with_parent, orphaned_by),  # noqa: PLW1509  no threads
            **options,
        )


def handle_signals() -> None:
    """Notes that we should stop, whichever signal says so; a hang-up says nothing under nohup.

    Our waiting looks at the note: an exception from here could get lost in a fork.
    """
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if sign != signal.SIGHUP or signal.getsignal(sign) != signal.SIG_IGN:
            signal.signal(sign, lambda *_: STOP_REQUESTED.set())
    if "MAKELEVEL" in os.environ:
        end_with_parent(signal.SIGTERM)


def check_stop_requested() -> None:
    """Ends what we do, as Ctrl-C would, once we should stop."""
    if STOP_REQUESTED.is_set():
        raise KeyboardInterrupt


def wait_or_kill(processes: list[subprocess.Popen], *, within: float) -> None:
    """Waits for programs told to stop; kills what still runs after so many seconds."""
    deadline = time.monotonic() + within
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
        kill_group(process)


def kill_group(process: subprocess.Popen) -> None:
    """Kills a program with every child that it left in its session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def end_leftover(pid_file: Path, folder: Path, *, by: signal.Signals) -> None:
    """Ends a server that outlived an earlier start, and removes a stale pid file."""
    if not Path("/proc/self").exists():
        return
    pid = read_pid(pid_file)
    if pid and is_working_in(pid, folder):
        os.kill(pid, by)
        if not wait_until(lambda: not is_working_in(pid, folder), within=10):
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not is_working_in(pid, folder), within=2)
    pid_file.unlink(missing_ok=True)


def end_orphans(folder: Path, program: str) -> None:
    """Ends what a killed server left at work in its folder, which bars the way to the next one."""

    def left() -> list[int]:
        pids = [
            path.name for path in Path("/proc").glob("[0-9]*") if is_working_in(path.name, folder)
        ]
        return [int(pid) for pid in pids if is_running(pid, program)]

    for pid in left():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not left(), within=5)


def read_pid(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text().split()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None


def is_working_in(pid: int | str, folder: Path) -> bool:
    """Whether the process of this number is one that works in the folder."""
    try:
        return os.readlink(f"/proc/{pid}/cwd") == str(folder.resolve())
    except OSError:
        return False


def is_running(pid: int | str, program: str) -> bool:
    """Whether the process of this number runs the program of this name."""
    try:
        return os.readlink(f"/proc/{pid}/exe").rpartition("/")[2].split()[0] == program
    except OSError:
        return False


def wait_for_exit(process: subprocess.Popen) -> int:
    """The exit code of a program that we wait for, unless we should stop before."""
    wait_until(lambda: process.poll() is not None, within=float("inf"))
    return process.returncode


def wait_until(is_so: Callable[[], bool], *, within: float, every: float = 0.05) -> bool:
    """Whether it became so within these seconds."""
    deadline = time.monotonic() + within
    while not is_so():
        check_stop_requested()
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def lock_folder(var: Path, *, note: str) -> TextIO:
    """Holds a folder for us alone until we end; whoever comes second reads the note."""
    var.mkdir(parents=True, exist_ok=True)
    lock = (var / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        sys.exit(f"Already running: {lock.read().strip()}. Stop that one first with Ctrl-C.")
    lock.truncate(0)
    lock.write(note)
    lock.flush()
    return lock


def is_free(port: int) -> bool:
    """Whether we could listen on this loopback port; raise PermissionError where we never may."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except PermissionError:
            raise
        except OSError:
            return False


def free_port(*preferred: int | None) -> int:
    """The first preferred port that is free, or one that the system picks."""
    for port in preferred:
        if port and is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def file_size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def failure_reason(log: Path, since: int = 0) -> str:
    """Why a program failed, in one line from what it logged since this offset."""
    with log.open("rb") as lines:
        lines.seek(since)
        text = lines.read().decode(errors="replace")
    if any(sign in text for sign in DISK_FULL_SIGNS):
        return "the " + DISK_FULL_MESSAGE.format(log.parent.parent)
    told = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line for line in told if "FATAL" in line]
    return (fatal or told or ["it said nothing"])[-1]


def describe_os_error(trouble: OSError) -> str:
    """An operating system error as one line that says what to do."""
    if trouble.errno == errno.ENOSPC:
        return "The " + DISK_FULL_MESSAGE.format(trouble.filename or "var/")
    if isinstance(trouble, PermissionError):
        return f"Could not use {trouble.filename}: another user made it, perhaps root."
    return f"Could not use {trouble.filename}: {trouble.strerror}."
