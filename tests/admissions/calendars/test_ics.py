from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from icalendar import Calendar

from admissions.booking import consultations, moves
from admissions.calendars import ics
from admissions.scheduling.models import Mode
from tests.support.factories import make_consultation, make_counselor, make_request

NOW = datetime(2027, 1, 4, 16, tzinfo=UTC)
AT = datetime(2027, 1, 5, 17, tzinfo=UTC)
JO = "jo@example.com"

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


def read(file: bytes):
    """(method, event) of a file with one event."""
    parsed = Calendar.from_ical(file)
    (event,) = parsed.walk("VEVENT")
    return parsed["METHOD"], event


def test_invitation_names_the_time_in_utc():
    consultation = make_consultation(starts_at=AT)

    _method, event = read(ics.build_invitation(consultation, attendee=JO))

    assert (event.decoded("DTSTART"), event.decoded("DTEND"), event.decoded("DTSTAMP")) == (
        AT,
        AT + timedelta(minutes=45),
        NOW,
    )
    assert event.to_ical().count(b"Z\r\n") == 3


def test_invitation_of_a_winter_time_written_in_local_hours_is_in_utc():
    starts_at = datetime.fromisoformat("2027-11-07T01:30:00-08:00")
    consultation = make_consultation(starts_at=starts_at)

    file = ics.build_invitation(consultation, attendee=JO)

    assert b"DTSTART:20271107T093000Z" in file


@pytest.mark.parametrize(
    ("make", "method", "status"),
    [
        (ics.build_invitation, "REQUEST", "CONFIRMED"),
        (ics.build_cancellation, "CANCEL", "CANCELLED"),
    ],
)
def test_file_says_what_it_does(make, method, status):
    consultation = make_consultation(starts_at=AT)

    said, event = read(make(consultation, attendee=JO))

    assert (said, event["STATUS"]) == (method, status)


def test_uid_stays_for_life_while_the_sequence_rises():
    request = make_consultation(starts_at=AT).request
    booked = request.standing_consultation()
    moved = moves.move_consultation(key=key(1), request=request, starts_at=AT + timedelta(hours=1))
    again = moves.move_consultation(key=key(2), request=request, starts_at=AT)
    canceled = consultations.cancel_consultation(key=key(3), request=request)

    events = [
        read(ics.build_invitation(each, attendee=JO))[1] for each in (booked, moved, again)
    ] + [read(ics.build_cancellation(canceled, attendee=JO))[1]]

    assert [event["SEQUENCE"] for event in events] == [0, 1, 2, 3]
    assert {event["UID"] for event in events} == {str(booked.uid)}


def test_event_says_nothing_personal():
    request = make_request(
        preferred_name="Zqx Canary", email="zqx@example.com", phone="+17145550177"
    )
    counselor = make_counselor(public_name="Dana")
    consultation = make_consultation(
        starts_at=AT, mode=Mode.IN_PERSON, request=request, counselor=counselor
    )

    _method, event = read(ics.build_invitation(consultation, attendee=request.email))

    assert event["SUMMARY"] == "Appointment"
    assert (event["LOCATION"], event["DESCRIPTION"]) == (
        "In person",
        "The address is in our email.\nTo move or cancel, use the link in our email.",
    )
    assert set(event) == {
        "UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "STATUS", "CLASS", "TRANSP",
        "ORGANIZER", "ATTENDEE", "LOCATION", "DESCRIPTION",
    }  # fmt: skip
    assert (event["ORGANIZER"], event["ATTENDEE"]) == (
        f"mailto:{settings.MAIL_FROM}",
        "mailto:zqx@example.com",
    )


def test_download_names_nobody():
    consultation = make_consultation(starts_at=AT)

    method, event = read(ics.build_download(consultation))

    assert method == "PUBLISH"
    assert "ATTENDEE" not in event


def key(number: int):
    return f"00000000-0000-4000-8000-00000000000{number}"
