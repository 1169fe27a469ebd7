"""Which zones we take from a browser, and what people read of them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from admissions import formatting, time_zones

JANUARY = datetime(2027, 1, 5, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "language", "expected"),
    [
        ("America/Los_Angeles", "en", "Pacific time"),
        ("US/Pacific", "en", "Pacific time"),
        ("America/Argentina/Buenos_Aires", "en", "Buenos Aires time"),
        ("Asia/Katmandu", "en", "Kathmandu time"),
        ("Asia/Katmandu", "es", "hora de Katmandú"),
        ("Europe/London", "es", "hora de Londres"),
        ("Europe/Oslo", "en", "Oslo time"),
    ],
)
def test_zone_words_are_those_that_people_use(zone, language, expected):
    with translation.override(language):
        assert time_zones.format_time_zone(ZoneInfo(zone)) == expected


@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        ("America/Los_Angeles", JANUARY, "PST"),
        ("America/Tijuana", JANUARY, "PST"),
        ("Asia/Kathmandu", JANUARY, "Kathmandu time"),
        ("America/Sao_Paulo", JANUARY, "Sao Paulo time"),
        ("Asia/Shanghai", JANUARY, "Shanghai time"),
        ("America/Havana", datetime(2027, 7, 5, 17, tzinfo=UTC), "Havana time"),
        ("Europe/London", datetime(2027, 10, 31, 0, 30, tzinfo=UTC), "BST"),
        ("Europe/London", datetime(2027, 10, 31, 1, 30, tzinfo=UTC), "GMT"),
        ("Australia/Lord_Howe", datetime(2027, 4, 3, 15, 15, tzinfo=UTC), "UTC+10:30"),
    ],
)
def test_zone_beside_a_time_is_a_name_that_means_one_clock(zone, at, expected):
    assert time_zones.format_zone_at(at.astimezone(ZoneInfo(zone))) == expected


def test_no_zone_of_a_place_reads_as_a_number():
    words = {
        formatting.format_datetime_in_zone(JANUARY, name) for name in time_zones.known_time_zones()
    }

    assert [each for each in words if "(+" in each or "(-" in each] == []


@pytest.mark.parametrize("zone", ["UTC", "GMT", "Etc/UTC", "Etc/GMT+5", "Mars/Base", "", None])
def test_zone_that_names_no_place_is_the_centers(zone):
    assert time_zones.parse_zone(zone).key == "America/Los_Angeles"


@pytest.mark.parametrize("zone", ["Asia/Calcutta", "Europe/Oslo", "Pacific/Honolulu"])
def test_zone_of_a_place_is_taken_as_it_was_sent(zone):
    assert time_zones.parse_zone(zone).key == zone
