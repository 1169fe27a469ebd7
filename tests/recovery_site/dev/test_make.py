"""`make` on a machine that lacks something says in one line what to do."""

import os
import shutil
import subprocess
import sys

import pytest

from .conftest import ROOT


@pytest.fixture
def clone(tmp_path):
    """What make reads, in a folder without a virtual environment."""
    for path in (ROOT / "Makefile", *ROOT.glob("requirements*.txt")):
        shutil.copy(path, tmp_path)
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    return tmp_path


@pytest.fixture
def make(clone, bare):
    """The first line of complaint from a make that must fail, and whether it failed."""

    def run(target="run", *, python=sys.executable, **environment):
        done = subprocess.run(
            ["make", target, f"PYTHON={python}"],
            cwd=clone,
            env=bare | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr
        assert done.stderr.splitlines()[1].startswith("make: ***")
        return done.returncode != 0, done.stderr.splitlines()[0]

    return run


def pretend(folder, script):
    """A python3 of our own making."""
    python = folder / "python3"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    return python


@pytest.mark.parametrize("target", ["run", "test"])
def test_old_python_is_named(make, clone, target):
    old = pretend(clone, '[ "$1" = -V ] && echo Python 3.9.1 && exit; exit 1')

    assert make(target, python=old) == (
        True,
        "Python 3.11 or newer is needed, and this is Python 3.9.1: "
        "name a newer one with make PYTHON=...",
    )


def test_absent_python_is_named(make):
    assert make(python="python3.99") == (
        True,
        "There is no python3.99 here: install Python 3.11 or newer, "
        "or name it with make PYTHON=...",
    )


def test_full_disk_is_told_as_it_is(make, clone):
    words = "OSError: [Errno 28] No space left on device"
    full = pretend(clone, f'case "$*" in *"-m venv"*) echo "{words}" >&2; exit 1; esac')

    assert make(python=full) == (True, "The disk is full: free some space, then start again.")


def test_python_without_venv_is_told_what_to_install(make, clone):
    bare_python = pretend(clone, 'case "$2" in *ensurepip*) exit 1;; esac; exit 0')

    assert make(python=bare_python) == (
        True,
        "This Python cannot make virtual environments. "
        "On Debian and Ubuntu: apt install python3-venv",
    )


def test_absent_network_is_guessed_and_tried_again_next_time(make, clone):
    nowhere = "http://127.0.0.1:9/simple"

    failed, line = make(
        PIP_CONFIG_FILE=os.devnull,
        PIP_FIND_LINKS="",
        PIP_INDEX_URL=nowhere,
        UV_DEFAULT_INDEX=nowhere,
    )

    assert failed
    assert line.startswith("Could not install requirements-laptop.txt. Is this machine online?")
    assert not (clone / ".venv" / "ready-to-run").exists()


@pytest.fixture
def find_chromium(clone, bare):
    """Runs the search for Chromium on a machine with only these programs."""
    programs = clone / "bin"
    programs.mkdir()
    for name in ("sh", "mkdir", "dirname", "chmod", "id"):
        (programs / name).symlink_to(shutil.which(name))

    def run(**scripts):
        for name, script in scripts.items():
            program = programs / name.replace("_", "-")
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
        return subprocess.run(
            [clone / ".ci" / "chromium"],
            cwd=clone,
            env=bare | {"PATH": str(programs), "BIN": str(programs)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.mark.parametrize("name", ["chromium", "chromium_browser", "google_chrome"])
def test_chromium_that_is_there_is_used(find_chromium, name):
    found = find_chromium(**{name: "exit 0"})

    assert (found.returncode, found.stdout) == (0, "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
@pytest.mark.parametrize(("fonts", "is_asked"), [("Liberation Sans", False), ("DejaVu Sans", True)])
def test_root_installs_the_font_beside_a_chromium_without_it(find_chromium, clone, fonts, is_asked):
    found = find_chromium(
        chromium="exit 0", fc_list=f"echo {fonts}", apt_get='echo "$@" >>$BIN/asked'
    )

    asked = clone / "bin" / "asked"
    assert found.returncode == 0
    assert asked.exists() is is_asked
    assert not is_asked or "fonts-liberation" in asked.read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
def test_root_installs_chromium(find_chromium):
    found = find_chromium(
        apt_get='[ "$1" = update ] || { echo "exit 0" >$BIN/chromium; chmod +x $BIN/chromium; }'
    )

    assert (found.returncode, found.stdout) == (
        0,
        "Installing Chromium and a font, about a minute the first time\n",
    )


def test_absent_chromium_is_told_in_one_line(find_chromium):
    found = find_chromium()

    assert (found.returncode, found.stderr) == (
        1,
        "The browser tests need Chromium: install it so that chromium is on the PATH "
        "(see var/log/chromium.log).\n",
    )
