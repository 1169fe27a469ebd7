"""Files of other people's programs that once were refused or misread: each as it came."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from admissions.calendars.ics_parser import Window, parse_busy_times

FILES = Path(__file__).with_name("cases")
READ_AT, END = datetime(2026, 11, 30, tzinfo=UTC), datetime(2027, 2, 28, tzinfo=UTC)
# 10:00 to 11:00 in California.
DECEMBER_1 = ["2026-12-01T18:00", "2026-12-01T19:00"]
DECEMBER_8 = ["2026-12-08T18:00", "2026-12-08T19:00"]


def read(file):
    """[start, end] of each busy time in UTC, for a counselor in California."""
    window = Window(
        zone="America/Los_Angeles",
        owner="dana@er-office.example",
        ours="desk.example",
        begin=int(READ_AT.timestamp()),
        end=int(END.timestamp()),
    )
    return [
        [f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M}" for at in times]
        for times in parse_busy_times(io.BytesIO(file), window)
    ]


@pytest.mark.parametrize(
    "name",
    [
        "alarm-without-colon",
        "created-year-zero-google",
        "geo-null",
        "quoted-printable",
        "unfolded-description",
        "zone-gmt-offset-groupwise",
        "zone-minus-0500",
        "zone-postgres-plus00",
        "zone-us-eastern",
    ],
)
def test_file_is_read_for_when_its_event_is(name):
    assert read((FILES / f"{name}.ics").read_bytes()) == [DECEMBER_8]


def test_series_keeps_its_last_meeting():
    assert read((FILES / "until-local-iphone.ics").read_bytes()) == [DECEMBER_1, DECEMBER_8]


def test_event_that_its_owner_declined_by_another_address_field_is_not_busy():
    assert read((FILES / "declined-email-parameter.ics").read_bytes()) == []


def history(count, extra=""):
    """So many events of the past, as a secret address of Google's gives them, and one to come."""
    past = "".join(
        f"BEGIN:VEVENT\r\nUID:h{n}@example.org\r\nDTSTAMP:20190101T000000Z\r\n"
        f"DTSTART:20190101T{n % 24:02}0000Z\r\nDTEND:20190101T{n % 24:02}3000Z\r\n"
        f"SUMMARY:Past\r\nDESCRIPTION:{extra}\r\nEND:VEVENT\r\n"
        for n in range(count)
    )
    ahead = (
        "BEGIN:VEVENT\r\nUID:next@example.org\r\nDTSTAMP:20261101T000000Z\r\n"
        "DTSTART;TZID=America/Los_Angeles:20261208T100000\r\n"
        "DTEND;TZID=America/Los_Angeles:20261208T110000\r\nSUMMARY:Next\r\nEND:VEVENT\r\n"
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{past}{ahead}END:VCALENDAR\r\n".encode()


def test_years_of_history_are_no_reason_to_refuse_what_lies_ahead():
    file = history(5_001, "history " * 20)

    assert len(file) > 1024 * 1024
    assert read(file) == [DECEMBER_8]
