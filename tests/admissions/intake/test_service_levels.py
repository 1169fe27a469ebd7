"""How long an answer may take, by staffed hours: weekdays, weekends, days that change the clock."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from admissions.intake import service_levels
from tests.support.factories import make_counselor

pytestmark = pytest.mark.django_db
PACIFIC = ZoneInfo("America/Los_Angeles")
# Friday to Monday: nobody at weekends. Sunday, 14 March 2027, has 23 hours.
FRIDAY, MONDAY = (2027, 1, 8), (2027, 1, 11)


@pytest.fixture
def weekdays():
    """Phones from 8 to 20, Monday to Friday."""
    return make_counselor(opens=time(8), closes=time(20), days=range(5))


def at(day, hour, minute=0):
    return datetime(*day, hour, minute, tzinfo=PACIFIC)


def local(instant):
    return instant and f"{instant.astimezone(PACIFIC):%a %H:%M}"


@pytest.mark.parametrize(
    ("asked", "answer", "call", "opens"),
    [
        (at(FRIDAY, 7, 59), "Fri 08:15", "Fri 08:15", "Fri 08:00"),
        (at(FRIDAY, 8, 0), "Fri 08:15", "Fri 08:05", None),
        (at(FRIDAY, 8, 1), "Fri 08:16", "Fri 08:06", None),
        (at(FRIDAY, 19, 44), "Fri 19:59", "Fri 19:49", None),
        (at(FRIDAY, 19, 45), "Fri 20:00", "Fri 19:50", None),
        (at(FRIDAY, 19, 46), "Mon 08:15", "Fri 19:51", None),
        (at(FRIDAY, 19, 55), "Mon 08:15", "Fri 20:00", None),
        (at(FRIDAY, 19, 56), "Mon 08:15", "Mon 08:15", None),
        (at(FRIDAY, 20, 0), "Mon 08:15", "Mon 08:15", "Mon 08:00"),
        (at((2027, 1, 9), 12), "Mon 08:15", "Mon 08:15", "Mon 08:00"),
        (at((2027, 3, 14), 1, 59), "Mon 08:15", "Mon 08:15", "Mon 08:00"),
        (at((2027, 3, 12), 21), "Mon 08:15", "Mon 08:15", "Mon 08:00"),
        (at((2026, 10, 30), 21), "Mon 08:15", "Mon 08:15", "Mon 08:00"),
    ],
)
def test_answers_are_owed_by_staffed_hours(weekdays, asked, answer, call, opens):
    promised = service_levels.find_call_promise(now=asked).by

    found = [
        local(each)
        for each in (
            service_levels.find_answer_due_at(asked),
            promised,
            service_levels.find_next_phone_opening(asked),
        )
    ]

    assert found == [answer, call, opens]


def test_without_any_hours_the_quarter_hour_stands():
    asked = at(MONDAY, 3)

    assert (
        local(service_levels.find_answer_due_at(asked)),
        service_levels.find_next_phone_opening(asked),
    ) == ("Mon 03:15", None)
