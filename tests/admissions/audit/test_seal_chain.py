"""The audit is sealed whole, and whatever is done to it afterwards shows."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction

from admissions.audit import seal_chain, verification
from admissions.audit.models import AuditEvent, AuditSeal
from tests.support import factories
from tests.support.rivals import at_once

NOW = datetime(2026, 11, 24, 22, 11, tzinfo=UTC)
Type = AuditEvent.Type


@pytest.fixture
def actor(db):
    return factories.make_user()


def write(count: int, actor) -> list[int]:
    made = [
        AuditEvent(type=Type.SIGNED_IN, actor=actor, code=str(number)) for number in range(count)
    ]
    return [each.pk for each in AuditEvent.objects.bulk_create(made)]


@pytest.fixture
def chain(actor):
    """Three seals of two events each, and the clock where all of them are settled."""
    with time_machine.travel(NOW, tick=False) as clock:
        pks = []
        for _ in range(3):
            pks += write(2, actor)
            seal_chain.seal_waiting_events()
        clock.shift(timedelta(hours=2))
        yield pks


@contextmanager
def unguarded():
    """SQL as of someone who owns the database: no trigger holds them back."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET session_replication_role = replica")
        yield cursor
        cursor.execute("RESET session_replication_role")


def told() -> list[tuple]:
    return [(each.seal, each.event, each.description) for each in verification.find_faults()]


# Sealing


def test_events_are_sealed_once_in_order(chain):
    kept = AuditSeal.objects.values_list("number", "ids", "count", "top")

    assert list(kept) == [
        (number + 1, chain[2 * number :][:2], 2, chain[2 * number + 1]) for number in range(3)
    ]


def test_nothing_new_makes_no_seal(chain):
    assert (seal_chain.seal_next_batch(), AuditSeal.objects.count()) == (None, 3)


def test_many_events_make_several_seals(actor, monkeypatch):
    monkeypatch.setattr(seal_chain, "BATCH_SIZE", 2)
    write(5, actor)

    assert (seal_chain.seal_waiting_events(), [each.count for each in AuditSeal.objects.all()]) == (
        3,
        [2, 2, 1],
    )


def test_event_that_commits_late_comes_into_a_later_seal(actor):
    first, late, last = write(3, actor)
    with unguarded() as cursor:
        cursor.execute("CREATE TEMP TABLE later AS SELECT * FROM admissions_auditevent"
                       " WHERE id = %s", [late])  # fmt: skip
        cursor.execute("DELETE FROM admissions_auditevent WHERE id = %s", [late])
    seal_chain.seal_waiting_events()
    with unguarded() as cursor:
        cursor.execute(
            "INSERT INTO admissions_auditevent OVERRIDING SYSTEM VALUE SELECT * FROM later"
        )

    seal_chain.seal_waiting_events()

    assert list(AuditSeal.objects.values_list("ids", "top")) == [
        ([first, last], last),
        ([late], last),
    ]
    assert told() == []


def test_every_column_of_an_event_is_sealed():
    columns = [field.attname for field in AuditEvent._meta.concrete_fields]

    assert sorted(seal_chain.COLUMNS_BY_FORMAT[seal_chain.CURRENT_FORMAT]) == sorted(columns)


def test_head_is_logged(actor, caplog):
    write(1, actor)

    with caplog.at_level("INFO"):
        sealed = seal_chain.seal_next_batch()

    assert caplog.messages == [f"Audit seal of 1 events, the head is 1:{sealed.digest}"]


def test_writers_and_sealers_at_once_lose_and_double_nothing(real_commits):
    actor = factories.make_user()

    def writer():
        for _ in range(40):
            with transaction.atomic():
                write(2, actor)

    def sealer():
        for _ in range(30):
            seal_chain.seal_next_batch()

    refused = [each for each in at_once([*[writer] * 4, *[sealer] * 2]) if each]
    seal_chain.seal_waiting_events()

    sealed = [pk for each in AuditSeal.objects.all() for pk in each.ids]
    written = AuditEvent.objects.values_list("pk", flat=True)
    assert (len(sealed), sorted(sealed), refused) == (320, sorted(written), [])
    assert told() == []


# Rows that stay


@pytest.mark.parametrize(
    "model", ["auditevent", "auditseal", "consentevent", "note", "assessment", "recommendation"]
)
def test_no_table_of_what_stays_can_be_emptied(db, model):
    with pytest.raises(ProgrammingError, match="stay"), transaction.atomic():
        connection.cursor().execute(f"TRUNCATE admissions_{model} CASCADE")


@pytest.mark.parametrize("change", ["UPDATE admissions_auditseal SET count = 3",
                                    "DELETE FROM admissions_auditseal"])  # fmt: skip
def test_seal_is_never_changed_or_deleted(chain, change):
    with pytest.raises(ProgrammingError), transaction.atomic():
        connection.cursor().execute(change)


# Tampering


def test_whole_chain_has_no_fault(chain):
    assert told() == []


CHANGES = {
    "at": "at + interval '1 second'",
    "type": "'signed_out'",
    "actor_id": "%(other)s",
    "source": "'system'",
    "request_id": "%(request)s",
    "consultation_id": "1",
    "counselor_id": "1",
    "staff_id": "%(other)s",
    "shown": "ARRAY[%(request)s]::uuid[]",
    "code": "'x'",
    "fields": "ARRAY['x']",
    "object_type": "'x'",
    "object_id": "'x'",
    "detail": "'{\"x\": 1}'::jsonb",
}


