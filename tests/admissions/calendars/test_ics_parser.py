"""What a calendar file says about when its owner is busy."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from admissions.calendars.ics_parser import UnreadableCalendar, parse_busy_times

PACIFIC = ZoneInfo("America/Los_Angeles")
BEGIN, END = datetime(2027, 1, 3, tzinfo=UTC), datetime(2027, 4, 4, tzinfo=UTC)
DANA = "dana@example.org"
NINE_TO_TEN = [("2027-01-04 09:00", "2027-01-04 10:00")]


def event(*lines):
    return "\n".join(["BEGIN:VEVENT", "UID:a@elsewhere", *lines, "END:VEVENT"])


def file(*parts, head=()):
    lines = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *head, *parts, "END:VCALENDAR", ""])
    return lines.replace("\n", "\r\n").encode()


def read(file):
    """(start, end) by the clock of California."""
    times = parse_busy_times(
        file,
        zone="America/Los_Angeles",
        owner=DANA,
        ours="er-office.example",
        begin=int(BEGIN.timestamp()),
        end=int(END.timestamp()),
    )
    return [
        tuple(f"{datetime.fromtimestamp(at, PACIFIC):%Y-%m-%d %H:%M}" for at in pair)
        for pair in times
    ]


FROM_NINE = ["DTSTART:20270104T170000Z", "DTEND:20270104T180000Z"]


def refused(file):
    with pytest.raises(UnreadableCalendar) as caught:
        read(file)
    return str(caught.value)


# Zones


@pytest.mark.parametrize(
    "lines",
    [
        FROM_NINE,
        ["DTSTART:20270104T170000Z", "DURATION:PT1H"],
        ["DTSTART;TZID=America/New_York:20270104T120000", "DURATION:PT1H"],
        ["DTSTART;TZID=Pacific Standard Time:20270104T090000", "DURATION:PT1H"],
        ["DTSTART:20270104T090000", "DTEND:20270104T100000"],
        ["DTSTART;TZID=Mars/Olympus:20270104T090000", "DURATION:PT1H"],
    ],
    ids=["UTC", "length", "elsewhere", "Windows", "floating", "unknown"],
)
def test_time_is_read_in_its_zone_or_else_in_the_owners(lines):
    assert read(file(event(*lines))) == NINE_TO_TEN


def test_zone_that_the_file_describes_is_believed():
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Office\nBEGIN:STANDARD\nDTSTART:19700101T000000\n"
        "TZOFFSETFROM:-0500\nTZOFFSETTO:-0500\nEND:STANDARD\nEND:VTIMEZONE"
    )
    talk = event("DTSTART;TZID=Office:20270104T120000", "DURATION:PT1H")

    assert read(file(zone, talk)) == NINE_TO_TEN


@pytest.mark.parametrize(
    ("lines", "ends"),
    [
        (["DTSTART;VALUE=DATE:20270313", "DTEND;VALUE=DATE:20270315"], "2027-03-15 00:00"),
        (["DTSTART;VALUE=DATE:20270313"], "2027-03-14 00:00"),
    ],
)
def test_whole_days_are_those_of_the_owner(lines, ends):
    """Also where the clocks go forward within."""
    assert read(file(event(*lines))) == [("2027-03-13 00:00", ends)]


# Series


def test_series_keeps_its_local_hour_when_the_clocks_change():
    weekly = event(
        "DTSTART;TZID=America/Los_Angeles:20270308T090000",
        "DURATION:PT1H",
        "RRULE:FREQ=WEEKLY;COUNT=2",
    )

    assert [start for start, _end in read(file(weekly))] == ["2027-03-08 09:00", "2027-03-15 09:00"]


def test_exceptions_of_a_series_hold():
    start = "DTSTART;TZID=America/Los_Angeles:2027010{}T090000"
    daily = event(
        start.format(4),
        "DURATION:PT1H",
        "RRULE:FREQ=DAILY;COUNT=4",
        "EXDATE;TZID=America/Los_Angeles:20270105T090000",
    )
    moved = event(
        "RECURRENCE-ID;TZID=America/Los_Angeles:20270106T090000",
        "DTSTART;TZID=America/Los_Angeles:20270106T150000",
        "DURATION:PT1H",
    )
    dropped = event(
        "RECURRENCE-ID;TZID=America/Los_Angeles:20270107T090000",
        start.format(7),
        "DURATION:PT1H",
        "STATUS:CANCELLED",
    )

    assert [begin for begin, _end in read(file(daily, moved, dropped))] == [
        "2027-01-04 09:00",
        "2027-01-06 15:00",
    ]


# What blocks


@pytest.mark.parametrize(
    "lines",
    [
        ["TRANSP:OPAQUE"],
        ["STATUS:CONFIRMED"],
        ["STATUS:TENTATIVE"],
        ["X-MICROSOFT-CDO-BUSYSTATUS:OOF"],
        [f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{DANA}"],
        [f"ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{DANA}"],
        ["ATTENDEE;PARTSTAT=DECLINED:mailto:sam@example.org"],
    ],
)
def test_event_blocks(lines):
    assert read(file(event(*FROM_NINE, *lines))) == NINE_TO_TEN


@pytest.mark.parametrize(
    "lines",
    [
        ["TRANSP:TRANSPARENT"],
        ["STATUS:CANCELLED"],
        ["X-MICROSOFT-CDO-BUSYSTATUS:FREE"],
        ["X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE"],
        [f"ATTENDEE;PARTSTAT=DECLINED:MAILTO:{DANA.upper()}"],
        ["ATTENDEE:mailto:sam@example.org", f"ATTENDEE;PARTSTAT=DECLINED:mailto:{DANA}"],
        ["UID:consultation@er-office.example"],
    ],
)
def test_event_does_not_block(lines):
    with_uid = [line for line in lines if line.startswith("UID")]
    block = event(*FROM_NINE, *lines).replace("UID:a@elsewhere\n", "" if with_uid else "UID:a@b\n")

    assert read(file(block)) == []


def test_declined_by_the_owner_whom_the_calendar_names_does_not_block():
    talk = event(*FROM_NINE, "ATTENDEE;PARTSTAT=DECLINED:mailto:d@home.example")

    assert read(file(talk, head=["X-WR-CALNAME:d@home.example"])) == []


@pytest.mark.parametrize(
    "lines",
    [
        ["DTSTART:20270104T170000Z"],
        ["DTSTART:20270104T170000Z", "DTEND:20270104T170000Z"],
        ["DTSTART:20270102T170000Z", "DTEND:20270103T000000Z"],
        ["DTSTART:20270404T000000Z", "DTEND:20270404T010000Z"],
    ],
    ids=["no end", "no length", "long ago", "far ahead"],
)
def test_event_without_length_or_out_of_reach_is_left_out(lines):
    assert read(file(event(*lines))) == []


def test_event_that_reaches_beyond_is_cut():
    years = event("DTSTART:20260101T000000Z", "DTEND:20280101T000000Z")

    assert read(file(years)) == [("2027-01-02 16:00", "2027-04-03 17:00")]


def test_overlapping_and_touching_times_are_one():
    hours = [("17", "18"), ("1730", "19"), ("19", "20"), ("22", "23")]
    events = [
        event(f"DTSTART:20270104T{a:0<4}00Z", f"DTEND:20270104T{b:0<4}00Z").replace("a@", f"{a}@")
        for a, b in hours
    ]

    assert read(file(*events)) == [
        ("2027-01-04 09:00", "2027-01-04 12:00"),
        ("2027-01-04 14:00", "2027-01-04 15:00"),
    ]


def test_file_with_two_calendars_is_read_whole():
    later = event("DTSTART:20270105T170000Z", "DURATION:PT1H")

    assert len(read(file(event(*FROM_NINE)) + file(later))) == 2


# What is refused


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"<!doctype html><title>Sign in</title>",
        b"\x1f\x8b\x08\x00 gzip",
        b"\xff\xfe\x00\x00",
        b"END:VCALENDAR",
        b"BEGIN:VEVENT\r\nEND:VEVENT\r\n",
        file(event(*FROM_NINE))[:-20],
        file(event(*FROM_NINE)).replace(b"END:VCALENDAR\r\n", b""),
        b"<html>" + file(event(*FROM_NINE)),
        b"BEGIN:VEVENT\r\nEND:VEVENT\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
    ],
)
def test_anything_but_a_whole_calendar_is_refused(bad):
    assert refused(bad) == "no_calendar"


@pytest.mark.parametrize(
    "part",
    [
        event("DTSTART:sometime", "DTEND:20270104T180000Z"),
        event(*FROM_NINE, "RRULE:FREQ=NONSENSE"),
        "BEGIN:VFREEBUSY\nFREEBUSY:20270104T170000Z/PT1H\nEND:VFREEBUSY",
    ],
)
def test_event_that_cannot_be_read_is_not_left_out_in_silence(part):
    assert refused(file(event(*FROM_NINE), part)) == "broken"


@pytest.mark.security(102)
def test_too_many_events_are_refused():
    assert refused(file(*[event(*FROM_NINE)] * 5001)) == "too_much"


def test_too_many_times_are_refused():
    often = event("DTSTART:20270104T170000Z", "DURATION:PT1M", "RRULE:FREQ=MINUTELY;INTERVAL=20")

    assert refused(file(often)) == "too_much"
