"""The audit stands in quarters; each refuses what the whole refuses, and none is ever missing."""

from datetime import UTC, datetime

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from admissions.audit import archives
from admissions.audit.models import AuditEvent
from admissions.audit.tasks import make_audit_partitions
from tests.support import factories

OLD = datetime(2019, 5, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def usual_day():
    """Partitions go by the clock of Postgres."""


def write(at) -> AuditEvent:
    return AuditEvent.objects.create(
        type=AuditEvent.Type.SIGNED_IN, actor=factories.make_user(), at=at
    )


def place_of(event) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text FROM admissions_auditevent WHERE id = %s", [event.pk]
        )
        return cursor.fetchone()[0]


def test_partitions_are_made_a_year_ahead(db):
    now = timezone.now()

    labels = [each.label for each in archives.list_quarters() if each.ends_at > now]

    assert len(labels) == 5
    assert archives.Quarter(archives.PREFIX + labels[0]).begins_at <= now


def test_events_stand_in_the_quarter_of_their_time(db):
    now = timezone.now()

    assert place_of(write(now)) == f"admissions_auditevent_{now.year}q{(now.month + 2) // 3}"


def test_event_without_a_partition_is_kept_and_moves_once_there_is_one(db):
    event = write(OLD)
    was = place_of(event)

    made = make_audit_partitions()

    assert was == "admissions_auditevent_default"
    assert made == 1
    assert place_of(event) == "admissions_auditevent_2019q2"
    assert make_audit_partitions() == 0


@pytest.mark.parametrize("at", [timezone.now(), OLD, datetime(2050, 1, 1, tzinfo=UTC)])
@pytest.mark.parametrize(
    "text", ["UPDATE {part} SET code = 'x'", "DELETE FROM {part}", "TRUNCATE {part}"]
)
@pytest.mark.security(28)
def test_not_even_the_owner_changes_a_row_in_a_partition(db, at, text):
    event = write(at)
    archives.make_partitions()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(ProgrammingError, match=r"stay|Cannot"), transaction.atomic():
        connection.cursor().execute(text.format(part=place_of(event)))


def test_number_of_an_event_is_nobodys_to_choose(db):
    event = write(timezone.now())

    with pytest.raises(ProgrammingError, match="GENERATED ALWAYS"), transaction.atomic():
        AuditEvent(id=event.pk, type=event.type, actor=event.actor, at=OLD).save(force_insert=True)


@pytest.mark.parametrize(
    ("label", "begins", "ends"),
    [
        ("2026q4", datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        ("2027q1", datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC)),
    ],
)
def test_quarter_knows_its_bounds(label, begins, ends):
    quarter = archives.Quarter(archives.PREFIX + label)

    assert (quarter.begins_at, quarter.ends_at) == (begins, ends)
