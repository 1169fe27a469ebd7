"""`pytest` and `manage.py test`, by themselves, bring the servers that tests need."""

import subprocess
import sys
from pathlib import Path

import pytest

from recovery_site.dev import processes

from .conftest import ROOT, answer

WAYS = {
    "pytest": [Path(sys.executable).with_name("pytest")],
    "manage.py test": [sys.executable, ROOT / "manage.py", "test"],
}
TEST = """
import os
import psycopg, redis
from django.conf import settings

def test_servers_answer_and_static_files_are_there():
    psycopg.connect(os.environ["DATABASE_URL"]).close()
    assert redis.from_url(settings.REDIS_URL).ping()
    assert (settings.STATIC_ROOT / "staticfiles.json").exists()
"""


@pytest.fixture
def run(bare, tmp_path):
    """Runs one test that asks for servers, by the way of this name, as somebody who set nothing."""
    file = tmp_path / "test_servers.py"
    file.write_text(TEST)

    def start(way):
        return subprocess.run(
            [*WAYS[way], "-c", ROOT / "pyproject.toml", file],
            cwd=tmp_path,
            env=bare | {"VAR": str(tmp_path / "var")},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return start


@pytest.mark.parametrize("way", WAYS)
def test_bare_run_starts_the_servers_and_stops_them(run, tmp_path, way):
    done = run(way)

    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0
    assert not answer(tmp_path / "var")


def test_bare_run_beside_another_says_so_in_one_line(run, tmp_path):
    with processes.lock_folder(tmp_path / "var", note="servers for somebody"):
        done = run("pytest")

    assert done.returncode == 1
    assert (
        done.stderr == "Already running: servers for somebody. Stop that one first with Ctrl-C.\n"
    )
