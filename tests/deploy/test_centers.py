"""Several centers on one machine have nothing of each other's but Postgres, nginx and releases."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
# What only root may do, in a folder of the test's: what they are told is written down, or nothing.
PROGRAMS = {
    "runuser": 'exec cat >>"$RECOVERY_ROOT/sql"',
    "systemctl": 'echo "$@" >>"$RECOVERY_ROOT/systemctl"',
    "adduser": 'echo "$@" >>"$RECOVERY_ROOT/adduser"',
    "chgrp": "",
    "install": 'for last in "$@"; do :; done; exec mkdir -p "$last"',
}


# `deploy/prepare` refuses the name of a user whom the tests' machine has: none is called northzq.


class Machine:
    """An empty machine below one folder."""

    def __init__(self, root):
        self.root = root
        if (root / "bin").exists():
            return
        for name in ("bin", "etc/redis", "etc/systemd/system", "opt", "var/lib"):
            (root / name).mkdir(parents=True)
        for name, does in PROGRAMS.items():
            (root / "bin" / name).write_text(f"#!/bin/sh\n{does}\n")
            (root / "bin" / name).chmod(0o755)
        (root / "etc/redis/redis.conf").write_text("port 6379\n")

    def run(self, *command, **environment):
        path = f"{self.root}/bin:{os.environ['PATH']}"
        return subprocess.run(
            [DEPLOY / command[0], *command[1:]],
            check=False,
            capture_output=True,
            text=True,
            env={"PATH": path, "RECOVERY_ROOT": str(self.root), **environment},
        )

    def prepare(self, name, ports, *, host="a.example.org"):
        asked = (host, "--center", name, "--ports", ports, "--machine", "--line", "+17145550100")
        folder = self.root / "etc" / name
        return self.run("prepare", *asked, "--email", "smtp+tls://a:b@m:587", "--folder", folder)

    def read(self, path):
        return (self.root / path).read_text()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    machine = Machine(tmp_path_factory.mktemp("machine"))
    for name, ports in (("recovery", "8001,8002"), ("northzq", "8011,8012")):
        assert machine.prepare(name, ports).returncode == 0
    return machine.root


@pytest.fixture
def machine(prepared, tmp_path):
    """A copy of a machine with two centers: what a test does to it reaches no other."""
    return Machine(shutil.copytree(prepared, tmp_path / "machine"))


def test_setting_up_one_leaves_redis_and_roles_of_the_other(machine):
    machine.run("databases")
    ours = machine.read("etc/redis/recovery.conf")

    assert machine.run("databases", CENTER="northzq").returncode == 0

    assert machine.read("etc/redis/recovery.conf") == ours
    assert "northzq" not in machine.read("etc/redis/redis.conf")
    theirs = dict(
        line.split(" ", 1)
        for line in machine.read("etc/redis/redis-northzq.conf").split("\n")
        if line
    )
    assert theirs["port"] == "18011"
    assert theirs["requirepass"] not in ours
    assert machine.read("systemctl").split("\n")[-2] == "restart redis-server@northzq"
    assert set(re.findall(r"CREATE ROLE (\w+)", machine.read("sql"))) == {
        "recovery_owner",
        "northzq_owner",
    }


def test_units_of_a_center_name_nothing_of_another(machine):
    said = machine.run("install-center", CENTER="northzq")

    units = sorted((machine.root / "etc/systemd/system").iterdir())
    assert len(units) == len(list((DEPLOY / "systemd").iterdir()))
    assert [unit.name for unit in units if not unit.name.startswith("northzq")] == []
    text = "".join(unit.read_text() for unit in units)
    assert re.findall(r"\brecovery\b|redis-server\.service", text) == []
    assert "User=northzq" in text
    assert "northzq-web@8011 northzq-web@8012" in said.stdout


def test_proxy_knows_each_center_and_what_they_share_once(machine):
    files = [machine.read("etc/recovery/recovery.conf"), machine.read("etc/northzq/northzq.conf")]

    both = "".join(files)
    assert re.findall(r"^upstream (\S+)", both, re.M) == ["recovery-web", "northzq-web"]
    assert re.findall(r"server 127\.0\.0\.1:(\d+)", both) == ["8001", "8002", "8011", "8012"]
    assert "recovery" not in files[1]
    assert "default_server" not in both
    assert "log_format" not in both


@pytest.mark.parametrize(
    ("name", "ports", "word"),
    [
        ("south", "8012,8013", "has 8012 already"),
        ("south", "18011,8021", "has 18011 already"),
        ("northzq", "8021,8022", "has a northzq already"),
        ("root", "8021,8022", "has a root already"),
        ("no-rth", "8021,8022", "letters and digits"),
        ("south", "80", "--ports"),
    ],
)
def test_name_or_port_of_another_is_refused(machine, name, ports, word):
    refused = machine.prepare(name, ports)

    assert refused.returncode == 2
    assert word in refused.stderr


@pytest.mark.parametrize("name", ["../etc", "9x", "a" * 16])
def test_name_that_is_none_is_refused_by_every_program(machine, name):
    refused = machine.run("with-environment", "common", "--", "env", CENTER=name)

    assert refused.returncode == 2
    assert f"CENTER={name} must be small letters" in refused.stderr


def test_environment_is_that_of_the_center(machine):
    said = machine.run("with-environment", "owner", "--", "env", CENTER="northzq").stdout

    assert "@127.0.0.1:5432/northzq\n" in said
    assert "CENTER=northzq\n" in said


def test_old_release_stays_while_any_center_serves_it(machine):
    releases = machine.root / "opt/recovery/releases"
    for age, name in enumerate(("newest", "newer", "new", "of-northzq", "old")):
        (releases / name).mkdir(parents=True)
        os.utime(releases / name, (10**9 - age, 10**9 - age))
    for center, release in (("recovery", "newest"), ("northzq", "of-northzq")):
        (machine.root / "opt" / center).mkdir(exist_ok=True)
        (machine.root / "opt" / center / "current").symlink_to(releases / release)

    machine.run("clear-releases")

    assert sorted(each.name for each in releases.iterdir()) == [
        "new",
        "newer",
        "newest",
        "of-northzq",
    ]


def test_each_stops_at_a_center_that_fails(machine):
    said = machine.run("each", "sh", "-c", 'echo "of $CENTER"; [ $CENTER != northzq ]')

    assert said.returncode == 1
    assert said.stdout == "== northzq\nof northzq\n\nnorthzq: failed with 1\nrecovery: not begun\n"


def test_each_goes_on_when_told(machine):
    said = machine.run("each", "--go-on", "sh", "-c", "[ $CENTER != northzq ]")

    assert said.returncode == 1
    assert said.stdout.endswith("\nnorthzq: failed with 1\nrecovery: ok\n")


def test_each_is_well_when_all_are(machine):
    assert machine.run("each", "true").returncode == 0
