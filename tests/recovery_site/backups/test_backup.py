"""A backup is whole, encrypted and under its name, or it is not there and the program fails."""

import os
import resource
import stat
import sys
from datetime import timedelta
from threading import Thread

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from admissions.accounts.models import Session
from admissions.backups.models import BackupRecord
from recovery_site.backups import databases, encryption, files, keys, postgres


@pytest.fixture
def small_disk():
    """No file grows beyond ten kilobytes."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, former[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, former)


def run_backup(folder):
    """What the program says as it ends; empty when all is well."""
    try:
        call_command("backup", folder=folder, verbosity=0)
    except CommandError as fault:
        assert fault.returncode == 1
        return str(fault)
    return ""


@pytest.mark.security(82)
def test_file_is_encrypted_and_its_owners_alone(made):
    assert made.read_bytes().startswith(b"age-encryption.org/v1\n-> X25519 ")
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700


def test_manifest_tells_nothing_of_people(made):
    text = made.with_suffix(files.NOTE).read_text()

    assert files.read_manifest(made).postgres >= 15
    assert "users_user" not in text
    assert "Marker" not in text


def test_database_knows_of_its_backup(for_key, real_commits, tmp_path):
    assert run_backup(tmp_path) == ""

    record = BackupRecord.objects.get()
    path = files.find_backups(tmp_path)[0]
    assert record.name == path.stem
    assert record.size == path.stat().st_size
    assert record.sha256 == files.read_manifest(path).sha256


def test_full_disk_leaves_no_file(for_key, real_commits, tmp_path, small_disk):
    assert run_backup(tmp_path / "backups").startswith("No backup was made")
    assert list((tmp_path / "backups").iterdir()) == []
    assert not BackupRecord.objects.exists()


def test_postgres_that_goes_away_leaves_no_file(for_key, real_commits, tmp_path):
    """Someone else's lock keeps pg_dump in the middle of its work until its session is ended."""
    said = []
    with psycopg.connect(**postgres.connection_options()) as lock:
        lock.execute("LOCK TABLE admissions_backuprecord")
        backup = Thread(target=lambda: said.append(run_backup(tmp_path)))
        backup.start()
        session = find_waiting("pg_dump")
        meanwhile = [path.suffix for path in tmp_path.iterdir()]
        lock.execute("SELECT pg_terminate_backend(%s)", [session])
        lock.rollback()
    backup.join(timeout=30)

    assert meanwhile == [".part"]
    assert said[0].startswith("No backup was made. pg_dump ended with 1:")
    assert list(tmp_path.iterdir()) == []


def find_waiting(program):
    """The process of Postgres that serves a program, as soon as it waits for a lock."""
    with psycopg.connect(**postgres.connection_options(), autocommit=True) as server:
        for _ in range(100_000):
            found = server.execute(
                "SELECT pid FROM pg_stat_activity"
                " WHERE application_name = %s AND wait_event_type = 'Lock'",
                [program],
            ).fetchone()
            if found:
                return found[0]
    pytest.fail(f"{program} never waited.")


@pytest.fixture
def busy_site(monkeypatch, tmp_path):
    """Someone comes just before pg_dump begins: the one that is found first lets them."""
    options = postgres.connection_options()
    true_one = postgres.find_program("pg_dump", pg_major(options))
    visit = (
        "import psycopg, sys; c = psycopg.connect(sys.argv[1], autocommit=True);"
        ' c.execute("INSERT INTO accounts_session (session_key, session_data, expire_date, seen_at,'
        " browser) VALUES ('late', '', now(), now(), '')\")"
    )
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "visit.py").write_text(visit)
    (programs / "pg_dump").write_text(
        f'#!/bin/sh\n[ "$1" = --version ] || {sys.executable} {programs}/visit.py'
        f" '{psycopg.conninfo.make_conninfo(**options)}'\nexec {true_one} \"$@\"\n"
    )
    (programs / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")


def pg_major(options):
    with psycopg.connect(**options) as server:
        return postgres.server_major(server)


def test_rows_are_counted_as_they_were_dumped(for_key, key, real_commits, busy_site, tmp_path):
    run_backup(tmp_path / "backups")
    path = files.find_backups(tmp_path / "backups")[0]

    call_command("verify_backup", path, key=key, verbosity=0)

    counts = encryption.open_counts(files.read_manifest(path).counts, keys.read_keys(key))
    assert Session.objects.filter(session_key="late").exists()
    assert counts["public.accounts_session"] == 0


def test_database_without_the_site_is_refused(for_key, real_commits, tmp_path):
    name = f"{connection.settings_dict['NAME']}_empty"
    with postgres.connect("postgres") as server:
        server.execute(f'CREATE DATABASE "{name}"')
        with databases.connected_to(name):
            said = run_backup(tmp_path)
        databases.drop(server, name)

    assert said == "No backup was made. This database holds no site yet."
    assert list(tmp_path.iterdir()) == []


def test_leftover_of_a_killed_backup_is_cleared(for_key, real_commits, tmp_path):
    (tmp_path / "recovery-x.age.part").touch()

    assert run_backup(tmp_path) == ""
    assert list(tmp_path.glob("*.part")) == []


def test_two_do_not_write_into_one_folder(for_key, real_commits, tmp_path):
    with files.hold_folder(tmp_path):
        assert "Another backup is being written" in run_backup(tmp_path)


def test_production_needs_a_public_key(settings, tmp_path):
    settings.PRODUCTION = True

    assert "BACKUP_RECIPIENTS is not set" in run_backup(tmp_path)


def test_program_that_is_too_old_is_named(monkeypatch):
    with pytest.raises(postgres.BackupFault, match="apt-get install postgresql-client-99"):
        postgres.find_program("pg_dump", 99)


def test_private_key_is_never_replaced(key):
    before = key.read_text()

    with pytest.raises(CommandError):
        call_command("make_backup_key", key)

    assert key.read_text() == before
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_laptop_makes_its_own_key():
    made_for = keys.read_recipients()

    opened_by = keys.read_keys(keys.find_key_file(None))
    assert [str(each) for each in made_for] == [str(each.to_public()) for each in opened_by]


def test_old_backups_go_and_the_newest_stays(tmp_path):
    now = timezone.now()
    names = [files.make_name(now - timedelta(days=days), "abc") for days in (90, 40, 20)]
    for name in names:
        (tmp_path / f"{name}.age").touch()
        (tmp_path / f"{name}.json").touch()
    (tmp_path / "recovery-of-something.age").touch()

    files.delete_older(tmp_path, than=now - timedelta(days=35))
    left = {path.stem for path in tmp_path.glob("*.json")}
    files.delete_older(tmp_path, than=now)

    assert left == {names[2]}
    assert [path.stem for path in files.find_backups(tmp_path)] == [names[2]]
    assert (tmp_path / "recovery-of-something.age").exists()
