"""Open times as a person reads them: by day, by part of the day, and how far off."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from admissions import formatting
from admissions.scheduling import slot_display
from admissions.scheduling.availability import Slot

PACIFIC = ZoneInfo("America/Los_Angeles")
DAY = datetime(2026, 12, 1, tzinfo=PACIFIC)


def slots_at(*hours):
    starts = [(DAY + timedelta(hours=hour)).astimezone(UTC) for hour in hours]
    return [Slot(at, at + timedelta(minutes=45), "phone", (1,)) for at in starts]


def days(*hours, zone=PACIFIC, language="en"):
    with translation.override(language):
        return slot_display.chips_by_day(slots_at(*hours), zone=zone)


def parts(*hours, **options):
    return [
        (part.name, [chip.time for chip in part.chips])
        for day in days(*hours, **options)
        for part in day.parts
    ]


def test_day_has_a_morning_an_afternoon_and_an_evening():
    assert parts(9, 11.5, 12, 17.5, 18) == [
        ("Morning", ["9:00 am", "11:30 am"]),
        ("Afternoon", ["12:00 pm", "5:30 pm"]),
        ("Evening", ["6:00 pm"]),
    ]


def test_part_of_the_day_is_by_the_clock_of_the_reader():
    assert parts(9, zone=ZoneInfo("Asia/Kathmandu"), language="es") == [
        ("Por la tarde-noche", ["10:45\xa0p.\xa0m."])
    ]
    assert [name for name, _times in parts(13, zone=ZoneInfo("Asia/Kathmandu"))] == [
        "Early morning"
    ]


def test_strip_names_each_day_and_where_the_page_has_it():
    first, second = days(9, 33)

    assert (first.anchor, first.weekday, first.number, len(first.chips)) == (
        "day-12-01",
        "Tue",
        1,
        1,
    )
    assert second.anchor == "day-12-02"


@pytest.mark.parametrize(
    ("minutes", "english", "spanish"),
    [
        (1, "in 1 minute", "en 1 minuto"),
        (59, "in 59 minutes", "en 59 minutos"),
        (60, "in about an hour", "en 1 hora aprox."),
        (90, "in about 1½ hours", "en hora y media"),
        (605, "in about 10 hours", "en unas 10 horas"),
    ],
)
def test_distance_is_said_as_people_do(minutes, english, spanish):
    at, now = DAY + timedelta(hours=8), DAY + timedelta(hours=8, minutes=-minutes)

    said = []
    for language in ("en", "es"):
        with translation.override(language):
            said.append(formatting.format_time_until(at, now, at))

    # At ten in the evening before, too: what is 605 minutes off comes tomorrow.
    assert said == [english, spanish]


def test_what_is_farther_off_than_twelve_hours_is_said_by_its_day():
    at, now = DAY + timedelta(hours=12), DAY - timedelta(hours=1)

    with translation.override("en"):
        assert formatting.format_time_until(at, now, at) == "Tuesday"
