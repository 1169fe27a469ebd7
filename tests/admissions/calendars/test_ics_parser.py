"""What a calendar file says about when its owner is busy."""

import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from admissions.calendars.ics_lines import UnreadableCalendar
from admissions.calendars.ics_parser import Window, parse_busy_times

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
    window = Window(
        zone="America/Los_Angeles",
        owner=DANA,
        ours="er-office.example",
        begin=int(BEGIN.timestamp()),
        end=int(END.timestamp()),
    )
    times = parse_busy_times(io.BytesIO(file), window)
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
        ["DTSTART:20270104T1700Z", "DURATION:PT1H"],
    ],
    ids=["UTC", "length", "elsewhere", "Windows", "floating", "without seconds"],
)
def test_time_is_read_in_its_zone_or_without_one_in_the_owners(lines):
    assert read(file(event(*lines))) == NINE_TO_TEN


@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        ("america/new_york", 12),
        ("America/New York", 12),
        ("US-Eastern", 12),
        ("Eastern Standard Time", 12),
        ("(UTC-05:00) Eastern Time (US & Canada)", 12),
        ('"(GMT-05:00) Eastern Time (US & Canada)"', 12),
        ("/freeassociation.sourceforge.net/America/New_York", 12),
        ("GMT-0500", 12),
        ("UTC-5", 12),
        ("-05:00", 12),
        ("-05", 12),
        ("(GMT-05:00)", 12),
        ("Etc/GMT+5", 12),
        ("UTC", 17),
        ("+00", 17),
        ("tzone://Microsoft/Utc", 17),
    ],
)
def test_zone_is_known_by_its_other_names(zone, hour):
    talk = event(f"DTSTART;TZID={zone}:20270104T{hour}0000", "DURATION:PT1H")

    assert read(file(talk)) == NINE_TO_TEN


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "PST", "EST", "CST", "GMT-2500", "-0590", "tzone://Microsoft/Custom"]
)
@pytest.mark.parametrize(
    "line", ["DTSTART;TZID={}:20270104T090000", "EXDATE;TZID={}:20270104T090000"]
)
def test_zone_that_is_not_sure_is_refused(zone, line):
    """Read by another clock, its owner would be offered while busy."""
    talk = event(*[FROM_NINE[0]] * line.startswith("EX"), line.format(zone), "RRULE:FREQ=DAILY")

    assert refused(file(talk)) == "zone"


@pytest.mark.parametrize("line", ["TZOFFSETTO:20200101T990000", "RRULE:FREQ=NONSENSE"])
def test_zone_that_the_file_describes_with_a_fault_is_refused(line):
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Office\nBEGIN:STANDARD\nDTSTART:19700101T000000\n"
        f"TZOFFSETFROM:-0500\n{line}\nTZOFFSETTO:-0500\nEND:STANDARD\nEND:VTIMEZONE"
    )
    talk = event("DTSTART;TZID=Office:20270104T120000", "DURATION:PT1H")

    assert refused(file(zone, talk)) == "zone"


def test_unknown_zone_of_what_is_past_costs_nothing():
    past = event("DTSTART;TZID=Mars/Olympus:20200104T090000", "DURATION:PT1H")

    assert read(file(past, event(*FROM_NINE))) == NINE_TO_TEN


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


@pytest.mark.parametrize(
    "until",
    [
        "20270118T170000Z",
        "20270118T090000",
        "20270118T000000",
        "20270118",
        # The local time, wrongly marked as UTC.
        "20270118T090000Z",
        "20270125T075959Z",
    ],
)
def test_series_keeps_its_last_meeting_however_its_end_is_written(until):
    weekly = event(
        "DTSTART;TZID=America/Los_Angeles:20270111T090000",
        "DURATION:PT1H",
        f"RRULE:FREQ=WEEKLY;UNTIL={until};BYDAY=MO",
    )

    assert [start for start, _end in read(file(weekly))] == ["2027-01-11 09:00", "2027-01-18 09:00"]


def test_series_ends_before_the_day_on_which_it_was_ended():
    """As Google ends a series when somebody deletes this and all that follow."""
    weekly = event(
        "DTSTART;TZID=America/Los_Angeles:20270111T090000",
        "DURATION:PT1H",
        "RRULE:FREQ=WEEKLY;UNTIL=20270118T075959Z",
    )

    assert [start for start, _end in read(file(weekly))] == ["2027-01-11 09:00"]


@pytest.mark.parametrize("until", ["20270118", "20270118T000000Z", "20270119T075959Z"])
def test_series_of_whole_days_keeps_its_last_day(until):
    weekly = event("DTSTART;VALUE=DATE:20270111", f"RRULE:FREQ=WEEKLY;UNTIL={until}")

    assert [start for start, _end in read(file(weekly))] == ["2027-01-11 00:00", "2027-01-18 00:00"]


def test_series_of_whole_days_ends_with_the_last_second_of_its_last_day():
    """As Apple ends a series when somebody deletes a day and all that follow."""
    daily = event("DTSTART;VALUE=DATE:20270111", "RRULE:FREQ=DAILY;UNTIL=20270113T075959Z")

    assert read(file(daily)) == [("2027-01-11 00:00", "2027-01-13 00:00")]


def test_series_in_utc_keeps_the_local_hour_of_its_calendar():
    weekly = event("DTSTART:20270308T170000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=2")

    times = read(file(weekly, head=["X-WR-TIMEZONE:America/Los_Angeles"]))

    assert [start for start, _end in times] == ["2027-03-08 09:00", "2027-03-15 09:00"]


