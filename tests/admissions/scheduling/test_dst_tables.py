"""Every slot of the two days on which clocks change, as people in other zones read it.

The center is in America/Los_Angeles. A counselor has hours all day; talks last
45 minutes and may start each half hour. Written out by hand from the rules of
the IANA database (2024a): Nepal is UTC+5:45 all year; Lord Howe Island is
UTC+11 in summer and UTC+10:30 in winter; Hawaii is UTC-10 all year;
Newfoundland is UTC-3:30, and UTC-2:30 in summer.
"""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import time_machine

from admissions.scheduling import slot_display
from admissions.scheduling.availability import open_slots
from admissions.scheduling.models import Mode, ModeRules
from tests.support.factories import make_counselor

pytestmark = pytest.mark.django_db

KATHMANDU, LORD_HOWE = ZoneInfo("Asia/Kathmandu"), ZoneInfo("Australia/Lord_Howe")
HONOLULU, ST_JOHNS = ZoneInfo("Pacific/Honolulu"), ZoneInfo("America/St_Johns")
PACIFIC = ZoneInfo("America/Los_Angeles")

# UTC, the center, Kathmandu, Lord Howe, Honolulu, St. John's: "day hour:minute" each.
# Clocks skip from 2:00 to 3:00 in California at 10:00 UTC; St. John's did at 5:30 UTC.
SPRING = """
14 08:00 | 14 00:00 | 14 13:45 | 14 19:00 | 13 22:00 | 14 05:30
14 08:30 | 14 00:30 | 14 14:15 | 14 19:30 | 13 22:30 | 14 06:00
14 09:00 | 14 01:00 | 14 14:45 | 14 20:00 | 13 23:00 | 14 06:30
14 09:30 | 14 01:30 | 14 15:15 | 14 20:30 | 13 23:30 | 14 07:00
14 10:00 | 14 03:00 | 14 15:45 | 14 21:00 | 14 00:00 | 14 07:30
14 10:30 | 14 03:30 | 14 16:15 | 14 21:30 | 14 00:30 | 14 08:00
14 11:00 | 14 04:00 | 14 16:45 | 14 22:00 | 14 01:00 | 14 08:30
"""
# Clocks go from 2:00 back to 1:00 in California at 9:00 UTC; St. John's did at 4:30 UTC.
AUTUMN = """
7 07:00 | 7 00:00 | 7 12:45 | 7 18:00 | 6 21:00 | 7 03:30
7 07:30 | 7 00:30 | 7 13:15 | 7 18:30 | 6 21:30 | 7 04:00
7 08:00 | 7 01:00 | 7 13:45 | 7 19:00 | 6 22:00 | 7 04:30
7 08:30 | 7 01:30 | 7 14:15 | 7 19:30 | 6 22:30 | 7 05:00
7 09:00 | 7 01:00 | 7 14:45 | 7 20:00 | 6 23:00 | 7 05:30
7 09:30 | 7 01:30 | 7 15:15 | 7 20:30 | 6 23:30 | 7 06:00
7 10:00 | 7 02:00 | 7 15:45 | 7 21:00 | 7 00:00 | 7 06:30
7 10:30 | 7 02:30 | 7 16:15 | 7 21:30 | 7 00:30 | 7 07:00
7 11:00 | 7 03:00 | 7 16:45 | 7 22:00 | 7 01:00 | 7 07:30
"""
READERS = [UTC, PACIFIC, KATHMANDU, LORD_HOWE, HONOLULU, ST_JOHNS]
SPRINGS, FALLS = datetime(2027, 3, 14), datetime(2027, 11, 7)


def table(text):
    return [line.split(" | ") for line in text.strip().splitlines()]


def read(slots):
    """Each slot as everyone's clock shows it."""
    return [
        [f"{local.day} {local:%H:%M}" for local in (slot.starts_at.astimezone(z) for z in READERS)]
        for slot in slots
    ]


