from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from admissions.intake.service_levels import CallPromise, find_call_promise
from admissions.scheduling.availability import group_slots_by_day, open_slots, parse_stamp
from admissions.scheduling.models import Closure, Consultation, Mode, ModeRules
from programs.models import Location
from tests.support.factories import make_consultation, make_counselor

pytestmark = pytest.mark.django_db

PACIFIC = ZoneInfo("America/Los_Angeles")


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of January 2027 by the center's clock; the 4th is a Monday."""
    return datetime(2027, 1, day, hour, minute, tzinfo=PACIFIC)


MONDAY_AT_SIX = local(4, 6)


def offer_only_one_day(mode=Mode.PHONE, **rules):
    ModeRules.objects.filter(mode=mode).update(**{"horizon": 1, **rules})


def starts(*, mode=Mode.PHONE, now=MONDAY_AT_SIX, zone=PACIFIC, **asked):
    """The offered starts as local wall times, soonest first."""
    slots = open_slots(mode=mode, now=now, **asked)
    return [slot.starts_at.astimezone(zone).strftime("%d %H:%M") for slot in slots]


def test_open_slots_start_on_the_grid_and_end_within_weekly_hours():
    offer_only_one_day()
    make_counselor(opens=time(9), closes=time(11), days=[0])

    offered = starts()

    assert offered == ["04 09:00", "04 09:30", "04 10:00"]


def test_open_slots_keep_the_grid_of_the_clock_when_hours_open_between():
    offer_only_one_day()
    make_counselor(opens=time(9, 10), closes=time(10, 45), days=[0])

    offered = starts()

    assert offered == ["04 09:30", "04 10:00"]


@pytest.mark.parametrize("is_extra", [False, True])
def test_open_slots_of_hours_until_midnight_end_at_midnight(is_extra):
    offer_only_one_day(length=60, start_grid=60)
    counselor = make_counselor(opens=time(21), closes=time(0), days=[] if is_extra else [0])
    if is_extra:
        counselor.extra_hours.create(on=date(2027, 1, 4), opens=time(21), closes=time(0))

    offered = starts()

    assert offered == ["04 21:00", "04 22:00", "04 23:00"]


def test_open_slots_run_through_midnight_where_the_next_hours_begin():
    offer_only_one_day(horizon=2)
    counselor = make_counselor(opens=time(23), closes=time(0), days=[0])
    counselor.weekly_hours.create(weekday=1, opens=time(0), closes=time(0, 45))

    offered = starts()

    assert offered == ["04 23:00", "04 23:30", "05 00:00"]


def test_open_slots_follow_the_grid_of_their_mode():
    offer_only_one_day(start_grid=15)
    make_counselor(opens=time(9), closes=time(10, 15), days=[0])

    offered = starts()

    assert offered == ["04 09:00", "04 09:15", "04 09:30"]


def test_open_slots_last_as_long_as_their_mode_says():
    offer_only_one_day(length=60)
    counselor = make_counselor(opens=time(9), closes=time(10), days=[0])

    slots = open_slots(mode=Mode.PHONE, now=MONDAY_AT_SIX)

    assert [(slot.starts_at, slot.ends_at, slot.counselors) for slot in slots] == [
        (local(4, 9), local(4, 10), (counselor.pk,))
    ]


def test_open_slots_are_only_on_the_counselors_weekdays():
    make_counselor(opens=time(9), closes=time(9, 45), days=[1, 3])

    offered = starts()

    assert offered == ["05 09:00", "07 09:00", "12 09:00", "14 09:00"]


def test_open_slots_come_once_when_hours_overlap():
    offer_only_one_day()
    counselor = make_counselor(opens=time(9), closes=time(10), days=[0])
    counselor.weekly_hours.create(weekday=0, opens=time(9), closes=time(10, 15))

    slots = open_slots(mode=Mode.PHONE, now=MONDAY_AT_SIX)

    assert [(slot.starts_at, slot.counselors) for slot in slots] == [
        (local(4, 9), (counselor.pk,)),
        (local(4, 9, 30), (counselor.pk,)),
    ]


def test_open_slots_run_through_hours_that_touch():
    offer_only_one_day()
    counselor = make_counselor(opens=time(9), closes=time(10), days=[0])
    counselor.weekly_hours.create(weekday=0, opens=time(10), closes=time(11))

    offered = starts()

    assert offered == ["04 09:00", "04 09:30", "04 10:00"]


