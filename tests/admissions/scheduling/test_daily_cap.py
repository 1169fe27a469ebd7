"""The most consultations of one counselor on one day, also when many people book at once."""

from datetime import datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from admissions.exceptions import SlotTaken
from admissions.scheduling.availability import open_slots
from admissions.scheduling.models import Consultation, Mode, ModeRules
from tests.support.bookings import book, move
from tests.support.factories import make_consultation, make_counselor
from tests.support.rivals import at_once

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2027, 1, 4, 8, tzinfo=PACIFIC)
TUESDAY = datetime(2027, 1, 5, 9, tzinfo=PACIFIC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

pytestmark = pytest.mark.stopped_at(NOW)


def offered_days():
    ModeRules.objects.filter(mode=Mode.PHONE).update(horizon=3)
    slots = open_slots(mode=Mode.PHONE, now=NOW)
    return sorted({slot.starts_at.astimezone(PACIFIC).day for slot in slots})


def standing_on(counselor, day):
    """How many consultations stand on a local date."""
    starts = Consultation.objects.standing().filter(counselor=counselor)
    return sum(
        starts_at.astimezone(PACIFIC).date() == day.date()
        for starts_at in starts.values_list("starts_at", flat=True)
    )


@pytest.mark.django_db
def test_open_slots_leave_out_days_that_are_full():
    counselor = make_counselor(daily_cap=2)
    make_consultation(starts_at=TUESDAY, counselor=counselor)
    make_consultation(starts_at=TUESDAY + HOUR, counselor=counselor)
    make_consultation(starts_at=TUESDAY + DAY, counselor=counselor)

    assert offered_days() == [4, 6]


@pytest.mark.django_db
def test_open_slots_count_only_what_stands():
    counselor = make_counselor(daily_cap=1)
    make_consultation(starts_at=TUESDAY, counselor=counselor, status="canceled_by_person")

    assert offered_days() == [4, 5, 6]


@pytest.mark.django_db
def test_open_slots_count_by_the_day_of_the_counselors_location():
    counselor = make_counselor(daily_cap=1, opens=time(9), closes=time(23))
    # In UTC it is Wednesday already.
    make_consultation(starts_at=TUESDAY.replace(hour=22), counselor=counselor)

    assert offered_days() == [4, 6]


@pytest.mark.django_db
def test_move_within_a_full_day_is_possible():
    make_counselor(daily_cap=1)
    request = book(TUESDAY)

    moved = move(request, TUESDAY + HOUR)

    assert moved.starts_at == TUESDAY + HOUR


@pytest.mark.django_db
def test_move_into_a_full_day_changes_nothing():
    counselor = make_counselor(daily_cap=1)
    request, _other = book(TUESDAY), book(TUESDAY + DAY)

    with pytest.raises(SlotTaken):
        move(request, TUESDAY + DAY + HOUR)

    assert (standing_on(counselor, TUESDAY), standing_on(counselor, TUESDAY + DAY)) == (1, 1)


@pytest.mark.django_db
def test_booking_beyond_one_cap_takes_another_counselor():
    full, other = make_counselor(daily_cap=1), make_counselor(daily_cap=5)
    make_consultation(starts_at=TUESDAY, counselor=full)
    for day in (1, 2):
        make_consultation(starts_at=TUESDAY + day * DAY, counselor=other)

    request = book(TUESDAY + HOUR)

    assert request.consultations.get().counselor == other


def test_many_people_at_once_never_exceed_a_cap(real_commits):
    """Each wants a time of their own, so no held time refuses them; only the cap can."""
    counselor = make_counselor(daily_cap=2)

    answers = at_once([partial(book, TUESDAY + each * HOUR) for each in range(7)])

    assert standing_on(counselor, TUESDAY) == 2
    assert sum(isinstance(answer, SlotTaken) for answer in answers) == 5


def test_moves_into_one_day_at_once_never_exceed_a_cap(real_commits):
    counselor = make_counselor(daily_cap=3)
    requests = [book(TUESDAY + (each % 2) * DAY + each * HOUR) for each in range(5)]
    goal = TUESDAY + 2 * DAY

    answers = at_once([partial(move, each, goal + n * HOUR) for n, each in enumerate(requests)])

    assert standing_on(counselor, goal) == 3
    assert sum(isinstance(answer, SlotTaken) for answer in answers) == 2


def test_people_at_once_among_several_capped_counselors_fill_all_and_never_deadlock(real_commits):
    counselors = [make_counselor(daily_cap=2) for _each in range(3)]
    times = [TUESDAY + step * HOUR for step in range(4)] * 3

    answers = at_once([partial(book, starts_at) for starts_at in times])

    assert [standing_on(each, TUESDAY) for each in counselors] == [2, 2, 2]
    assert {type(answer).__name__ for answer in answers} == {"ConsultationRequest", "SlotTaken"}
