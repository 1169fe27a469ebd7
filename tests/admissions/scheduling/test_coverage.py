"""What stands in time that its counselor does not have."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from admissions.scheduling import coverage
from admissions.scheduling.models import Closure, Consultation, Counselor
from tests.support.factories import make_consultation, make_counselor
from users.models import User

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 1, 4, 10, tzinfo=ZoneInfo("America/Los_Angeles"))
NOON, DAY = NOW.replace(hour=12), timedelta(days=1)
Status = Consultation.Status


def found(**only):
    return [(gap.consultation, gap.reason) for gap in coverage.find_gaps(now=NOW, **only)]


@pytest.fixture
def consultation():
    return make_consultation(starts_at=NOON + DAY)


def test_consultation_in_hours_is_no_gap(consultation):
    assert found() == []


def test_consultation_of_someone_who_left_is_a_gap_even_if_it_was_kept(consultation):
    User.objects.update(is_active=False)
    Consultation.objects.update(kept_at=NOW)

    assert found() == [(consultation, coverage.UncoveredReason.GONE)]


def test_consultation_of_someone_who_takes_none_is_a_gap(consultation):
    Counselor.objects.update(is_taking_consultations=False)

    assert found() == [(consultation, coverage.UncoveredReason.PAUSED)]


@pytest.mark.parametrize("is_of_all", [True, False])
def test_consultation_in_a_closure_is_a_gap(consultation, is_of_all):
    Closure.objects.create(
        counselor=None if is_of_all else consultation.counselor,
        starts_at=consultation.ends_at - timedelta(minutes=1),
        ends_at=consultation.ends_at + DAY,
    )

    assert found() == [(consultation, coverage.UncoveredReason.CLOSED)]


def test_consultation_beside_a_closure_is_no_gap(consultation):
    Closure.objects.create(starts_at=consultation.ends_at, ends_at=consultation.ends_at + DAY)
    Closure.objects.create(starts_at=NOON, ends_at=consultation.starts_at)

    assert found() == []


def test_consultation_outside_hours_that_were_changed_is_a_gap(consultation):
    consultation.counselor.weekly_hours.update(closes=time(12, 30))

    assert found() == [(consultation, coverage.UncoveredReason.HOURS)]


def test_consultation_of_a_mode_no_longer_taken_is_a_gap(consultation):
    Counselor.objects.update(modes=["video"])

    assert found() == [(consultation, coverage.UncoveredReason.HOURS)]


@pytest.mark.parametrize("change", ["closure", "hours", "paused"])
def test_consultation_that_was_kept_is_no_gap(consultation, change):
    Consultation.objects.update(kept_at=NOW)
    if change == "closure":
        Closure.objects.create(starts_at=NOW, ends_at=NOW + 2 * DAY)
    if change == "hours":
        consultation.counselor.weekly_hours.all().delete()
    if change == "paused":
        Counselor.objects.update(is_taking_consultations=False)

    assert found() == []


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.CANCELED_BY_PERSON])
def test_consultation_that_does_not_stand_is_no_gap(consultation, status):
    Consultation.objects.update(status=status)
    User.objects.update(is_active=False)

    assert found() == []


def test_consultation_that_has_begun_is_no_gap():
    make_consultation(starts_at=NOW - timedelta(minutes=10))
    User.objects.update(is_active=False)

    assert found() == []


def test_gaps_of_one_counselor_leave_out_those_of_others(consultation):
    other = make_consultation(starts_at=NOON)
    Closure.objects.create(starts_at=NOW, ends_at=NOW + 2 * DAY)

    assert found(counselor=other.counselor) == [(other, coverage.UncoveredReason.CLOSED)]


@pytest.mark.parametrize("rows", [1, 30])
def test_gaps_take_three_queries_however_many(rows, django_assert_num_queries):
    counselor = make_counselor()
    for day in range(rows):
        make_consultation(starts_at=NOON + day * DAY, counselor=counselor)
    Counselor.objects.update(is_taking_consultations=False)

    with django_assert_num_queries(3):
        gaps = coverage.find_gaps(now=NOW)
        assert all(gap.consultation.request.preferred_name == "Jo" for gap in gaps)

    assert len(gaps) == rows