def test_open_slots_keep_to_the_first_and_last_day_of_weekly_hours():
    counselor = make_counselor(opens=time(23), closes=time(23, 45))
    counselor.weekly_hours.update(valid_from=date(2027, 1, 6), valid_until=date(2027, 1, 7))

    offered = starts()

    # By the location's calendar: in UTC these are the 7th and the 8th.
    assert offered == ["06 23:00", "07 23:00"]


def test_open_slots_keep_to_the_modes_of_weekly_hours():
    counselor = make_counselor(opens=time(9), closes=time(9, 45), days=[0])
    counselor.weekly_hours.create(
        weekday=1, opens=time(9), closes=time(9, 45), modes=[Mode.VIDEO, Mode.IN_PERSON]
    )

    offered = {mode: starts(mode=mode)[:2] for mode in Mode.values}

    assert offered == {
        "phone": ["04 09:00", "11 09:00"],
        "video": ["04 09:00", "05 09:00"],
        "in_person": ["05 09:00", "11 09:00"],
    }


def test_open_slots_are_also_in_the_extra_hours_of_their_date():
    counselor = make_counselor(opens=time(9), closes=time(9, 45), days=[0])
    counselor.extra_hours.create(on=date(2027, 1, 6), opens=time(18), closes=time(19, 15))

    offered = starts()

    assert offered == ["04 09:00", "06 18:00", "06 18:30", "11 09:00"]


def test_open_slots_run_from_weekly_hours_into_extra_hours():
    offer_only_one_day()
    counselor = make_counselor(opens=time(9), closes=time(9, 45), days=[0])
    counselor.extra_hours.create(on=date(2027, 1, 4), opens=time(9, 30), closes=time(10, 45))

    offered = starts()

    assert offered == ["04 09:00", "04 09:30", "04 10:00"]


def test_open_slots_leave_extra_hours_out_of_a_closure():
    offer_only_one_day()
    counselor = make_counselor(days=[])
    counselor.extra_hours.create(on=date(2027, 1, 4), opens=time(9), closes=time(11))
    Closure.objects.create(counselor=counselor, starts_at=local(4, 9), ends_at=local(4, 10))

    offered = starts()

    assert offered == ["04 10:00"]


def test_open_slots_leave_out_a_counselors_own_closure():
    offer_only_one_day()
    away = make_counselor(opens=time(9), closes=time(9, 45), days=[0])
    here = make_counselor(opens=time(9), closes=time(9, 45), days=[0])
    Closure.objects.create(counselor=away, starts_at=local(4, 0), ends_at=local(5, 0))

    slots = open_slots(mode=Mode.PHONE, now=MONDAY_AT_SIX)

    assert [slot.counselors for slot in slots] == [(here.pk,)]


def test_open_slots_leave_out_a_closure_of_the_whole_center():
    make_counselor(opens=time(9), closes=time(9, 45), days=[0])
    make_counselor(opens=time(9), closes=time(9, 45), days=[0])
    Closure.objects.create(counselor=None, starts_at=local(4, 0), ends_at=local(5, 0))

    offered = starts()

    assert offered == ["11 09:00"]


def test_open_slots_leave_out_only_the_closed_part_of_a_day():
    offer_only_one_day()
    make_counselor(opens=time(9), closes=time(14), days=[0])
    Closure.objects.create(counselor=None, starts_at=local(4, 10), ends_at=local(4, 12, 10))

    offered = starts()

    assert offered == ["04 09:00", "04 12:30", "04 13:00"]


def test_open_slots_leave_out_closures_that_overlap_each_other():
    offer_only_one_day()
    make_counselor(opens=time(9), closes=time(14), days=[0])
    Closure.objects.create(counselor=None, starts_at=local(4, 9), ends_at=local(4, 12))
    Closure.objects.create(counselor=None, starts_at=local(4, 10), ends_at=local(4, 11))

    offered = starts()

    assert offered == ["04 12:00", "04 12:30", "04 13:00"]


def test_open_slots_keep_the_buffer_after_a_held_time_and_before_it():
    offer_only_one_day(start_grid=15)
    counselor = make_counselor(opens=time(9), closes=time(12), days=[0])
    make_consultation(starts_at=local(4, 10, 15), counselor=counselor)

    offered = starts()

    # 45 minutes of talk and 15 of buffer: 9:15 is free again at 10:15, the held hour at 11:15.
    assert offered == ["04 09:00", "04 09:15", "04 11:15"]