def slots_of(day, *, opens, closes):
    """What is offered on one day of hours, asked the evening before."""
    ModeRules.objects.filter(mode=Mode.PHONE).update(minimum_notice=0, horizon=2)
    make_counselor(opens=opens, closes=closes, days=[6])
    now = day.replace(tzinfo=PACIFIC) - timedelta(hours=3)
    return open_slots(mode=Mode.PHONE, now=now)


@pytest.mark.parametrize(
    ("day", "closes", "expected"),
    [(SPRINGS, time(4, 45), SPRING), (FALLS, time(3, 45), AUTUMN)],
    ids=["2027-03-14", "2027-11-07"],
)
def test_slots_of_a_night_of_change_are_these_on_every_clock(day, closes, expected):
    slots = slots_of(day, opens=time(0), closes=closes)

    assert read(slots) == table(expected)


@pytest.mark.parametrize(("day", "count"), [(SPRINGS, 45), (FALLS, 49)])
def test_a_day_of_change_has_an_hour_less_or_more(day, count):
    slots = slots_of(day, opens=time(0), closes=time(23, 45))

    # An ordinary day has 47: each half hour from 0:00 to 23:00.
    assert (len(slots), {slot.starts_at.astimezone(PACIFIC).day for slot in slots}) == (
        count, {day.day},
    )  # fmt: skip


@pytest.mark.parametrize("day", [SPRINGS, FALLS])
def test_slots_of_a_day_of_change_neither_overlap_nor_leave_a_gap(day):
    starts = [slot.starts_at for slot in slots_of(day, opens=time(0), closes=time(23, 45))]

    gaps = {later - earlier for earlier, later in pairwise(starts)}

    assert gaps == {timedelta(minutes=30)}


@pytest.mark.parametrize(("day", "count"), [(SPRINGS, 46), (FALLS, 50)])
def test_day_of_change_that_is_open_to_midnight_ends_with_a_talk_until_then(day, count):
    ModeRules.objects.filter(mode=Mode.PHONE).update(length=30)

    slots = slots_of(day, opens=time(0), closes=time(0))

    last = slots[-1].ends_at.astimezone(PACIFIC)
    assert len(slots) == count
    assert (last.day, last.time()) == (day.day + 1, time(0))


def test_repeated_hour_reads_apart_for_us_and_once_for_others():
    slots = slots_of(FALLS, opens=time(1), closes=time(2, 45))
    with time_machine.travel(FALLS.replace(tzinfo=PACIFIC), tick=False):
        here = [slot_display.build_chip(slot, zone=PACIFIC).time for slot in slots]
        there = [
            (chip.time, chip.center_time)
            for chip in (slot_display.build_chip(slot, zone=LORD_HOWE) for slot in slots[:4])
        ]

    assert here == [
        "1:00 am (PDT)", "1:30 am (PDT)", "1:00 am (PST)", "1:30 am (PST)", "2:00 am",
    ]  # fmt: skip
    assert there == [
        ("7:00 pm", "1:00 am (PDT)"),
        ("7:30 pm", "1:30 am (PDT)"),
        ("8:00 pm", "1:00 am (PST)"),
        ("8:30 pm", "1:30 am (PST)"),
    ]


@pytest.mark.parametrize(
    ("zone", "now", "expected"),
    [
        # Lord Howe moves by half an hour: back on 4 April 2027, forward on 3 October.
        (LORD_HOWE, datetime(2027, 4, 3, 12, tzinfo=UTC), ["01:30", "01:30", "02:00", "02:30"]),
        (LORD_HOWE, datetime(2027, 10, 2, 12, tzinfo=UTC), ["01:30", "02:30", "03:00", "03:30"]),
    ],
    ids=["back", "forward"],
)
def test_slots_of_a_center_on_lord_howe_follow_its_half_hour(zone, now, expected):
    ModeRules.objects.filter(mode=Mode.PHONE).update(minimum_notice=0, horizon=1, length=30)
    counselor = make_counselor(opens=time(1, 30), closes=time(4), days=[6])
    counselor.location.time_zone = zone.key
    counselor.location.save()

    slots = open_slots(mode=Mode.PHONE, now=now)

    assert [f"{slot.starts_at.astimezone(zone):%H:%M}" for slot in slots][:4] == expected
