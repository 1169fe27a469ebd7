from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from admissions.scheduling import slot_display
from admissions.scheduling.availability import Slot

PACIFIC = ZoneInfo("America/Los_Angeles")


def slot(*at):
    start = datetime(*at, tzinfo=UTC)
    return Slot(start, start + timedelta(minutes=45), "phone", (1,))


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("America/Los_Angeles", ("9:00 am", "")),
        ("America/Tijuana", ("9:00 am", "")),
        ("Asia/Kathmandu", ("10:45 pm", "9:00 am (PST)")),
        ("Australia/Lord_Howe", ("4:00 am", "9:00 am (PST)")),
        ("Pacific/Honolulu", ("7:00 am", "9:00 am (PST)")),
        ("America/St_Johns", ("1:30 pm", "9:00 am (PST)")),
    ],
)
def test_chip_shows_the_readers_clock_and_ours_where_they_differ(zone, expected):
    chip = slot_display.build_chip(slot(2027, 1, 5, 17), zone=ZoneInfo(zone))

    assert (chip.time, chip.center_time) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ((2027, 11, 7, 8, 30), "1:30 am (PDT)"),
        ((2027, 11, 7, 9, 30), "1:30 am (PST)"),
        ((2027, 11, 7, 10, 30), "2:30 am"),
    ],
)
def test_chip_in_the_repeated_hour_names_its_zone(at, expected):
    assert slot_display.build_chip(slot(*at), zone=PACIFIC).time == expected
