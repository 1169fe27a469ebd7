"""A quarter of the audit goes into a file that proves itself; what is left still holds."""

from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from admissions.admin.triage import timeline
from admissions.audit import archives, seal_chain, verification
from admissions.audit.models import AuditArchive, AuditEvent, AuditSeal
from admissions.privacy import holds
from recovery_site.backups import keys
from tests.support import factories

IN_MARCH, IN_APRIL = (datetime(2020, month, 1, tzinfo=UTC) for month in (3, 4))
Type = AuditEvent.Type


@pytest.fixture
def key(tmp_path, monkeypatch):
    path = tmp_path / "key.txt"
    monkeypatch.setenv("BACKUP_RECIPIENTS", keys.make_key(path))
    return path


@pytest.fixture
def actor(db):
    return factories.make_user()


def write(at, actor, **values) -> AuditEvent:
    return AuditEvent.objects.create(type=Type.SIGNED_IN, actor=actor, at=at, **values)


@pytest.fixture
def chain(actor):
    """Three events of a quarter long ago; the second seal holds one of the next quarter as well."""
    events = []
    for times in ([IN_MARCH] * 2, [IN_MARCH, IN_APRIL], [IN_APRIL]):
        events += [write(at, actor) for at in times]
        with time_machine.travel(times[-1]):
            seal_chain.seal_waiting_events()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return events


def put_away(folder, before="2020-04") -> str:
    said = StringIO()
    call_command("archive_audit", before=before, folder=folder, stdout=said)
    return said.getvalue()


def check(path, key, **options) -> str:
    said = StringIO()
    call_command("verify_audit", archive=path, key=key, stdout=said, **options)
    return said.getvalue()


def told() -> list[tuple]:
    return [
        (each.archive, each.seal, each.event, each.description)
        for each in verification.find_faults()
    ]


@pytest.fixture
def archived(chain, key, tmp_path):
    put_away(tmp_path / "audit")
    return tmp_path / "audit" / AuditArchive.objects.get().name


def test_quarter_goes_and_the_rest_still_holds(archived, chain):
    left = AuditEvent.objects.filter(type=Type.SIGNED_IN)

    assert set(left) == set(chain[3:])
    assert list(AuditSeal.objects.values_list("number", "ids")) == [
        (3, [chain[4].pk]),
        (4, [chain[3].pk]),
    ]
    assert told() == []


def test_row_stands_for_what_went(archived):
    row = AuditArchive.objects.get()

    assert (row.first_seal, row.last_seal, row.events) == (1, 2, 3)
    assert row.size == archived.stat().st_size
    assert AuditEvent.objects.get(type=Type.AUDIT_ARCHIVED).detail["sha256"] == row.sha256


def test_next_seals_follow(archived, actor):
    seal_chain.seal_waiting_events()

    assert told() == []


def test_file_proves_itself(archived, key):
    head = f"2:{AuditArchive.objects.get().head}"

    assert "3 events of 2020-01-01" in check(archived, key, head=[head])


def test_head_that_a_file_does_not_end_with_is_named(archived, key):
    with pytest.raises(CommandError, match="no such head"):
        check(archived, key, head=[f"2:{'0' * 64}"])


def test_spoiled_file_does_not_hold(archived, key):
    data = bytearray(archived.read_bytes())
    data[-20] ^= 1
    archived.write_bytes(data)

    with pytest.raises(CommandError, match="does not hold"):
        check(archived, key)


@pytest.mark.security(28)
def test_file_sealed_with_another_key_does_not_hold(archived, key, settings):
    settings.AUDIT_KEYS = ["another"]

    with pytest.raises(CommandError, match="Seal 1 was changed"):
        check(archived, key)


def test_checking_says_what_was_not_read(archived):
    said = StringIO()

    call_command("verify_audit", stdout=said)

    assert "of before 2020-04-01" in said.getvalue()


def test_next_quarter_follows_in_a_file_of_its_own(archived, tmp_path):
    put_away(tmp_path / "audit", before="2020-07")

    assert list(AuditArchive.objects.values_list("first_seal", "last_seal", "events")) == [
        (1, 2, 3),
        (3, 4, 2),
    ]
    assert told() == []


def test_again_finds_nothing_left(archived, tmp_path):
    assert "No quarter of before 2020-04" in put_away(tmp_path / "audit")


