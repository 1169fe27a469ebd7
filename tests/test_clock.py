"""No test depends on the hour or the day it is run on."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from admissions.intake.models import ConsentVersion

from .browser.visits import zone_by_day
from .conftest import PACIFIC, SEEDED_ON, USUAL_DAY
from .faults.people import morning_zone
from .support.factories import make_request, make_user

# Every hour of a day in winter and of one in summer, and of both on which the clock changes.
DAYS = [(2027, 1, 4), (2027, 7, 5), (2027, 3, 14), (2027, 11, 7)]
HOURS = [
    datetime(*day, tzinfo=PACIFIC) + timedelta(hours=hour) for day in DAYS for hour in range(24)
]


def test_every_test_runs_on_the_same_morning():
    assert USUAL_DAY <= timezone.now() < USUAL_DAY + timedelta(minutes=1)


@pytest.mark.django_db
def test_rows_that_name_no_time_are_of_that_morning():
    request = make_request()
    attempt = request.attempts.create(by=make_user(), channel="call", result="no_answer")

    assert {timezone.localdate(at) for at in (request.created_at, attempt.at)} == {USUAL_DAY.date()}


@pytest.mark.django_db
def test_rows_that_a_site_begins_with_are_older_than_every_test():
    begun = ConsentVersion.objects.values_list("effective_from", flat=True)

    assert {timezone.localdate(at) for at in begun} == {SEEDED_ON.date()}


@pytest.mark.parametrize("now", HOURS, ids=str)
@pytest.mark.parametrize("choose", [zone_by_day, morning_zone])
def test_somewhere_it_is_day_at_any_hour(choose, now, time_machine):
    time_machine.move_to(now)

    assert 9 <= now.astimezone(ZoneInfo(choose())).hour < 18
