"""The reader that holds our calendar files to the RFCs: every rule of it bites."""

import pytest

from .calendar_rules import Broken, read

GOOD = "\r\n".join(
    [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Appointments//EN",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        "UID:1",
        "SEQUENCE:2",
        "DTSTAMP:20270104T160000Z",
        "DTSTART:20270105T170000Z",
        "DTEND:20270105T174500Z",
        "SUMMARY:Appointment\\, by ph",
        " one",
        "STATUS:CONFIRMED",
        "ORGANIZER:mailto:us@example.org",
        'ATTENDEE;RSVP="FALSE":mailto:jo%26ann@example.com',
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
)


def test_read_tells_what_a_good_file_means():
    calendar = read(GOOD.encode())

    assert (calendar.method, calendar.event["SUMMARY"], calendar.event["ATTENDEE"]) == (
        "REQUEST",
        "Appointment, by phone",
        "jo&ann@example.com",
    )


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("\r\n", "\n"),
        ("UID:1\r\n", "UID:1\n"),
        ("UID:1\r\n", "UID:\r1\r\n"),
        ("END:VCALENDAR\r\n", "END:VCALENDAR"),
        ("UID:1", "UID:" + "1" * 72),
        ("ph\r\n one", "ph\r\n\r\n one"),
        ("UID:1", "UID 1"),
        ("UID:1", "UID:1\x07"),
        ("UID:1\r\n", "UID:1\r\nUID:2\r\n"),
        ("UID:1\r\n", ""),
        ("UID:1", "UID:"),
        ("SEQUENCE:2", "SEQUENCE:two"),
        ("DTSTAMP:20270104T160000Z\r\n", ""),
        ("DTSTART:20270105T170000Z", "DTSTART:20270105T170000"),
        ("DTSTART:20270105T170000Z", "DTSTART;TZID=US/Pacific:20270105T170000"),
        ("DTEND:20270105T174500Z", "DTEND:20270105T170000Z"),
        ("Appointment\\, by", "Appointment, by"),
        ("Appointment\\, by", "Appointment\\x by"),
        ("Appointment\\, by", "Appointment; by"),
        ("STATUS:CONFIRMED", "STATUS:CANCELLED"),
        ("METHOD:REQUEST", "METHOD:CANCEL"),
        ("METHOD:REQUEST", "METHOD:PUBLISH"),
        ("METHOD:REQUEST\r\n", ""),
        ("VERSION:2.0", "VERSION:1.0"),
        ("ORGANIZER:mailto:us@example.org\r\n", ""),
        ("ORGANIZER:mailto:us@example.org", "ORGANIZER:us@example.org"),
        ('ATTENDEE;RSVP="FALSE":mailto:jo%26ann@example.com\r\n', ""),
        ("jo%26ann", "jo&ann"),
        ("jo%26ann", "jo ann"),
        ('RSVP="FALSE"', 'RSVP="FALSE'),
        ('RSVP="FALSE"', 'RSVP="FALSE";RSVP=TRUE'),
        ("END:VEVENT\r\n", ""),
        ("END:VEVENT\r\n", "END:VEVENT\r\nX-WR-CALNAME:A\r\n"),
        ("STATUS", "URL:https://example.org\r\nSTATUS"),
    ],
)
def test_read_refuses(said, instead):
    assert said in GOOD

    with pytest.raises(Broken):
        read(GOOD.replace(said, instead).encode())


def test_read_refuses_a_fold_inside_a_character():
    half = "é".encode()
    file = GOOD.encode().replace(b"ph\r\n one", half[:1] + b"\r\n " + half[1:])

    with pytest.raises(Broken):
        read(file)