@pytest.mark.parametrize("values", ["head = repeat('0', 64)", "last_seal = 3"])
@pytest.mark.security(28)
def test_row_that_was_changed_is_named(archived, values):
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"UPDATE admissions_auditarchive SET {values}")  # noqa: S608  ours
        cursor.execute("RESET session_replication_role")

    assert (archived.name, None, None, "was changed") in told()


@pytest.mark.security(28)
def test_second_event_of_a_number_is_named(chain):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE twin AS SELECT * FROM admissions_auditevent WHERE id = %s",
            [chain[1].pk],
        )
        cursor.execute("UPDATE twin SET at = at + interval '1 year'")
        cursor.execute(
            "INSERT INTO admissions_auditevent OVERRIDING SYSTEM VALUE SELECT * FROM twin"
        )

    assert told() == [("", None, chain[1].pk, "was never sealed")]


# What may not go


def assert_all_is_here(folder, before, why):
    events, seals = AuditEvent.objects.count(), AuditSeal.objects.count()

    with pytest.raises(CommandError, match=why):
        put_away(folder, before)

    assert (AuditEvent.objects.count(), AuditSeal.objects.count()) == (events, seals)
    assert not AuditArchive.objects.exists()


def test_what_must_be_at_hand_stays(actor, key, tmp_path):
    write(datetime(2021, 2, 1, tzinfo=UTC), actor)
    seal_chain.seal_waiting_events()

    assert_all_is_here(tmp_path / "audit", "2022-01", "2021q1 must be at hand")


@pytest.mark.parametrize("way", ["about", "showed"])
def test_what_is_held_stays(actor, key, tmp_path, way):
    request = factories.make_request()
    write(IN_MARCH, actor, **({"request": request} if way == "about" else {"shown": [request.pk]}))
    seal_chain.seal_waiting_events()
    holds.place_holds(request_ids=[request.pk], reason="court", by=actor)

    assert_all_is_here(tmp_path / "audit", "2020-04", request.reference)


@pytest.mark.security(28)
def test_what_was_tampered_with_stays(chain, key, tmp_path):
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE admissions_auditevent SET code = 'x' WHERE id = %s", [chain[0].pk])
        cursor.execute("RESET session_replication_role")

    assert_all_is_here(tmp_path / "audit", "2020-04", "Seal 1 was changed")


@pytest.mark.security(28)
def test_event_without_a_seal_keeps_its_quarter_here(chain, actor, key, tmp_path):
    write(IN_MARCH, actor)

    assert_all_is_here(tmp_path / "audit", "2020-04", "without a seal")


def test_what_ends_between_file_and_removal_goes_on_the_next_time(chain, key, tmp_path):
    archives.make_partitions()
    with connection.cursor() as cursor:
        cursor.execute("CREATE VIEW in_the_way AS SELECT id FROM admissions_auditevent_2020q1")

    with pytest.raises(Exception, match="in_the_way"):
        put_away(tmp_path / "audit")
    left = [told(), AuditSeal.objects.count(), AuditArchive.objects.count()]
    (tmp_path / "audit" / "audit-2020q2-seals-9-9.age.part").write_bytes(b"cut off")
    with connection.cursor() as cursor:
        cursor.execute("DROP VIEW in_the_way")
    put_away(tmp_path / "audit")

    assert left == [[], 3, 0]
    assert [each.name for each in (tmp_path / "audit").iterdir()] == [
        AuditArchive.objects.get().name
    ]
    assert told() == []


def test_month_is_a_month(key, tmp_path, db):
    with pytest.raises(CommandError, match="month like"):
        put_away(tmp_path, "2020-13")


# What is read of it


def test_auditor_is_told_what_was_put_away(archived, client):
    client.force_login(factories.make_user("auditor"))

    page = client.get("/admin/admissions/auditevent/")

    assert "are in the archive and not shown here" in page.content.decode()


def test_older_request_says_that_events_are_in_an_archive(archived):
    request = factories.make_request(created_at=IN_MARCH)

    entries = timeline.timeline_entries(request, now=IN_APRIL)

    assert "in the archive" in entries[0].what


def test_younger_request_has_nothing_in_an_archive(archived):
    assert timeline.archive_entries(factories.make_request()) == []
