"""The on-call rota: what Postgres refuses, who can be reached, and when nobody can."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from admissions.scheduling import on_call
from admissions.scheduling.models import Closure, OnCallShift
from tests.support.factories import make_counselor, make_shift, make_user

NOW = datetime(2027, 1, 5, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


@pytest.fixture
def kim():
    return make_user()


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"starts_at": NOW + HOUR}, "on_call_shift_one_first_person"),
        ({"starts_at": NOW + 8 * HOUR, "ends_at": NOW + 8 * HOUR}, "ends_after_it_starts"),
        ({"starts_at": NOW + 8 * HOUR, "ends_at": NOW + 800 * HOUR}, "is_a_month_at_most"),
    ],
)
def test_database_refuses_a_second_first_person_and_odd_stretches(kim, columns, rule):
    make_shift(kim, NOW - HOUR, NOW + 8 * HOUR)

    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        make_shift(make_user(), **({"ends_at": NOW + 12 * HOUR} | columns))

    assert OnCallShift.objects.count() == 1


def test_shifts_may_touch(kim):
    make_shift(kim, NOW, NOW + HOUR)

    make_shift(kim, NOW + HOUR, NOW + 2 * HOUR)

    assert OnCallShift.objects.count() == 2


@pytest.mark.parametrize("place", ["person", "back_up"])
@pytest.mark.parametrize("way", ["add", "change"])
def test_database_refuses_whoever_has_left(kim, place, way):
    shift = make_shift(kim, NOW, NOW + HOUR)
    people = {"person": kim, "back_up": make_user(), place: make_user(is_active=False)}

    with (
        pytest.raises(IntegrityError, match="on_call_shift_people_are_active"),
        transaction.atomic(),
    ):
        if way == "add":
            make_shift(starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR, **people)
        else:
            OnCallShift.objects.filter(pk=shift.pk).update(**people)


def test_database_refuses_a_back_up_who_is_first(kim):
    with pytest.raises(IntegrityError, match="back_up_is_another"), transaction.atomic():
        make_shift(kim, NOW, NOW + HOUR, back_up=kim)


def test_whoever_is_away_at_the_moment_is_not_reached(kim):
    counselor = make_counselor(user=kim)
    make_shift(kim, NOW - HOUR, NOW + 8 * HOUR, back_up=make_user())
    Closure.objects.create(counselor=counselor, starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)

    reached = [kim in on_call.find_shift(at=NOW + n * HOUR).people for n in range(3)]

    assert reached == [True, False, True]


def test_gaps_are_what_nobody_who_can_be_reached_holds(kim):
    make_shift(kim, NOW + HOUR, NOW + 2 * HOUR)
    gone = make_user()
    make_shift(gone, NOW + 2 * HOUR, NOW + 3 * HOUR)
    gone.is_active = False
    gone.save(update_fields=["is_active"])

    shifts = on_call.load_shifts(NOW, NOW + 4 * HOUR)

    assert on_call.find_gaps(shifts, NOW, NOW + 4 * HOUR) == [
        (NOW, NOW + HOUR),
        (NOW + 2 * HOUR, NOW + 4 * HOUR),
    ]
