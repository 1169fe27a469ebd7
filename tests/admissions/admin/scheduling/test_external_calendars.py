"""A counselor's own page for their calendars, and the director's for everyone's."""

import re
from html import unescape
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from admissions.audit.models import AuditEvent
from admissions.calendars import busy_import
from admissions.scheduling.models import BusyTime, CalendarFeed, ExternalCalendar
from admissions.tokens import hash_token
from tests.support import factories
from tests.support.desk import NOW, booked, minutes

pytestmark = pytest.mark.django_db

DESK = "/admin/admissions/calendarfeed/"
ADDRESS = re.compile(r'value="(http[^"]*/feeds/[\w-]{43}\.ics)"')


@pytest.fixture
def dana(client):
    """A counselor who is signed in."""
    counselor = factories.make_counselor(user=factories.make_user("counselor", first_name="Dana"))
    client.force_login(counselor.user)
    return counselor


def step(counselor, name):
    return f"{DESK}{counselor.pk}/{name}/"


def shown_address(response):
    return ADDRESS.findall(response.content.decode())


def test_counselor_makes_an_address_that_answers_and_is_shown_once(client, dana):
    made = client.post(step(dana, "make"))

    (address,) = shown_address(made)
    assert made["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert Client().get(address).status_code == 200
    assert shown_address(client.get(DESK)) == []


def test_counselor_replaces_and_revokes_an_address(client, dana):
    first, second = (shown_address(client.post(step(dana, "make")))[0] for _ in range(2))
    after_replacing = [Client().get(each).status_code for each in (first, second)]

    answer = client.post(step(dana, "revoke"), follow=True)

    assert after_replacing == [404, 200]
    assert Client().get(second).status_code == 404
    assert "There is no private address yet." in answer.content.decode()


def test_director_revokes_for_anyone_but_makes_for_nobody_else(client, director):
    counselor = factories.make_counselor()
    CalendarFeed.objects.create(counselor=counselor, sha256="0" * 64)

    made = client.post(step(counselor, "make"))
    revoked = client.post(step(counselor, "revoke"))

    assert (made.status_code, revoked.status_code) == (403, 302)
    assert CalendarFeed.objects.count() == 0
    (event,) = AuditEvent.objects.without_views()
    assert (event.type, event.actor, event.counselor) == ("feed_revoked", director, counselor)


@pytest.mark.parametrize("name", ["make", "revoke"])
@pytest.mark.parametrize("role", ["coordinator", "counselor", "content editor", None])
def test_nobody_else_touches_the_feed_of_a_counselor(client, role, name):
    counselor = factories.make_counselor()
    CalendarFeed.objects.create(counselor=counselor, sha256="0" * 64)
    client.force_login(factories.make_user(role))

    answer = client.post(step(counselor, name))

    assert answer.status_code == 403
    assert (CalendarFeed.objects.get().sha256, AuditEvent.objects.without_views().count()) == (
        "0" * 64,
        0,
    )


@pytest.mark.parametrize("role", ["coordinator", "content editor", None])
def test_counselor_row_alone_opens_nothing(client, role):
    counselor = factories.make_counselor(user=factories.make_user(role))
    client.force_login(counselor.user)

    answers = [client.get(DESK), client.get(f"{DESK}{counselor.pk}/")]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert client.post(step(counselor, "make")).status_code == 403


@pytest.mark.parametrize("name", ["make", "revoke"])
def test_looking_changes_nothing(client, dana, name):
    CalendarFeed.objects.create(counselor=dana, sha256="0" * 64)

    answer = client.get(step(dana, name))

    assert (answer.status_code, CalendarFeed.objects.get().sha256) == (405, "0" * 64)


@pytest.mark.parametrize("name", ["make", "revoke"])
def test_form_from_elsewhere_is_refused(dana, name):
    strict = factories.StaffClient(enforce_csrf_checks=True)
    strict.force_login(dana.user)

    assert strict.post(step(dana, name)).status_code == 403


def test_counselor_of_no_consultations_is_told_so(client):
    client.force_login(factories.make_user("counselor"))

    assert "You hold no consultations" in client.get(DESK).content.decode()


def test_unknown_counselor_is_not_found(client, director):
    addresses = [f"{DESK}1234567/", f"{DESK}{'9' * 30}/"]

    assert [client.get(each).status_code for each in addresses] == [404, 404]


def test_list_asks_the_same_for_one_and_thirty(client, director):
    factories.make_counselor()
    with CaptureQueriesContext(connection) as for_one:
        client.get(DESK)
    for number in range(29):
        CalendarFeed.objects.create(counselor=factories.make_counselor(), sha256=str(number))

    with CaptureQueriesContext(connection) as for_thirty:
        client.get(DESK)

    assert len(for_thirty) == len(for_one)


# Busy time


SECRET = "https://calendar.example/private-5d41402abc/basic.ics"
FILE = (
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1@elsewhere\r\nSUMMARY:Zqx\r\n"
    b"DTSTART:20261125T170000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def upload(content=FILE, label="Holidays"):
    return {"label": label, "file": SimpleUploadedFile("cal.ics", content)}


def read_all():
    """What the worker does with every calendar that is due."""
    for calendar in ExternalCalendar.objects.due(now=NOW):
        busy_import.refresh_busy_times(calendar.pk)


def words(response):
    return " ".join(unescape(strip_tags(response.content.decode())).split())


def test_counselor_adds_a_file_and_sees_what_it_holds(client, dana):
    added = client.post(step(dana, "file"), upload(), follow=True)
    read_all()
    answer = client.get(f"{DESK}{dana.pk}/")

    assert added.redirect_chain == [(f"{DESK}{dana.pk}/", 302)]
    assert "Holidays A file, read once. Not read yet." in words(added)
    assert (
        "Holidays A file, read once. Read Tue, Nov 24, 2:11 pm. It covers the time until "
        "Mon, Feb 22, 2:11 pm. 1 busy time ahead Remove Holidays" in words(answer)
    )
    assert "Zqx" not in words(answer)


def test_counselor_adds_an_address_that_is_never_shown_again(client, dana):
    answer = client.post(step(dana, "address"), {"label": "Work", "address": SECRET}, follow=True)

    assert "Work From calendar.example. Not read yet. 0 busy times ahead" in words(answer)
    assert "private-5d41402abc" not in answer.content.decode()
    assert ExternalCalendar.objects.get().address == SECRET


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("http://calendar.example/5d41402abc", "This is no plain https address."),
        ("5d41402abc", "This is no plain https address."),
        ("http://127.0.0.1:8000/5d41402abc", "This is no plain https address."),
        ("", "Paste the address of the calendar."),
    ],
)
def test_address_that_cannot_be_read_is_refused_and_not_repeated(client, dana, address, error):
    answer = client.post(step(dana, "address"), {"label": "Work", "address": address})

    assert answer.context["address_form"].errors == {"address": [error]}
    assert "5d41402abc" not in answer.content.decode()
    assert ExternalCalendar.objects.count() == 0


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"<html>", "What came is no whole calendar file."),
        (b"", "This file is empty."),
        (b"x" * (10 * 1024 * 1024 + 1), "Choose a file of at most 10 MB."),
        (b"x" * 11 * 1024 * 1024, "Choose a file of at most 10 MB."),
    ],
    ids=["no calendar", "empty", "a byte too large", "11 MB"],
)
@pytest.mark.security(102)
def test_file_that_cannot_be_taken_over_is_refused(client, dana, content, error):
    answer = client.post(step(dana, "file"), upload(content))

    assert answer.context["file"].errors == {"file": [error]}
    assert ExternalCalendar.objects.count() == 0