def test_open_slots_keep_a_buffer_before_their_start_too():
    offer_only_one_day(start_grid=15, buffer_before=20)
    counselor = make_counselor(opens=time(9), closes=time(12, 15), days=[0])
    make_consultation(starts_at=local(4, 10, 15), counselor=counselor)

    offered = starts()

    # What is held until 11:15 leaves 20 minutes free only from 11:35 on, too late for 45 minutes.
    assert offered == ["04 09:00", "04 09:15"]


def test_open_slots_see_a_held_time_that_a_long_buffer_reaches():
    offer_only_one_day(buffer_before=8 * 60)
    counselor = make_counselor(opens=time(9), closes=time(9, 45), days=[0])
    make_consultation(starts_at=local(4, 9) - timedelta(hours=8, minutes=59), counselor=counselor)

    offered = starts()

    assert offered == []


@pytest.mark.parametrize(
    "status", [status for status in Consultation.Status if status not in Consultation.STANDING]
)
def test_open_slots_offer_again_the_time_of_an_ended_consultation(status):
    offer_only_one_day()
    counselor = make_counselor(opens=time(9), closes=time(9, 45), days=[0])
    make_consultation(starts_at=local(4, 9), counselor=counselor, status=status)

    offered = starts()

    assert offered == ["04 09:00"]


def test_open_slots_count_the_time_of_a_moving_consultation_as_free():
    offer_only_one_day()
    counselor = make_counselor(opens=time(9), closes=time(10, 15), days=[0])
    moving = make_consultation(starts_at=local(4, 9), counselor=counselor)

    offered = starts(freeing=moving)

    assert offered == ["04 09:00", "04 09:30"]


@pytest.mark.parametrize(
    ("mode", "first"),
    [(Mode.PHONE, "04 09:30"), (Mode.VIDEO, "04 10:00"), (Mode.IN_PERSON, "04 13:00")],
)
def test_open_slots_begin_after_the_notice_of_their_mode(mode, first):
    make_counselor(opens=time(9), closes=time(17), days=[0])

    offered = starts(mode=mode, now=local(4, 9))

    assert offered[0] == first


def test_open_slots_include_a_start_exactly_at_the_end_of_the_notice():
    offer_only_one_day(minimum_notice=30)
    make_counselor(opens=time(9), closes=time(9, 45), days=[0])

    offered = starts(now=local(4, 8, 30))

    assert offered == ["04 09:00"]


def test_open_slots_end_at_the_horizon():
    offer_only_one_day(horizon=2)
    make_counselor(opens=time(9), closes=time(11), days=[0, 1, 2, 3])

    offered = starts(now=local(4, 9, 30))

    assert offered[-1] == "06 09:30"


def test_open_slots_at_one_start_give_that_start_only():
    counselor = make_counselor()

    slots = open_slots(mode=Mode.PHONE, now=MONDAY_AT_SIX, at=local(5, 10))

    assert [(slot.starts_at, slot.counselors) for slot in slots] == [
        (local(5, 10), (counselor.pk,))
    ]


@pytest.mark.parametrize(
    "at",
    [
        local(4, 5),  # past
        local(4, 6, 15),  # within the notice
        local(5, 10, 10),  # off the grid
        local(5, 18),  # after hours
        local(18, 9),  # beyond the horizon of 14 days
        local(5, 16, 30),  # would end after closing
    ],
)
def test_open_slots_at_a_start_we_do_not_offer_are_none(at):
    make_counselor()

    offered = starts(at=at)

    assert offered == []


def test_open_slots_need_a_counselor_who_speaks_the_language():
    offer_only_one_day()
    make_counselor(opens=time(9), closes=time(9, 45), languages=["en"])
    make_counselor(opens=time(12), closes=time(12, 45), languages=["en", "es"])

    offered = starts(language="es")

    assert offered == ["04 12:00"]


def test_open_slots_need_a_counselor_who_works_in_the_mode():
    offer_only_one_day(Mode.VIDEO)
    make_counselor(opens=time(9), closes=time(9, 45), modes=[Mode.PHONE])
    make_counselor(opens=time(12), closes=time(12, 45), modes=[Mode.VIDEO])

    offered = starts(mode=Mode.VIDEO)

    assert offered == ["04 12:00"]


def test_open_slots_leave_out_a_user_who_has_left():
    counselor = make_counselor()
    counselor.user.is_active = False
    counselor.user.save()

    offered = starts()

    assert offered == []


def test_open_slots_leave_out_a_counselor_who_takes_no_consultations():
    make_counselor(is_taking_consultations=False)

    offered = starts()

    assert offered == []


