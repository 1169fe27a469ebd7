"""The bench stands on its own: all that it needs is in the repository or in a package it names."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCH = sorted((ROOT / "bench").rglob("*.py"))
OURS = {"admissions", "bench", "programs", "recovery_site"}
NAMED = {"aiosmtpd", "celery", "django", "environ", "playwright", "psycopg", "redis"}
# Installed from its own requirements, apart from ours.
OF_THE_PEER = {"appointment", "django"}


def imported(path):
    """The first part of every name that a file imports from elsewhere."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("path", BENCH, ids=lambda path: str(path.relative_to(ROOT)))
def test_bench_imports_only_what_the_repository_names(path):
    known = OF_THE_PEER if "peer_site" in path.parts else OURS | NAMED

    assert set(imported(path)) - known - set(sys.stdlib_module_names) == set()


@pytest.mark.parametrize("path", BENCH, ids=lambda path: str(path.relative_to(ROOT)))
def test_bench_names_no_folder_of_one_machine(path):
    assert re.findall(r"[\"'(]/(?:work|home|tmp|root|usr)\b[^\"']*", path.read_text()) == []


def test_every_package_of_the_bench_is_pinned():
    pinned = re.compile(r"[\w.-]+(\[\w+\])?==\S+")
    lines = (ROOT / "bench" / "peer_site" / "requirements.txt").read_text().splitlines()

    assert [line for line in lines if line[0] != "#" and not pinned.match(line)] == []
