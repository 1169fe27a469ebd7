"""A copy of the project in which guards are taken away, and its tests are run."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from .mutant import Mutant

ROOT = Path(__file__).resolve().parent.parent
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache")
PATIENCE_SECONDS = 300


class Verdict(Enum):
    KILLED = "killed"
    SURVIVED = "SURVIVED"
    BROKEN = "BROKEN"  # the tests did not run: it says nothing about them


class Workshop:
    """One copy beside others, with a test database of its own.

    Every run begins with the same database, as one may leave rows behind; to make it anew would
    take longer than the tests.
    """

    def __init__(self, folder: Path, number: int) -> None:
        self.folder, self.log = folder / f"copy-{number}", folder / f"tests-{number}.log"
        shutil.copytree(ROOT, self.folder, ignore=NOT_COPIED)
        server = urlsplit(os.environ["DATABASE_URL"])
        self.server = urlunsplit(server._replace(path="/postgres"))
        name = f"{server.path[1:]}_mutants_{number}"
        self.environment = os.environ | {"DATABASE_URL": urlunsplit(server._replace(path=name))}
        # As Django calls the database of tests.
        self.database, self.template = f"test_{name}", "test_mutants_template"

    def make_template(self, test: str) -> Verdict:
        """Keep the database that the tests make, before any but this one has run in it."""
        self.copy_database(self.database, of=None)
        self.copy_database(self.template, of=None)
        verdict = self.run([test], "--reuse-db")
        if verdict is Verdict.SURVIVED:
            self.copy_database(self.template, of=self.database)
        return verdict

    def copy_database(self, name: str, *, of: str | None) -> None:
        """Drop this database, and make it anew as the other is."""
        connection = psycopg.connect(self.server)
        connection.autocommit = True
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        with connection.cursor() as cursor:
            cursor.execute(drop.format(sql.Identifier(name)))
            if of:
                cursor.execute(create.format(sql.Identifier(name), sql.Identifier(of)))
        connection.close()

    def judge(self, mutant: Mutant) -> Verdict:
        """What the tests of this mutant say of the project without its guard."""
        with self.changed(mutant):
            if "/migrations/" in mutant.path:
                return self.run(mutant.test_ids, "--create-db")
            self.copy_database(self.database, of=self.template)
            return self.run(mutant.test_ids, "--reuse-db")

    @contextmanager
    def changed(self, mutant: Mutant) -> Iterator[None]:
        """Take the guard away, and put the file back as it was, with its time."""
        path = self.folder / mutant.path
        text, seen = path.read_text(), path.stat()
        path.write_text(mutant.apply_to(text))
        try:
            yield
        finally:
            path.write_text(text)
            # By this Python knows which compiled file is the right one.
            os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    def run(self, tests: Iterable[str], *options: str) -> Verdict:
        """Run these tests until the first fails."""
        command = [sys.executable, "-m", "pytest", "-n", "0", "-x", "--tb=short", *options, *tests]
        with self.log.open("w") as log:
            try:
                done = subprocess.run(
                    command,
                    cwd=self.folder,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    check=False,
                    timeout=PATIENCE_SECONDS,
                )
            except subprocess.TimeoutExpired:
                return Verdict.BROKEN
        return read_outcome(done.returncode, self.log.read_text())


def read_outcome(code: int, said: str) -> Verdict:
    """Only a test that failed has caught anything; an import or a database may fail for itself."""
    if code == 0:
        return Verdict.SURVIVED
    has_failed = re.search(r"^FAILED ", said, re.MULTILINE)
    return Verdict.KILLED if code == 1 and has_failed else Verdict.BROKEN
