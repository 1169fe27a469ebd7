"""What Postgres refuses of an alarm, whatever the program asks."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from admissions.messaging.alarms.raising import raise_alarm
from admissions.messaging.alarms.telling import tell
from admissions.messaging.models import Alarm, AlarmRing, MessageRule
from tests.support.factories import make_request, make_user

NOW = datetime(2027, 1, 5, 10, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


@pytest.fixture
def alarm():
    return raise_alarm(make_request(is_in_danger=True))


def test_request_has_one_open_alarm(alarm):
    with pytest.raises(IntegrityError, match="alarm_one_open_per_request"), transaction.atomic():
        Alarm.objects.create(request=alarm.request)


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"taken_at": NOW, "next_ring_at": None}, "alarm_taken_by_someone_at_a_time"),
        ({"ended_at": NOW}, "alarm_rings_while_nobody_has_it"),
    ],
)
def test_half_an_ending_is_refused(alarm, columns, rule):
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        Alarm.objects.filter(pk=alarm.pk).update(**columns)


def test_who_had_it_first_stays(alarm):
    first, second = make_user(), make_user()
    found = Alarm.objects.filter(pk=alarm.pk)
    found.update(taken_at=NOW, taken_by=first, next_ring_at=None)

    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        found.update(taken_by=second)

    assert found.get().taken_by == first


def test_alarms_and_whom_they_rang_stay(alarm):
    tell(colleague=make_user(), alarms=[alarm], key="once", now=NOW)

    for rows in (AlarmRing.objects.all(), Alarm.objects.all()):
        with (
            pytest.raises(DatabaseError, match=r"Cannot (update or )?delete"),
            transaction.atomic(),
        ):
            rows._raw_delete(rows.db)

    assert AlarmRing.objects.get().alarm == alarm


def test_rule_of_danger_stays_on():
    with (
        pytest.raises(IntegrityError, match="message_rule_danger_is_always_on"),
        transaction.atomic(),
    ):
        MessageRule.objects.filter(kind="staff_danger").update(is_on=False)