def test_open_slots_stay_while_any_fitting_counselor_is_free():
    offer_only_one_day()
    busy = make_counselor(opens=time(9), closes=time(9, 45))
    free = make_counselor(opens=time(9), closes=time(9, 45))
    make_consultation(starts_at=local(4, 9), counselor=busy)

    slots = open_slots(mode=Mode.PHONE, now=MONDAY_AT_SIX)

    assert [(slot.starts_at, slot.counselors) for slot in slots] == [(local(4, 9), (free.pk,))]


def test_open_slots_go_once_every_fitting_counselor_is_held():
    offer_only_one_day()
    for counselor in [make_counselor(opens=time(9), closes=time(9, 45)) for _each in range(2)]:
        make_consultation(starts_at=local(4, 9), counselor=counselor)

    offered = starts()

    assert offered == []


def test_open_slots_on_the_day_that_springs_forward_name_no_skipped_time():
    offer_only_one_day()
    make_counselor(opens=time(1), closes=time(5), days=[6])
    midnight = datetime(2027, 3, 14, tzinfo=PACIFIC)

    offered = starts(now=midnight)

    # 2:00 to 2:59 does not exist; 1:30 PST and 45 minutes reaches 3:15 PDT.
    assert offered == ["14 01:00", "14 01:30", "14 03:00", "14 03:30", "14 04:00"]


def test_open_slots_of_hours_within_the_skipped_hour_are_after_it():
    offer_only_one_day()
    make_counselor(opens=time(2), closes=time(3), days=[6])
    midnight = datetime(2027, 3, 14, tzinfo=PACIFIC)

    offered = starts(now=midnight)

    assert offered == []


def test_open_slots_on_the_day_that_falls_back_are_distinct_instants():
    offer_only_one_day()
    make_counselor(opens=time(1), closes=time(2, 45), days=[6])
    midnight = datetime(2027, 11, 7, tzinfo=PACIFIC)

    slots = open_slots(mode=Mode.PHONE, now=midnight)

    assert [f"{slot.starts_at.astimezone(PACIFIC):%H:%M %Z}" for slot in slots] == [
        "01:00 PDT",
        "01:30 PDT",
        "01:00 PST",
        "01:30 PST",
        "02:00 PST",
    ]


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2027, 3, 14), "16:00"), (date(2027, 11, 7), "17:00")]
)
def test_open_slots_stay_at_nine_by_the_clock_on_the_days_the_clock_changes(day, hours):
    offer_only_one_day()
    make_counselor(opens=time(9), closes=time(9, 45), days=[6])

    slots = open_slots(mode=Mode.PHONE, now=datetime.combine(day, time(0), tzinfo=PACIFIC))

    assert [f"{slot.starts_at:%H:%M %Z}" for slot in slots] == [f"{hours} UTC"]


def test_open_slots_follow_the_zone_of_the_counselors_location():
    offer_only_one_day()
    counselor = make_counselor(opens=time(9), closes=time(9, 45))
    counselor.location.time_zone = "America/New_York"
    counselor.location.save()

    offered = starts(now=local(4, 0), zone=PACIFIC)

    assert offered == ["04 06:00"]


def test_open_slots_ask_as_many_questions_for_30_counselors_as_for_one(
    django_assert_num_queries,
):
    make_counselor()
    with django_assert_num_queries(3):
        open_slots(mode=Mode.PHONE, now=MONDAY_AT_SIX)
    for counselor in [make_counselor() for _each in range(29)]:
        counselor.extra_hours.create(on=date(2027, 1, 5), opens=time(18), closes=time(20))
        make_consultation(starts_at=local(5, 9), counselor=counselor)

    with django_assert_num_queries(3):
        slots = open_slots(mode=Mode.PHONE, now=MONDAY_AT_SIX)

    assert len(slots[0].counselors) == 30


def test_by_day_groups_by_the_date_of_the_readers_zone():
    offer_only_one_day()
    make_counselor(opens=time(15), closes=time(17), days=[0])
    slots = open_slots(mode=Mode.PHONE, now=MONDAY_AT_SIX)

    days = group_slots_by_day(slots, ZoneInfo("Asia/Kolkata"))

    assert [(day, len(group)) for day, group in days] == [(date(2027, 1, 5), 3)]


def test_stamp_reads_back_as_the_same_instant():
    make_counselor()
    slot = open_slots(mode=Mode.PHONE, now=MONDAY_AT_SIX)[0]

    at = parse_stamp(slot.stamp)

    assert at == slot.starts_at


