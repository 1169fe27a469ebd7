"""Calendar files by the RFCs: whatever is in them, and through a consultation's whole life."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from functools import partial
from zoneinfo import ZoneInfo

import pytest
import vobject
from django.conf import settings
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from admissions.booking import absences, by_staff, consultations, moves
from admissions.calendars import ics
from admissions.intake.models import ConsultationRequest
from admissions.messaging import delivery
from admissions.messaging.models import Message
from admissions.scheduling.assignment import SlotChoice
from admissions.scheduling.models import Consultation, Counselor, Mode
from admissions.triage import outcomes
from programs.models import Location
from tests.support import calendar_rules
from tests.support.factories import (
    make_consultation,
    make_counselor,
    make_details,
    make_message,
    make_request,
    make_user,
)

NOW = datetime(2027, 1, 4, 18, tzinfo=UTC)
AT = datetime(2027, 1, 6, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)
Status = Consultation.Status

awkward = st.text(
    st.one_of(
        st.sampled_from(";,:\\\"'\n\r\t\u2028\u2029\x85\x07\x0b\x7fñé日🙂\u202e"),
        st.characters(codec="utf-8", exclude_characters="\x00"),
    ),
    max_size=120,
)
names = st.text("abcXYZ019-!#$%&'*+/=?^_`{}|~", min_size=1, max_size=64) | st.sampled_from(
    ["o'brien", "a+b", '"jo ann"', '"a;b,c"', "x" * 64]
)
hosts = st.sampled_from(["example.com", "müller.example", "b" * 60 + ".example.org"])
zones = st.sampled_from(["UTC", "America/Los_Angeles", "Asia/Kathmandu"]).flatmap(
    lambda name: st.datetimes(
        datetime(2026, 1, 1),
        datetime(2029, 1, 1),
        timezones=st.just(ZoneInfo(name)),
        allow_imaginary=False,
    )
)
cases = st.fixed_dictionaries(
    {
        "text": awkward,
        "starts_at": zones,
        "sequence": st.integers(0, 32767),
        "mode": st.sampled_from([Mode.IN_PERSON, *Mode]),
        "is_discreet": st.booleans(),
        "status": st.sampled_from(Status),
    }
)


@given(
    case=cases,
    method=st.sampled_from(["REQUEST", "CANCEL", "PUBLISH", "FEED"]),
    name=names,
    host=hosts,
    language=st.sampled_from(["en", "es"]),
)
@pytest.mark.security(51)
def test_files_keep_the_rules_whatever_is_in_them(case, method, name, host, language):
    consultation = in_memory(**case)

    with translation.override(language):
        file = written(consultation, method, f"{name}@{host}")

    event = calendar_rules.read(file).event
    assert (event["DTSTART"], event["SEQUENCE"]) == (
        case["starts_at"].astimezone(UTC).replace(microsecond=0),
        case["sequence"],
    )
    to = f"{name}@{host.encode('idna').decode()}"
    assert event.get("ATTENDEE") == (to if method in ("REQUEST", "CANCEL") else None)
    alike(file, event)


@pytest.mark.parametrize(
    ("street", "said"),
    [
        ("1 Main; Suite 2, back\\door", "1 Main; Suite 2, back\\door"),
        ("1 Main\r\nSuite 2", "1 Main, Suite 2"),
        ("1 Main\rSuite\x0b2", "1 Main, Suite, 2"),
        ("1 Main\u2028Suite\u20292\x85", "1 Main, Suite, 2, "),
        ("1\x07 Main\x7f\x1b", "1 Main"),
        ("Peña 日本 🙂" * 9, "Peña 日本 🙂" * 9),
        ("BEGIN:VALARM\nEND:VEVENT", "BEGIN:VALARM, END:VEVENT"),
    ],
)
@pytest.mark.security(51)
def test_place_is_one_line_that_every_calendar_can_carry(street, said):
    where = {"mode": Mode.IN_PERSON, "is_discreet": False, "starts_at": AT, "status": "scheduled"}
    consultation = in_memory(text="", sequence=0, **where)
    consultation.location.street_address = street

    event = calendar_rules.read(ics.build_download(consultation)).event

    assert event["LOCATION"] == f"{said}, , CA "


def alike(file: bytes, event: dict) -> None:
    """Two other libraries read the same in it."""
    theirs = vobject.readOne(file.decode()).vevent
    (ours,) = Calendar.from_ical(file).walk("VEVENT")
    assert theirs.dtstart.value == ours["DTSTART"].dt == event["DTSTART"]
    assert theirs.uid.value == ours["UID"] == event["UID"]
    assert theirs.location.value == ours["LOCATION"] == event["LOCATION"]
    assert theirs.summary.value == ours["SUMMARY"] == event["SUMMARY"]


def in_memory(*, text, starts_at, status, sequence, mode, is_discreet):
    place = Location(name=text, street_address=text, city=text, postal_code=text)
    request = ConsultationRequest(
        preferred_name=text, phone="+17145550177", is_discreet=is_discreet, note=text
    )
    return Consultation(
        request=request,
        counselor=Counselor(public_name=text, meeting_link="https://video.example.org/zqx"),
        location=place,
        mode=mode,
        status=status,
        sequence=sequence,
        starts_at=starts_at,
        ends_at=starts_at.astimezone(UTC) + timedelta(minutes=45),
        booked_at=NOW,
    )


def written(consultation, method, attendee=None):
    if method == "REQUEST":
        return ics.build_invitation(consultation, attendee=attendee)
    if method == "CANCEL":
        return ics.build_cancellation(consultation, attendee=attendee)
    if method == "PUBLISH":
        return ics.build_download(consultation)
    return ics.build_feed([consultation], secret="secret")


# Through the whole life, over real SMTP


@pytest.fixture
def world(db, time_machine, inbox):
    """Dana and Mina, who are always there, and staff; the clock stands still by day."""
    time_machine.move_to(NOW, tick=False)
    return World(inbox)


class World:
    """A consultation that goes on, and the calendar parts of what its requester gets."""

    def __init__(self, inbox):
        self.inbox, self.staff = inbox, make_user("coordinator")
        self.dana, self.mina = make_counselor(), make_counselor(public_name="Mina")
        self.request = consultations.request_consultation(
            key=uuid.uuid4(),
            starts_at=AT,
            mode=Mode.PHONE,
            details=make_details(email="jo+o'brien@example.com"),
            consents={"contact": True, "email": True, "text": False},
        )
        self.got = []
        self.deliver()

    @property
    def standing(self):
        return self.request.standing_consultation()

    def deliver(self):
        """Send what is due, and keep what came to the requester, by the strict reader."""
        del self.inbox[:]
        for message in Message.objects.due(now=datetime.now(UTC)).order_by("pk"):
            delivery.deliver_message(message.pk)
        theirs = [each for each in self.inbox if "o'brien" in each["To"]]
        self.got += [calendar_of(letter) for letter in theirs]

    def act(self, service, **named):
        service(**named)
        self.deliver()

    def move(self, starts_at):
        self.act(
            moves.move_consultation,
            key=uuid.uuid4(),
            request=self.request,
            starts_at=starts_at,
        )

    def cancel(self):
        self.act(consultations.cancel_consultation, key=uuid.uuid4(), request=self.request)

    def staff_move(self, starts_at):
        self.act(
            by_staff.reschedule_consultation,
            request_id=self.request.pk,
            starts_at=starts_at,
            by=self.staff,
        )

    def go_away(self, decide):
        """The counselor is away at that time; `decide` takes the consultation and says what."""
        old = self.standing
        self.act(
            absences.record_absence,
            counselor=old.counselor,
            starts_at=old.starts_at - HOUR,
            ends_at=old.ends_at + HOUR,
            reason="Training",
            decisions={old.pk: decide(old)},
            by=self.staff,
        )

    def colleague_of(self, old):
        return self.mina.pk if old.counselor_id == self.dana.pk else self.dana.pk

    def close(self):
        self.act(
            outcomes.close_request,
            request_id=self.request.pk,
            by=self.staff,
            disposition="not_admitted",
            reason="not_ready",
        )

    def book_again(self):
        self.act(
            by_staff.book_for_request,
            key=uuid.uuid4(),
            request_id=self.request.pk,
            by=self.staff,
            pick=SlotChoice(AT + 5 * HOUR, Mode.PHONE, self.mina.pk),
        )

    def told(self):
        """(method, start, sequence) of each calendar that arrived, under one UID."""
        assert len({read.event["UID"] for read in self.got}) == 1
        return [(r.method, r.event["DTSTART"], r.event["SEQUENCE"]) for r in self.got]


def calendar_of(letter) -> calendar_rules.Read:
    """The invitation in a letter, once its MIME parts say the same as the file."""
    (part,) = [each for each in letter.walk() if each.get_content_type() == "text/calendar"]
    (file,) = [each for each in letter.walk() if each.get_content_type() == "application/ics"]
    read = calendar_rules.read(part.get_payload(decode=True))
    assert part.get_payload(decode=True) == file.get_payload(decode=True)
    assert (part.get_param("method"), part.get_content_charset()) == (read.method, "utf-8")
    assert (file.get_filename(), file.get_param("name")) == ("appointment.ics",) * 2
    assert (part["Content-Transfer-Encoding"], part.get_content_disposition()) == ("base64", None)
    assert shape(letter) == SHAPE
    assert read.event["ORGANIZER"] == parseaddr(letter["From"])[1] == settings.MAIL_FROM
    assert read.event["ATTENDEE"] == parseaddr(letter["To"])[1] == letter["X-Envelope-To"]
    return read


SHAPE = [
    "multipart/mixed",
    "multipart/alternative",
    "text/plain",
    "text/html",
    "text/calendar",
    "application/ics",
]


def shape(letter) -> list[str]:
    return [part.get_content_type() for part in letter.walk()]


def test_one_entry_lives_from_booking_over_moves_and_a_hand_over_to_the_cancellation(world):
    world.move(AT + HOUR)
    world.staff_move(AT + 2 * HOUR)
    world.go_away(world.colleague_of)
    world.move(AT + 3 * HOUR)
    world.cancel()

    assert world.told() == [
        ("REQUEST", AT, 0),
        ("REQUEST", AT + HOUR, 1),
        ("REQUEST", AT + 2 * HOUR, 2),
        ("REQUEST", AT + 2 * HOUR, 3),
        ("REQUEST", AT + 3 * HOUR, 4),
        ("CANCEL", AT + 3 * HOUR, 5),
    ]


def test_entry_goes_when_staff_close_the_request(world):
    world.close()

    assert world.told() == [("REQUEST", AT, 0), ("CANCEL", AT, 1)]


def test_entry_goes_when_we_cannot_keep_the_time_and_comes_back_with_a_new_one(world):
    world.go_away(lambda _old: absences.CANCEL)
    world.book_again()

    assert world.told() == [
        ("REQUEST", AT, 0),
        ("CANCEL", AT, 1),
        ("REQUEST", AT + 5 * HOUR, 2),
    ]


def test_entry_moves_when_staff_rebook_before_word_of_the_cancellation_went(world):
    world.deliver = partial(setattr, world, "held_back", True)
    world.go_away(lambda _old: absences.CANCEL)
    del world.deliver
    world.book_again()

    assert world.told() == [("REQUEST", AT, 0), ("REQUEST", AT + 5 * HOUR, 2)]


def test_second_try_after_a_lost_answer_repeats_the_entry(world):
    message = world.request.messages.get(kind="confirmation")
    Message.objects.filter(pk=message.pk).update(
        state="sending", lease=uuid.uuid4(), lease_until=NOW - HOUR, finished_at=None
    )

    world.deliver()

    assert world.told() == [("REQUEST", AT, 0)] * 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("is_discreet", "mode", "where"),
    [
        (True, Mode.PHONE, "Phone"),
        (True, Mode.VIDEO, "Video"),
        (True, Mode.IN_PERSON, "In person"),
        (False, Mode.PHONE, "Phone"),
        (False, Mode.IN_PERSON, None),
    ],
)
def test_entry_names_the_place_only_to_those_who_let_us_be_named(is_discreet, mode, where):
    request = make_request(is_discreet=is_discreet)
    consultation = make_consultation(starts_at=AT, request=request, mode=mode)

    files = [written(consultation, each, "jo@example.com") for each in ("REQUEST", "PUBLISH")]

    said = {calendar_rules.read(file).event["LOCATION"] for file in files}
    assert said == {where or consultation.location.address}


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "PUBLISH", "FEED"])
@pytest.mark.parametrize("is_discreet", [True, False])
@pytest.mark.parametrize("mode", Mode)
def test_file_carries_no_number_link_name_or_note(method, is_discreet, mode):
    request = make_request(
        preferred_name="Zqx", phone="+17145550177", note="zqx", is_discreet=is_discreet
    )
    counselor = make_counselor(public_name="Zqx Dana")
    consultation = make_consultation(starts_at=AT, request=request, counselor=counselor, mode=mode)

    text = written(consultation, method, "jo@example.com").decode().replace("\r\n ", "")

    traces = rf"(?i)zqx|5550177|dana|https?:|tel:|{request.reference}|recovery|addict|treat"
    assert re.findall(traces, text) == []


@pytest.mark.django_db
def test_entry_speaks_the_language_of_its_person(inbox, time_machine):
    time_machine.move_to(NOW, tick=False)
    consultation = make_consultation(starts_at=AT, request=make_request(language="es"))
    message = make_message("confirmation", consultation=consultation, due_at=NOW)

    delivery.deliver_message(message.pk)

    event = calendar_of(inbox[0]).event
    assert (event["SUMMARY"], event["LOCATION"], event["DESCRIPTION"]) == (
        "Cita",
        "Teléfono",
        "Le llamaremos.\nPara cambiar o cancelar, use el enlace de nuestro correo.",
    )
