"""Six tries over ten days, by the clock where the person is."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from admissions.intake import contact_hours
from admissions.triage import cadence
from tests.support.factories import make_request, make_user

pytestmark = pytest.mark.django_db
PACIFIC, NEW_YORK = ZoneInfo("America/Los_Angeles"), ZoneInfo("America/New_York")
MONDAY = datetime(2027, 1, 4, 10, tzinfo=PACIFIC)


def next_after(*tries, **columns):
    """When the next try falls due after those at these times, as its day and hour there."""
    request = make_request(**columns)
    by = make_user("coordinator")
    for at in tries:
        request.attempts.create(at=at, by=by, channel="call", result="no_answer")
    due = cadence.next_attempt_at(request, cadence.current_attempts(request))
    return f"{due.astimezone(ZoneInfo(request.time_zone)):%a %d %H:%M}"


@pytest.mark.parametrize(
    ("first", "due"),
    [
        (MONDAY.replace(hour=16, minute=59), "Mon 04 19:59"),
        (MONDAY.replace(hour=17, minute=0), "Tue 05 11:00"),
        (MONDAY.replace(hour=17, minute=1), "Tue 05 11:00"),
        (MONDAY.replace(hour=4, minute=59), "Mon 04 08:00"),
        (MONDAY.replace(hour=23), "Tue 05 11:00"),
    ],
)
def test_second_try_is_three_hours_later_or_the_next_day(first, due):
    assert next_after(first) == due


def test_a_third_try_never_falls_on_the_same_day():
    assert next_after(MONDAY, MONDAY + timedelta(hours=1)) == "Tue 05 18:00"


def test_day_with_two_tries_in_it_is_full():
    early = MONDAY - timedelta(days=10)

    assert next_after(early, MONDAY, MONDAY + timedelta(hours=1)) == "Tue 05 09:00"


@pytest.mark.parametrize(
    ("good_time", "hours"),
    [
        ("morning", ["Tue 05 11:20", "Thu 07 08:20", "Sun 10 09:40", "Thu 14 10:40"]),
        ("afternoon", ["Tue 05 16:10", "Thu 07 12:25", "Sun 10 14:05", "Thu 14 15:20"]),
        ("evening", ["Tue 05 19:30", "Thu 07 17:15", "Sun 10 18:15", "Thu 14 19:00"]),
        ("any", ["Tue 05 18:00", "Thu 07 09:00", "Sun 10 13:00", "Thu 14 16:00"]),
    ],
)
def test_tries_vary_within_the_hours_that_suit(good_time, hours):
    tries = [MONDAY, MONDAY + timedelta(hours=3)]
    days = [timedelta(days=each) for each in (1, 3, 6)]

    due = [
        next_after(*tries, *(MONDAY + day for day in days[:count]), good_time=good_time)
        for count in range(4)
    ]

    assert due == hours


def test_hours_are_those_of_the_person():
    late_there = MONDAY.replace(hour=15)

    assert next_after(late_there, time_zone="America/New_York") == "Tue 05 11:00"


@pytest.mark.parametrize(
    ("saturday", "due"),
    [
        (datetime(2027, 3, 13, 18, tzinfo=PACIFIC), "Sun 14 11:00"),
        (datetime(2026, 10, 31, 18, tzinfo=PACIFIC), "Sun 01 11:00"),
    ],
    ids=["spring", "autumn"],
)
def test_a_day_that_changes_its_clock_keeps_the_hour(saturday, due):
    assert next_after(saturday) == due


def test_being_in_touch_begins_the_plan_anew():
    request, by = make_request(), make_user("coordinator")
    for hours, result in enumerate(["no_answer", "reached", "voicemail"]):
        request.attempts.create(
            at=MONDAY + timedelta(hours=hours), by=by, channel="call", result=result
        )

    assert [each.result for each in cadence.current_attempts(request)] == ["voicemail"]


@pytest.mark.parametrize(
    ("hour", "minute", "due"),
    [
        (7, 59, "Mon 08:00"),
        (8, 0, "Mon 08:00"),
        (19, 59, "Mon 19:59"),
        (20, 0, "Tue 08:00"),
    ],
)
def test_the_day_of_calls_is_from_8_to_20(hour, minute, due):
    at = MONDAY.replace(hour=hour, minute=minute)

    assert f"{contact_hours.shift_into_call_hours(at, PACIFIC).astimezone(PACIFIC):%a %H:%M}" == due