def test_series_that_ended_long_ago_is_left_out_and_one_that_runs_on_is_not():
    year = "DTSTART;TZID=America/Los_Angeles:20200106T090000"
    ended = event(year, "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20200201T000000Z")
    runs_on = event(year, "DURATION:PT1H", "RRULE:FREQ=WEEKLY;UNTIL=20270105T000000Z")

    assert read(file(ended, runs_on.replace("a@", "b@"))) == NINE_TO_TEN


def test_meeting_of_a_past_series_that_was_moved_ahead_blocks():
    series = event(
        "DTSTART:20200104T170000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20200105T000000Z"
    )
    moved = event("RECURRENCE-ID:20200104T170000Z", *FROM_NINE)

    assert read(file(series, moved)) == NINE_TO_TEN


def test_meeting_that_was_moved_into_the_past_does_not_block():
    series = event(*FROM_NINE, "RRULE:FREQ=DAILY;COUNT=1")
    moved = event("RECURRENCE-ID:20270104T170000Z", "DTSTART:20201201T170000Z", "DURATION:PT1H")

    assert read(file(series, moved)) == []


@pytest.mark.parametrize(
    "more", ["RDATE:20270104T170000Z", "RDATE;VALUE=PERIOD:20270104T170000Z/20270104T180000Z"]
)
def test_date_that_is_added_to_a_past_event_blocks(more):
    assert read(file(event("DTSTART:20201201T170000Z", "DURATION:PT1H", more))) == NINE_TO_TEN


def test_events_that_share_a_uid_all_block():
    later = event("DTSTART:20270105T170000Z", "DURATION:PT1H")

    assert len(read(file(event(*FROM_NINE), later))) == 2


def test_newer_version_of_an_event_takes_its_place():
    moved = event("SEQUENCE:2", *FROM_NINE)

    assert read(file(event("SEQUENCE:1", "DTSTART:20270105T170000Z", "DURATION:PT1H"), moved)) == (
        NINE_TO_TEN
    )


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
        ["STATUS:CONFIRMED", "STATUS:CANCELLED"],
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


def test_whole_day_that_ends_on_itself_is_one_day():
    day = event("DTSTART;VALUE=DATE:20270104", "DTEND;VALUE=DATE:20270104")

    assert read(file(day)) == [("2027-01-04 00:00", "2027-01-05 00:00")]


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
        event(*FROM_NINE, "RRULE:FREQ=DAILY;INTERVAL=0"),
        event(*FROM_NINE, "RRULE:FREQ=WEEKLY;", "BYDAY=MO"),
        event(*FROM_NINE, "EXDATE:20270105T170000Z,", "20270106T170000Z"),
        event(*FROM_NINE, "DTSTART:20270105T170000Z"),
        event("DTSTART;TZID=America/", "Los_Angeles:20270104T090000"),
        event("SUMMARY:Without a start"),
        event(*FROM_NINE, "BEGIN:VALARM", "ACTION:DISPLAY"),
        f"BEGIN:VTODO\nUID:1\n{event(*FROM_NINE)}\nEND:VTODO",
        "BEGIN:VFREEBUSY\nFREEBUSY:20270104T170000Z/PT1H\nEND:VFREEBUSY",
    ],
)
def test_event_that_cannot_be_read_is_not_left_out_in_silence(part):
    assert refused(file(event(*FROM_NINE), part)) == "broken"


def test_calendar_of_another_reckoning_is_refused():
    assert refused(file(event(*FROM_NINE), head=["CALSCALE:HEBREW"])) == "broken"


def test_refusal_names_the_line_and_the_date_of_its_event():
    broken = event("SUMMARY:Canary", *FROM_NINE, "RRULE:FREQ=NONSENSE")

    with pytest.raises(UnreadableCalendar) as caught:
        read(file(broken))

    assert (caught.value.line, caught.value.on) == (8, "2027-01-04")
    assert "Canary" not in str(caught.value)


@pytest.mark.parametrize(
    "lines",
    [
        ["DESCRIPTION:Join here", "Status: cancelled", "Duration: 2 hours"],
        ["DESCRIPTION:Join here", "", "from any device", "END of message"],
        ["CREATED:sometime", "LAST-MODIFIED:99999999T999999Z", "PRIORITY:high", "URL"],
        ["STATUS:NULL", "SEQUENCE:null", "TRANSP:", 'ATTENDEE;CN="Dana:mailto'],
        ["BEGIN:VALARM", "TRIGGER-PT15M", "DTSTART", "END:VALARM"],
    ],
)
def test_line_that_does_not_say_when_costs_nothing(lines):
    assert read(file(event(*lines, *FROM_NINE))) == NINE_TO_TEN


def test_fold_may_cut_through_a_letter_and_through_a_date():
    folded = file(event("SUMMARY:Mü", *FROM_NINE)).replace(b"\xc3\xbc", b"\xc3\r\n \xbc")

    assert read(folded.replace(b"DTEND:2027", b"DTEND:20\r\n\t27")) == NINE_TO_TEN


@pytest.mark.security(102)
def test_too_many_events_are_refused():
    assert refused(file(*[event(*FROM_NINE)] * 5001)) == "too_much"


def test_too_many_times_are_refused():
    often = event("DTSTART:20270104T170000Z", "DURATION:PT1M", "RRULE:FREQ=MINUTELY;INTERVAL=20")

    assert refused(file(often)) == "too_much"
