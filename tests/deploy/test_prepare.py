"""What `deploy/prepare` writes starts a production, and is nobody else's to read."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from environ import Env

from recovery_site.configuration import production

ROOT = Path(__file__).resolve().parents[2]
ASKED = (
    "admissions.example.org", "--line", "+17145550100",
    "--email", "smtp+tls://user:pa$s&word@mail.example.org:587",
)  # fmt: skip


def prepare(folder, *asked):
    return subprocess.run(
        [ROOT / "deploy/prepare", *asked, "--folder", folder],
        check=False,
        capture_output=True,
        text=True,
    )


def read_environment(*files):
    lines = [line for file in files for line in file.read_text().splitlines()]
    return dict(line.split("=", 1) for line in lines)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared") / "env"
    assert prepare(folder, *ASKED).returncode == 0
    return folder


def test_trial_on_this_machine_starts_too(tmp_path):
    assert prepare(tmp_path / "env", "localhost", "--trial", "--machine").returncode == 0

    env = Env()
    env.ENVIRON = read_environment(tmp_path / "env/common.env", tmp_path / "env/web.env")

    assert production.find_problems(env) == []


@pytest.mark.parametrize("process", ["web", "worker", "owner"])
def test_production_starts_with_it(folder, process):
    env = Env()
    env.ENVIRON = read_environment(folder / "common.env", folder / f"{process}.env")

    assert production.find_problems(env) == []


def test_only_its_owner_may_read_a_secret(folder):
    modes = {stat.S_IMODE(file.stat().st_mode) for file in folder.glob("*.env")}

    assert modes == {0o600}


def test_web_gets_neither_the_audit_key_nor_the_owner(folder):
    web = read_environment(folder / "common.env", folder / "web.env")
    owner = read_environment(folder / "owner.env")

    assert "AUDIT_KEY" not in web
    assert owner["DATABASE_URL"] not in web.values()


def test_no_two_installations_share_a_secret(folder, tmp_path):
    prepare(tmp_path / "env", *ASKED)
    ours, theirs = (
        read_environment(*sorted(each.glob("*.env"))) for each in (folder, tmp_path / "env")
    )

    secrets = ("SECRET_KEY", "FIELD_KEYS", "AUDIT_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD")
    secrets += ("VAPID_PRIVATE_KEY",)
    assert [name for name in secrets if ours[name] == theirs[name]] == []


def test_nothing_that_is_there_is_replaced(folder):
    before = {file: file.read_bytes() for file in folder.iterdir() if file.is_file()}

    refused = prepare(folder, *ASKED)

    assert refused.returncode == 1
    assert "Nothing was changed." in refused.stderr
    assert {file: file.read_bytes() for file in before} == before


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        (("https://admissions.example.org", *ASKED[1:]), "without https://"),
        ((ASKED[0], "--line", "714 555 0100", *ASKED[3:]), "country code"),
        ((ASKED[0], "--line", "+17145550100"), "--email"),
        ((*ASKED, "--backups-for", "AGE-SECRET-KEY-1QQ"), "never the private one"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_written(tmp_path, asked, word):
    refused = prepare(tmp_path / "env", *asked)

    assert refused.returncode == 2
    assert word in refused.stderr
    assert not (tmp_path / "env").exists()


def test_proxy_file_names_the_host(folder):
    text = (folder / "recovery.conf").read_text()

    assert text.count("server_name admissions.example.org;") == 2


def test_command_line_names_what_is_wrong_and_nothing_else(tmp_path):
    refused = subprocess.run(
        [sys.executable, ROOT / "manage.py", "check"],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "VAR": str(tmp_path), "PROXIES": "-3"},
    )

    assert refused.returncode == 1
    assert "PROXIES" in refused.stderr
    assert "Traceback" not in refused.stderr