def test_file_that_could_not_be_read_says_why(client, dana):
    client.post(step(dana, "file"), upload(b"BEGIN:VEVENT\r\nEND:VCALENDAR\r\n"))
    read_all()

    answer = client.get(f"{DESK}{dana.pk}/")

    assert (
        "What came is no whole calendar file. Nothing of this file counts: remove it, and add"
        " a new one." in words(answer)
    )


@pytest.mark.security(102)
def test_upload_never_touches_the_disk(client, dana, settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "missing")

    answer = client.post(step(dana, "file"), upload(b"x" * 11 * 1024 * 1024))

    assert answer.status_code == 200


def test_file_from_whoever_is_not_signed_in_is_not_taken(rf):
    """Not even into memory."""
    request = rf.post("/", upload())
    request.user = AnonymousUser()

    assert request.POST["label"] == "Holidays"
    assert not request.FILES


@pytest.mark.parametrize(
    ("lines", "trouble"),
    [
        (
            "DTSTART;TZID=Mars/Olympus:20261125T170000",
            "An event in it names a time zone that we do not know. "
            "It is on Wed, Nov 25, 2026, line 4 of the file: change or delete it in your calendar.",
        ),
        (
            "DTSTART:20261125T170000Z\r\nRRULE:FREQ=NONSENSE",
            "An event in it could not be read. "
            "It is on Wed, Nov 25, 2026, line 5 of the file: change or delete it in your calendar.",
        ),
        (
            "DTSTART:sometime",
            "An event in it could not be read. Look at line 4 of the file.",
        ),
    ],
    ids=["zone", "rule", "no date"],
)
def test_refusal_names_the_event_and_its_line(client, dana, lines, trouble):
    file = (
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Zqx\r\n"
        f"{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    client.post(step(dana, "file"), upload(file.encode()))
    read_all()

    page = words(client.get(f"{DESK}{dana.pk}/"))

    assert f"{trouble} Nothing of this file counts: remove it, and add a new one." in page
    assert "Zqx" not in page


def test_calendar_that_is_read_again_names_no_event(client, dana):
    calendar = make_calendar(
        dana, failures=1, last_reason="zone", failing_since=NOW, refused_line=4,
        refused_event_on=NOW.date(),
    )  # fmt: skip
    ExternalCalendar.objects.filter(pk=calendar.pk).update(lease=uuid4(), lease_until=NOW)
    calendar.refresh_from_db()

    busy_import.complete_refresh(calendar, [])

    assert "line 4" not in words(client.get(DESK))


def test_sixth_calendar_is_refused_kindly(client, dana):
    for number in range(5):
        make_calendar(dana, address=f"{SECRET}?{number}")

    answer = client.post(step(dana, "file"), upload())

    assert answer.context["file"].non_field_errors() == [
        "There are five calendars already. Remove one first."
    ]


def make_calendar(counselor, **columns):
    values = {"kind": "address", "label": "Work", "address": SECRET, "next_refresh_at": NOW}
    values |= columns
    mark = hash_token(values["address"])
    return ExternalCalendar.objects.create(counselor=counselor, address_sha256=mark, **values)


def test_counselor_removes_a_calendar_with_its_times(client, dana):
    client.post(step(dana, "file"), upload())
    read_all()

    answer = client.post(step(dana, f"remove/{ExternalCalendar.objects.get().pk}"), follow=True)

    assert BusyTime.objects.count() == 0
    assert "No other calendar is known." in words(answer)


def test_failure_is_told_in_plain_words(client, dana):
    make_calendar(dana, last_read_at=NOW, failures=2, last_reason="certificate", failing_since=NOW)

    assert (
        "From calendar.example. Last read Tue, Nov 24, 2:11 pm. The other side could not prove who "
        "it is. It has failed since Tue, Nov 24, 2:11 pm; what was read before still counts."
    ) in words(client.get(DESK))


def test_conflict_is_named_with_its_request(client, dana):
    consultation = booked(minutes(60), counselor=dana)
    make_calendar(dana).busy_times.create(
        counselor=dana, starts_at=consultation.starts_at, ends_at=consultation.ends_at
    )

    page, today = client.get(DESK), client.get("/admin/")

    assert f"Tue, Nov 24, 3:11 pm {consultation.request.reference}" in words(page)
    assert "One consultation stands in busy time" in words(today)


def test_today_names_a_calendar_that_failed_for_a_day(client, director):
    counselor = factories.make_counselor()
    day_ago = minutes(-24 * 60)
    make_calendar(counselor, failures=9, last_reason="slow", failing_since=day_ago)

    assert "Not read for a day Dana The answer took too long." in words(client.get("/admin/"))


def test_today_says_nothing_while_all_is_well(client, dana):
    make_calendar(dana, last_read_at=NOW)

    assert "Own calendars" not in words(client.get("/admin/"))


def test_director_keeps_the_calendars_of_anyone(client, director):
    counselor = factories.make_counselor()

    client.post(step(counselor, "address"), {"label": "Work", "address": SECRET})
    client.post(step(counselor, "file"), upload())
    client.post(step(counselor, f"remove/{ExternalCalendar.objects.first().pk}"))

    assert [each.label for each in ExternalCalendar.objects.all()] == ["Holidays"]
    assert {event.actor for event in AuditEvent.objects.without_views()} == {director}


@pytest.mark.parametrize("role", ["coordinator", "counselor", "content editor", None])
@pytest.mark.security(20)
def test_nobody_else_touches_the_calendars_of_a_counselor(client, role):
    counselor = factories.make_counselor()
    calendar = make_calendar(counselor)
    client.force_login(factories.make_user(role))

    answers = [
        client.post(step(counselor, "address"), {"label": "Work", "address": SECRET + "?2"}),
        client.post(step(counselor, "file"), upload()),
        client.post(step(counselor, f"remove/{calendar.pk}")),
    ]

    assert [answer.status_code for answer in answers] == [403] * 3
    assert ExternalCalendar.objects.get() == calendar


@pytest.mark.security(24)
def test_counselor_cannot_remove_anothers_by_its_number(client, dana):
    calendar = make_calendar(factories.make_counselor())

    client.post(step(dana, f"remove/{calendar.pk}"))

    assert ExternalCalendar.objects.get() == calendar


@pytest.mark.parametrize("name", ["file", "address", "remove/1"])
def test_calendars_change_by_forms_of_ours_only(client, dana, name):
    strict = factories.StaffClient(enforce_csrf_checks=True)
    strict.force_login(dana.user)

    assert (
        client.get(step(dana, name)).status_code,
        strict.post(step(dana, name)).status_code,
    ) == (
        405,
        403,
    )


def test_page_asks_the_same_for_one_calendar_and_five(client, dana):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            client.get(DESK)
        return len(asked)

    def fill(number):
        calendar = make_calendar(dana, address=f"{SECRET}?{number}")
        start = minutes(60 * (1 + number))
        booked(start, counselor=dana)
        calendar.busy_times.create(
            counselor=dana, starts_at=start, ends_at=minutes(61 + 60 * number)
        )

    fill(0)
    for_one = queries()
    for number in range(1, 5):
        fill(number)

    assert queries() == for_one