@pytest.mark.parametrize(
    "column",
    [each for each in seal_chain.COLUMNS_BY_FORMAT[seal_chain.CURRENT_FORMAT] if each != "id"],
)
def test_change_of_any_column_shows_which_event(chain, column):
    values = {"other": factories.make_user().pk, "request": uuid4(), "pk": chain[2]}
    with unguarded() as cursor:
        cursor.execute("ALTER TABLE admissions_auditevent DROP CONSTRAINT audit_event_says_who")
        change = f"UPDATE admissions_auditevent SET {column} = {CHANGES[column]}"  # noqa: S608 ours
        cursor.execute(f"{change} WHERE id = %(pk)s", values)

    assert told() == [(2, chain[2], "was changed")]


def test_deleted_event_is_missing(chain):
    with unguarded() as cursor:
        cursor.execute("DELETE FROM admissions_auditevent WHERE id = %s", [chain[3]])

    assert told() == [(2, chain[3], "is missing")]


def test_event_inserted_behind_the_seals_was_never_sealed(chain):
    with unguarded() as cursor:
        cursor.execute(
            "INSERT INTO admissions_auditevent (id, at, type, source, shown, code, fields,"
            " object_type, object_id, detail) OVERRIDING SYSTEM VALUE"
            " VALUES (0, now(), 'signed_in', 'system', '{}', '', '{}', '', '', '{}')"
        )

    assert told() == [(None, 0, "was never sealed")]


def test_two_events_swapped_are_both_changed(chain):
    one, other = chain[0], chain[5]
    with unguarded() as cursor:
        cursor.execute("ALTER TABLE admissions_auditevent ALTER id SET GENERATED BY DEFAULT")
        for old, new in [(one, -1), (other, one), (-1, other)]:
            cursor.execute(
                "UPDATE admissions_auditevent SET id = %s,"
                " at = at WHERE id = %s", [new, old])  # fmt: skip

    assert told() == [(1, one, "was changed"), (3, other, "was changed")]


@pytest.mark.parametrize(
    "change",
    [
        "sealed_at = sealed_at - interval '1 day'", "top = top + 1", "format_version = 9",
        "ids = ARRAY[ids[2], ids[1]]", "digest = repeat('0', 64)",
    ],
)  # fmt: skip
def test_changed_seal_shows(chain, change):
    with unguarded() as cursor:
        cursor.execute(f"UPDATE admissions_auditseal SET {change} WHERE number = 2")  # noqa: S608 ours

    assert 2 in {seal for seal, _event, _words in told()}


def test_seal_cut_out_of_the_middle_is_missing(chain):
    with unguarded() as cursor:
        cursor.execute("DELETE FROM admissions_auditseal WHERE number = 2")

    assert told()[0] == (2, None, "is missing")


def test_seals_renumbered_over_a_cut_do_not_follow(chain):
    with unguarded() as cursor:
        cursor.execute("DELETE FROM admissions_auditseal WHERE number = 2")
        cursor.execute("UPDATE admissions_auditseal SET number = 2 WHERE number = 3")

    assert (2, None, "does not follow the seal before it") in told()


def test_two_seals_swapped_show(chain):
    with unguarded() as cursor:
        cursor.execute("ALTER TABLE admissions_auditseal DROP CONSTRAINT audit_seal_first_alone")
        for old, new in [(1, 9), (2, 1), (9, 2)]:
            cursor.execute(
                "UPDATE admissions_auditseal SET number = %s WHERE number = %s", [new, old]
            )

    assert {1, 2} <= {seal for seal, _event, _words in told()}


def test_chain_sealed_anew_with_another_key_shows(chain, settings):
    settings.AUDIT_KEYS = ["another"]

    words = "was changed, or was sealed with a key that we do not have"
    assert told() == [(number, None, words) for number in (1, 2, 3)]


def test_older_key_still_checks_what_it_sealed(chain, settings, actor):
    settings.AUDIT_KEYS = ["newer", *settings.AUDIT_KEYS]
    write(1, actor)
    seal_chain.seal_waiting_events()

    assert told() == []


# The command


def test_command_tells_the_head_and_records_the_check(chain, capsys):
    call_command("verify_audit")

    last = AuditSeal.objects.last()
    out = capsys.readouterr().out
    assert out.startswith(f"Head 3:{last.digest}, 2026-11-24 22:11\n3 seals hold; ")
    event = AuditEvent.objects.last()
    assert (event.type, event.code) == (Type.AUDIT_VERIFIED, "whole")


def test_command_ends_with_1_and_names_what_was_tampered_with(chain, capsys):
    with unguarded() as cursor:
        cursor.execute("DELETE FROM admissions_auditevent WHERE id = %s", [chain[3]])

    with pytest.raises(CommandError) as ended:
        call_command("verify_audit")

    assert ended.value.returncode == 1
    assert capsys.readouterr().err == f"seal 2, event {chain[3]}: is missing\n"


def test_end_that_was_cut_shows_by_a_head_noted_elsewhere(chain):
    noted = AuditSeal.objects.last()
    with unguarded() as cursor:
        cursor.execute("DELETE FROM admissions_auditseal WHERE number = 3")
        cursor.execute("DELETE FROM admissions_auditevent WHERE id = ANY(%s)", [noted.ids])

    call_command("verify_audit")
    with pytest.raises(CommandError):
        call_command("verify_audit", head=[f"3:{noted.digest}"])


def test_head_that_still_stands_is_no_fault(chain):
    first = AuditSeal.objects.first()

    call_command("verify_audit", head=[f"1:{first.digest}"])
