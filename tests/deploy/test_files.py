"""Queues, files and programs that the deployment names are those of the code."""

import re
from pathlib import Path

import pytest

from recovery_site.workers import queues

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = (ROOT / "compose.yaml").read_text()
UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
NGINX = "".join((ROOT / "deploy/nginx" / n).read_text() for n in ("shared.conf", "recovery.conf"))


def test_containers_work_on_every_queue():
    listed = re.findall(r"QUEUES: ([a-z-]+)", COMPOSE)

    assert sorted("-".join(listed).split("-")) == sorted(queues.NAMES)


def test_units_work_on_every_queue():
    text = (ROOT / "deploy/systemd/recovery-worker@.service").read_text()
    listed = re.findall(r"recovery-worker@([a-z-]+)", text)

    assert sorted("-".join(listed).split("-")) == sorted(queues.NAMES)


def test_containers_write_nowhere_and_may_do_nothing():
    site = COMPOSE[COMPOSE.index("x-site:") : COMPOSE.index("x-web:")]

    assert "read_only: true" in site
    assert "cap_drop: [ALL]" in site
    assert "no-new-privileges:true" in site


def test_image_is_not_run_by_root():
    image = (ROOT / "Dockerfile").read_text()

    assert re.findall(r"^USER (\S+)", image, re.M)[-1] == "10001:10001"


def test_image_holds_no_secret_and_no_tests():
    ignored = (ROOT / ".dockerignore").read_text().split()

    assert {".env", ".git", "deploy/env", "tests", "var", "recovery_site/dev"} <= set(ignored)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_service_has_the_rights_of_nobody(unit):
    text = unit.read_text()

    assert {
        "User=recovery",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "CapabilityBoundingSet=",
        "SystemCallFilter=@system-service",
    } <= set(text.splitlines())


@pytest.mark.security(82)
def test_what_makes_backups_has_no_key_that_opens_them():
    unit = (ROOT / "deploy/systemd/recovery-backup.service").read_text()
    service = COMPOSE[COMPOSE.index("\n  backup:") : COMPOSE.index("\n  mailcatcher:")]

    assert "BACKUP_KEY_FILE" not in unit + service
    assert "LoadCredential" not in unit


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Forwarded-For", "$remote_addr"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", '""'),
        ("Forwarded", '""'),
    ],
)
def test_proxy_overwrites_what_a_visitor_may_forge(header, value):
    assert f"proxy_set_header {header} {value};" in NGINX


def test_proxy_sends_a_form_again_only_where_it_has_a_key():
    places = re.findall(r"location (?:\^~ )?(\S+) \{[^}]*non_idempotent", NGINX)

    assert places == ["/consultation/", "/es/consultation/"]


def test_proxy_logs_no_address():
    log_format = re.search(r"log_format \w+ '(.*?)';", NGINX)[1]

    assert not re.search(r"\$(request|request_uri|uri|args|http_referer|remote_addr)\b", log_format)
    assert set(re.findall(r"error_log (.*);", NGINX)) == {"stderr crit"}


def test_programs_of_the_deployment_may_be_run():
    programs = [file for file in (ROOT / "deploy").iterdir() if file.is_file()]

    # That one is read by the others.
    assert [file.name for file in programs if not file.stat().st_mode & 0o100] == ["center"]
