"""Starts the Postgres and the Redis that tests need, where no URL names them.

`make test` names both. For a bare `pytest` this is a plugin, not a conftest.py: pytest-django
reads the settings, and with them the URLs, before it looks for any conftest.py.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from recovery_site.dev import embedded, processes

ROOT = Path(__file__).resolve().parents[2]


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config):
    asked = early_config.known_args_namespace
    named = os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")
    if not (named or asked.help or asked.version):
        start_servers(early_config)
    return (yield)


def start_servers(config):
    """Start what lacks a URL until pytest ends, and collect the static files as `make test` does.

    Never beside the data of `make run`. Exit with one line where something bars the way.
    """
    var = Path(os.environ.setdefault("VAR", str(ROOT / "var" / "test"))).resolve()
    lock = processes.lock_folder(var, note=f"servers for pytest in {var}")
    config.add_cleanup(lock.close)
    parts, urls = embedded.missing_servers(var)
    config.add_cleanup(lambda: embedded.stop_processes(parts, within=5))
    embedded.start_and_wait(var, parts)
    os.environ.update(urls)
    static = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(static, cwd=ROOT, check=True)
