"""A backup comes back whole, into the place that was meant, or nothing is changed."""

import io
import json

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from admissions.accounts.models import Session
from admissions.audit.models import AuditEvent, AuditSeal
from admissions.backups import records
from admissions.backups.models import BackupRecord
from admissions.installation import key_marks
from admissions.installation.models import Installation
from admissions.intake.models import ConsultationRequest
from admissions.operations import sending_hold
from recovery_site.backups import databases, encryption, files, keys, postgres, verification

ANOTHER_KEY = "another-key-of-fifty-characters-or-more-0123456789abcdef"


def verify(file, key=None):
    """What `verify_backup` says, and whether it was content."""
    out = io.StringIO()
    try:
        call_command("verify_backup", file, key=key, stdout=out)
    except CommandError as fault:
        return fault.returncode, str(fault)
    return 0, out.getvalue()


def restore(file, key, **options):
    out = io.StringIO()
    try:
        call_command("restore", file, key=key, stdout=out, **options)
    except CommandError as fault:
        return fault.returncode, out.getvalue() + str(fault)
    return 0, out.getvalue()


def rewrite(file, **changes):
    """Let the manifest say something else."""
    note = file.with_suffix(files.NOTE)
    note.write_text(json.dumps(json.loads(note.read_text()) | changes))


def describe(file):
    """What a manifest would say of this file, had it been written like that."""
    counted = files.CountedFile(file.open("rb"))
    counted.read()
    return {"size": counted.size, "sha256": counted.sha256.hexdigest()}


def database_names():
    """Those of this process of the tests: others come and go beside it."""
    own = connection.settings_dict["NAME"].partition("_elsewhere")[0]
    with postgres.connect("postgres") as server:
        found = server.execute("SELECT datname FROM pg_database").fetchall()
    return {name for (name,) in found if name.startswith(own)}


@pytest.fixture
def elsewhere(real_commits):
    """Django's connection leads to a database that is not there yet; dropped with its relatives."""
    name = f"{connection.settings_dict['NAME']}_elsewhere"
    with databases.connected_to(name):
        yield name
    with postgres.connect("postgres") as server:
        for each in database_names():
            if each.startswith(name):
                databases.drop(server, each)


@pytest.mark.security(82)
def test_backup_is_proved_by_restoring_it(made, key, real_commits):
    before = database_names()

    code, said = verify(made, key)

    assert code == 0, said
    assert "every row is there, its seals hold" in said
    assert "note_verified_backup" in said
    assert database_names() == before


def test_proof_is_noted_where_the_backup_was_made(made, copied, real_commits):
    manifest = files.read_manifest(made)
    records.record_made(
        name=manifest.name, release="abc", size=manifest.size, sha256=manifest.sha256
    )

    verify(copied)
    call_command("note_verified_backup", manifest.name, manifest.sha256, verbosity=0)

    noted = BackupRecord.objects.order_by("pk").values_list("kind", flat=True)
    assert list(noted) == ["made", "unchanged", "restored"]


def test_proof_of_a_strange_backup_is_not_noted(made, real_commits):
    with pytest.raises(CommandError, match="no backup of that name"):
        call_command("note_verified_backup", made.stem, "0" * 64)


@pytest.mark.security(82)
def test_key_of_someone_else_is_refused(made, tmp_path, real_commits):
    keys.make_key(tmp_path / "other.txt")

    assert verify(made, tmp_path / "other.txt") == (
        1,
        "This backup is not verified. This key does not open the backup: it was made for another.",
    )


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda whole: whole[:-1], "was written with"),
        (lambda whole: whole[:-100] + bytes([whole[-100] ^ 1]) + whole[-99:], "digest differs"),
    ],
    ids=["cut", "changed"],
)
def test_spoiled_file_is_found_without_a_key(copied, real_commits, spoil, word):
    copied.write_bytes(spoil(copied.read_bytes()))

    code, said = verify(copied)

    assert (code, word in said) == (1, True)