@pytest.mark.parametrize(
    "stamp", ["", "tomorrow", "20270104T090000", "20271301T090000Z", "9" * 5000, "2027\x00"]
)
def test_parse_stamp_of_no_stamp_is_none(stamp):
    assert parse_stamp(stamp) is None


def test_promise_call_by_on_shift_is_in_five_minutes():
    make_counselor(opens=time(9), closes=time(17), days=[0])

    promise = find_call_promise(now=local(4, 10))

    assert promise == CallPromise(by=local(4, 10, 5), is_staffed=True)


def test_promise_call_by_off_shift_is_soon_after_the_next_opening():
    make_counselor(opens=time(9), closes=time(17), days=[0, 1])

    promise = find_call_promise(now=local(4, 20))

    assert promise == CallPromise(by=local(5, 9, 15), is_staffed=False)


def test_promise_call_by_in_the_last_minutes_of_a_shift_waits_for_the_next():
    make_counselor(opens=time(9), closes=time(17), days=[0, 1])

    promise = find_call_promise(now=local(4, 16, 56))

    assert promise == CallPromise(by=local(5, 9, 15), is_staffed=False)


def test_promise_call_by_looks_past_a_closure():
    make_counselor(opens=time(9), closes=time(17), days=[0, 1])
    Closure.objects.create(counselor=None, starts_at=local(4, 0), ends_at=local(5, 13))

    promise = find_call_promise(now=local(4, 10))

    assert promise == CallPromise(by=local(5, 13, 15), is_staffed=False)


def test_promise_call_by_counts_only_counselors_who_phone():
    make_counselor(modes=[Mode.IN_PERSON])

    promise = find_call_promise(now=local(4, 10))

    assert promise is None


def test_promise_call_by_counts_only_hours_for_the_phone():
    counselor = make_counselor(opens=time(9), closes=time(17), days=[0])
    counselor.weekly_hours.update(modes=[Mode.VIDEO])

    promise = find_call_promise(now=local(4, 10))

    assert promise is None


def test_promise_call_by_counts_extra_hours():
    counselor = make_counselor(days=[])
    counselor.extra_hours.create(on=date(2027, 1, 4), opens=time(9), closes=time(11))

    promise = find_call_promise(now=local(4, 10))

    assert promise == CallPromise(by=local(4, 10, 5), is_staffed=True)


def test_promise_call_by_without_anyone_is_none():
    assert find_call_promise(now=local(4, 10)) is None


def test_promise_call_by_is_none_when_nobody_has_hours_within_a_week():
    make_counselor(days=[0])
    Closure.objects.create(
        counselor=None, starts_at=local(4, 0), ends_at=local(4, 0) + timedelta(days=8)
    )

    assert find_call_promise(now=local(4, 10)) is None


def test_slots_are_in_utc():
    make_counselor()

    slots = open_slots(mode=Mode.PHONE, now=MONDAY_AT_SIX)

    assert {slot.starts_at.tzinfo for slot in slots} == {UTC}


def test_open_slots_are_in_the_extra_hours_of_each_date_of_a_range():
    counselor = make_counselor(days=[])
    counselor.extra_hours.create(
        on=date(2027, 1, 5), until=date(2027, 1, 7), opens=time(18), closes=time(18, 45)
    )

    assert starts() == ["05 18:00", "06 18:00", "07 18:00"]


def test_open_slots_of_a_range_of_extra_hours_that_began_before_are_offered():
    counselor = make_counselor(days=[])
    counselor.extra_hours.create(
        on=date(2026, 12, 1), until=date(2027, 1, 5), opens=time(18), closes=time(18, 45)
    )

    assert starts() == ["04 18:00", "05 18:00"]


@pytest.fixture
def two_places():
    """A counselor at home on Mondays, and at another location on Tuesdays."""
    away = Location.objects.create(
        name="Tustin", street_address="1 Sea St", city="Tustin", postal_code="92780", sort_order=9
    )
    counselor = make_counselor(opens=time(12), closes=time(12, 45), days=[0, 1])
    counselor.weekly_hours.filter(weekday=1).update(location=away)
    return counselor.location, away


def test_open_slots_in_person_are_where_the_counselor_is_then(two_places):
    home, away = two_places

    offered = [starts(mode=Mode.IN_PERSON, location=place.pk) for place in (home, away)]

    assert offered == [["04 12:00", "11 12:00"], ["05 12:00", "12 12:00"]]


def test_open_slots_by_phone_do_not_ask_where_the_counselor_is(two_places):
    assert starts(mode=Mode.PHONE)[:4] == ["04 12:00", "05 12:00", "11 12:00", "12 12:00"]
