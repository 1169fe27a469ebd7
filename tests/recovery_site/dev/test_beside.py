"""`make restore` waits until the site is stopped, though `make backup` need not."""

import subprocess
import sys

from recovery_site.dev import processes

from .conftest import ROOT


def test_nothing_is_restored_under_a_site_that_runs(bare, tmp_path):
    (tmp_path / "environment").touch()
    lock = processes.lock_folder(tmp_path, note="the site")

    refused = subprocess.run(
        [sys.executable, "-m", "recovery_site.dev.beside", "restore", "x.age"],
        cwd=ROOT,
        env=bare | {"VAR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    lock.close()

    assert refused.returncode == 1
    assert refused.stderr == "Already running: the site. Stop that one first with Ctrl-C.\n"