@pytest.mark.parametrize(
    "spoil",
    [lambda whole: whole[:-1], lambda whole: whole[:-9] + b"!" + whole[-8:]],
    ids=["cut", "changed"],
)
def test_spoiled_file_with_a_forged_manifest_does_not_open(copied, key, elsewhere, spoil):
    copied.write_bytes(spoil(copied.read_bytes()))
    rewrite(copied, **describe(copied))
    before = database_names()

    code, said = restore(copied, key)

    assert (code, "does not open" in said) == (1, True)
    assert database_names() == before


def test_row_that_did_not_come_back_is_found(copied, key, real_commits):
    opened = keys.read_keys(key)
    counts = encryption.open_counts(files.read_manifest(copied).counts, opened)
    counts["public.users_user"] += 1
    rewrite(copied, counts=encryption.seal_counts(counts, [opened[0].to_public()]))

    code, said = verify(copied, key)

    assert (code, "1 tables came back with other rows: public.users_user" in said) == (1, True)


def test_audit_that_does_not_hold_is_found(made, key, real_commits, settings):
    settings.AUDIT_KEYS = [ANOTHER_KEY]

    code, said = verify(made, key)

    assert (code, "The audit in this backup does not hold" in said) == (1, True)


def test_all_is_lost_and_comes_back(made, key, elsewhere):
    code, said = restore(made, key)

    assert (code, "Our keys open what is stored." in said) == (0, True)
    assert ConsultationRequest.objects.get().preferred_name == "Marker"
    assert AuditSeal.objects.count() == 1
    assert sending_hold.is_held()
    assert AuditEvent.objects.filter(type=AuditEvent.Type.SENDING_HELD).exists()
    assert elsewhere in database_names()
    assert database_names().isdisjoint({f"{elsewhere}_restoring"})


def test_foreign_secret_key_is_named(real_commits, settings):
    """A database notes its keys when a process of production serves it."""
    before = Installation.objects.get()
    key_marks.keep_marks()
    settings.SECRET_KEY = ANOTHER_KEY

    found = list(verification.find_unreadable())

    before.save()
    assert found[0].startswith("SECRET_KEY is not the one that this database was used with")


def test_what_was_there_is_set_aside_and_other_keys_are_named(made, key, elsewhere, settings):
    with postgres.connect("postgres") as server:
        server.execute(f'CREATE DATABASE "{elsewhere}"')
    with postgres.connect(elsewhere) as there:
        there.execute("CREATE TABLE former (id int)")
    settings.FIELD_KEYS = [ANOTHER_KEY]

    code, said = restore(made, key, overwrite=elsewhere)

    assert (code, "with other keys than its own" in said) == (1, True)
    assert "Put the key that sealed it at the end of FIELD_KEYS." in said
    assert not Session.objects.exists()
    aside = next(each for each in database_names() if each.startswith(f"{elsewhere}_before_"))
    with postgres.connect(aside) as there:
        assert there.execute("SELECT * FROM former").fetchall() == []


@pytest.mark.parametrize(
    ("overwrite", "word"), [("", "Nothing was changed. To set it aside"), ("other", "not other")]
)
def test_database_that_holds_something_is_not_overwritten(made, key, real_commits, overwrite, word):
    before = database_names()

    code, said = restore(made, key, overwrite=overwrite)

    assert (code, word in said) == (1, True)
    assert database_names() == before


def test_database_in_use_is_not_replaced(made, key, elsewhere):
    with postgres.connect("postgres") as server:
        server.execute(f'CREATE DATABASE "{elsewhere}"')
    before = database_names()
    with psycopg.connect(**postgres.connection_options()):
        code, said = restore(made, key)

    assert (code, said) == (
        1,
        f"1 connections use {elsewhere}: stop the site first. Nothing was changed.",
    )
    assert database_names() == before


def test_backup_of_a_newer_release_is_refused(copied, key, elsewhere):
    rewrite(copied, migrations=["admissions.9999_from_tomorrow"])

    code, said = restore(copied, key)

    assert (code, "admissions.9999_from_tomorrow" in said) == (1, True)
    assert elsewhere not in database_names()


def test_restoring_needs_the_private_key(made, elsewhere):
    assert restore(made, None) == (1, "Name the private key: --key FILE, or BACKUP_KEY_FILE.")
