"""Busy time: read when due, by one worker, kept when that fails, and held against offers."""

import logging
import uuid
from datetime import UTC, datetime, time, timedelta
from threading import Thread
from time import perf_counter

import pytest
from django.db import IntegrityError, connection, transaction

from admissions.audit.models import AuditEvent
from admissions.calendars import busy_import, external_calendars, safe_http, tasks
from admissions.scheduling import availability
from admissions.scheduling.models import (
    BusyTime,
    CalendarRefused,
    Consultation,
    ExternalCalendar,
    Mode,
)
from admissions.tokens import hash_token
from recovery_site.celery import app
from tests.support.broker import tasks_in_place
from tests.support.factories import make_consultation, make_counselor, make_user
from users.models import User

NOW = datetime(2027, 1, 4, 16, tzinfo=UTC)
AT = datetime(2027, 1, 5, 17, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SECRET = "https://calendar.example/private-5d41402abc/basic.ics"
Kind, Reason, Type = ExternalCalendar.Kind, ExternalCalendar.Reason, AuditEvent.Type
FIELDS = ["last_reason", "failures", "failing_since", "last_read_at", "next_refresh_at"]

pytestmark = pytest.mark.stopped_at(NOW)


def file(*starts, hours=1, extra=""):
    """A calendar with an event at each of these moments."""
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{n}@elsewhere\r\nSUMMARY:Zqx Canary\r\n"
        f"DTSTART:{at:%Y%m%dT%H%M%SZ}\r\nDURATION:PT{hours}H\r\n{extra}END:VEVENT\r\n"
        for n, at in enumerate(starts)
    )
    return f"BEGIN:VCALENDAR\r\n{events}END:VCALENDAR\r\n".encode()


class Elsewhere:
    """The internet: what stands there now, and how often it was asked."""

    def __init__(self):
        self.asked, self.stands = [], file(AT)

    def __call__(self, address):
        self.asked.append(address)
        if isinstance(self.stands, Exception):
            raise self.stands
        return self.stands


@pytest.fixture
def elsewhere(monkeypatch):
    elsewhere = Elsewhere()
    monkeypatch.setattr(safe_http, "fetch_file", elsewhere)
    return elsewhere


def make_calendar(counselor=None, **columns):
    columns.setdefault("next_refresh_at", NOW)
    columns.setdefault("address", SECRET)
    return ExternalCalendar.objects.create(
        counselor=counselor or make_counselor(),
        kind=Kind.ADDRESS,
        label="Work",
        address_sha256=hash_token(columns["address"]),
        **columns,
    )


def make_busy(counselor, starts_at, ends_at):
    calendar = ExternalCalendar.objects.filter(counselor=counselor).first()
    calendar = calendar or make_calendar(counselor)
    return calendar.busy_times.create(counselor=counselor, starts_at=starts_at, ends_at=ends_at)


def times(**of):
    found = BusyTime.objects.filter(**of).order_by("starts_at")
    return list(found.values_list("starts_at", "ends_at"))


def state(calendar):
    calendar.refresh_from_db()
    return tuple(getattr(calendar, name) for name in FIELDS)


# Reading anew


@pytest.mark.django_db
def test_due_calendar_is_read_and_due_again_in_a_quarter_of_an_hour(elsewhere):
    calendar = make_calendar()

    done = busy_import.refresh_busy_times(calendar.pk)

    assert (done, elsewhere.asked, times()) == ("", [SECRET], [(AT, AT + HOUR)])
    assert state(calendar) == ("", 0, None, NOW, NOW + 15 * MINUTE)
    assert (calendar.lease, calendar.lease_until) == (None, None)


@pytest.mark.django_db
def test_reading_keeps_no_word_of_the_calendar(elsewhere):
    make_calendar()
    busy_import.refresh_busy_times(ExternalCalendar.objects.get().pk)

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM admissions_busytime t")
        rows = cursor.fetchall()
        cursor.execute("SELECT row_to_json(t)::text FROM admissions_externalcalendar t")
        rows += cursor.fetchall()
    assert (len(rows), [row for (row,) in rows if "Zqx" in row]) == (2, [])


@pytest.mark.django_db
def test_new_times_take_the_place_of_the_old_of_this_calendar_only(elsewhere):
    dana = make_counselor()
    mine, other = make_calendar(dana), make_calendar(dana, address=SECRET + "?2")
    for calendar in (mine, other):
        busy_import.refresh_busy_times(calendar.pk)
    elsewhere.stands = file(AT + DAY)
    ExternalCalendar.objects.update(next_refresh_at=NOW)

    busy_import.refresh_busy_times(mine.pk)

    assert times(external_calendar=mine) == [(AT + DAY, AT + DAY + HOUR)]
    assert times(external_calendar=other) == [(AT, AT + HOUR)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("stands", "reason"),
    [
        (CalendarRefused(Reason.SLOW), Reason.SLOW),
        (b"<html>", Reason.NO_CALENDAR),
        (file(AT)[:-9], Reason.NO_CALENDAR),
        (file(AT, extra="RRULE:FREQ=NONSENSE\r\n"), Reason.BROKEN),
        (file(AT).replace(b"START:", b"START;TZID=Mars:").replace(b"Z\r", b"\r"), Reason.ZONE),
    ],
)
def test_failure_keeps_what_was_read_and_says_why(elsewhere, stands, reason, time_machine):
    calendar = make_calendar()
    busy_import.refresh_busy_times(calendar.pk)
    elsewhere.stands = stands
    time_machine.move_to(NOW + 15 * MINUTE, tick=False)

    done = busy_import.refresh_busy_times(calendar.pk)

    failed_at = NOW + 15 * MINUTE
    assert (done, times()) == (reason, [(AT, AT + HOUR)])
    assert state(calendar) == (reason, 1, failed_at, NOW, failed_at + 15 * MINUTE)


@pytest.mark.django_db
def test_failures_wait_longer_and_longer_and_end_with_a_success(elsewhere, time_machine):
    calendar = make_calendar()
    elsewhere.stands = CalendarRefused(Reason.UNREACHABLE)

    pauses, at = [], NOW
    for _try in range(7):
        time_machine.move_to(at, tick=False)
        busy_import.refresh_busy_times(calendar.pk)
        calendar.refresh_from_db()
        pauses.append((calendar.next_refresh_at - at) // MINUTE)
        at = calendar.next_refresh_at
    failing = state(calendar)[:3]
    elsewhere.stands = file(AT)
    time_machine.move_to(at, tick=False)
    busy_import.refresh_busy_times(calendar.pk)

    assert pauses == [15, 30, 60, 120, 240, 360, 360]
    assert failing == (Reason.UNREACHABLE, 7, NOW)
    assert state(calendar) == ("", 0, None, at, at + 15 * MINUTE)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "columns",
    [
        {"next_refresh_at": NOW + MINUTE},
        {"lease": uuid.uuid4(), "lease_until": NOW + MINUTE},
    ],
    ids=["not due", "in hand"],
)
def test_calendar_that_is_not_ours_to_read_is_left_alone(elsewhere, columns):
    calendar = make_calendar(**columns)

    assert (busy_import.refresh_busy_times(calendar.pk), elsewhere.asked) == (None, [])


@pytest.mark.django_db
def test_calendar_that_a_dead_worker_left_is_read(elsewhere):
    calendar = make_calendar(lease=uuid.uuid4(), lease_until=NOW - MINUTE)

    assert busy_import.refresh_busy_times(calendar.pk) == ""


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["is_active", "is_staff"])
def test_calendar_of_someone_who_has_left_is_not_read(elsewhere, column):
    calendar = make_calendar()
    User.objects.update(**{column: False})

    assert (busy_import.refresh_busy_times(calendar.pk), elsewhere.asked) == (None, [])


@pytest.mark.django_db
@pytest.mark.parametrize("stands", [file(AT), CalendarRefused(Reason.SLOW)])
def test_worker_that_comes_too_late_changes_nothing(monkeypatch, stands):
    calendar = make_calendar()
    taken = {"lease": uuid.uuid4(), "lease_until": NOW + MINUTE}

    def slow(address):
        ExternalCalendar.objects.update(**taken)
        if isinstance(stands, Exception):
            raise stands
        return stands

    monkeypatch.setattr(safe_http, "fetch_file", slow)

    done = busy_import.refresh_busy_times(calendar.pk)

    calendar.refresh_from_db()
    assert (done, times(), calendar.lease, calendar.failures) == (None, [], taken["lease"], 0)


@pytest.mark.django_db
def test_calendar_removed_while_it_was_read_stays_removed(monkeypatch):
    calendar = make_calendar()

    def removing(address):
        ExternalCalendar.objects.all().delete()
        return file(AT)

    monkeypatch.setattr(safe_http, "fetch_file", removing)

    assert (busy_import.refresh_busy_times(calendar.pk), times()) == (None, [])


def test_two_workers_at_once_read_once(real_commits, elsewhere):
    calendar = make_calendar()

    def work():
        busy_import.refresh_busy_times(calendar.pk)
        connection.close()

    workers = [Thread(target=work) for _each in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert (len(elsewhere.asked), times()) == (1, [(AT, AT + HOUR)])


# A file that would harm


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "events"),
    [("FREQ=SECONDLY", 1), ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 300)],
    ids=["millions of events", "a search without end"],
)
def test_few_lines_that_take_long_to_understand_are_refused(rule, events, monkeypatch):
    """By a process with little time and memory, so that the site does not notice."""
    monkeypatch.setattr(busy_import, "PARSER_TIMEOUT_SECONDS", 3)
    bomb, began = file(*[AT] * events, extra=f"RRULE:{rule}\r\n"), perf_counter()

    with pytest.raises(CalendarRefused) as caught:
        busy_import.run_parser(bomb, make_counselor())

    assert perf_counter() - began < 8
    assert caught.value.reason == Reason.TOO_MUCH


# The sweep


@pytest.fixture
def at_once():
    with tasks_in_place():
        yield


@pytest.mark.django_db
def test_sweep_reads_what_is_due_and_nothing_else(at_once, elsewhere):
    dana = make_counselor()
    for number, at in enumerate([NOW - HOUR, NOW, NOW + MINUTE]):
        make_calendar(dana, address=f"{SECRET}?{number}", next_refresh_at=at)
    ExternalCalendar.objects.create(counselor=dana, kind=Kind.UPLOAD, label="File")

    counts = tasks.refresh_due_calendars(), tasks.refresh_due_calendars()

    assert (counts, elsewhere.asked) == ((2, 0), [f"{SECRET}?0", f"{SECRET}?1"])


def test_beat_sweeps_every_minute():
    schedule = app.conf.beat_schedule["read calendars that are due"]

    assert (schedule["task"], schedule["schedule"]) == (
        tasks.refresh_due_calendars.name,
        timedelta(seconds=60),
    )


def test_new_address_is_read_once_it_is_committed(real_commits, at_once, elsewhere):
    dana = make_counselor()

    external_calendars.add_calendar_address(
        counselor_id=dana.pk, by=dana.user, label="Work", address=SECRET
    )

    assert times() == [(AT, AT + HOUR)]


@pytest.mark.django_db
def test_address_is_told_to_no_log(elsewhere, caplog):
    caplog.set_level(logging.DEBUG)
    calendar = make_calendar()
    elsewhere.stands = CalendarRefused(Reason.ERROR)

    busy_import.refresh_busy_times(calendar.pk)

    lines = [each.getMessage() for each in caplog.records if each.name != "django.db.backends"]
    assert lines == [f"Calendar {calendar.pk} was not read: error"]


# Added and removed


@pytest.fixture
def dana(db):
    return make_counselor()


def add_file(counselor, content, label="Holidays"):
    calendar = external_calendars.add_calendar_file(
        counselor_id=counselor.pk, by=counselor.user, label=label, file=content
    )
    busy_import.refresh_busy_times(calendar.pk)
    return calendar


def add_address(counselor, address=SECRET):
    return external_calendars.add_calendar_address(
        counselor_id=counselor.pk, by=counselor.user, label="Work", address=address
    )


def acts():
    return list(AuditEvent.objects.order_by("pk").values_list("type", "counselor", "code"))


def test_file_is_taken_over_and_recorded(dana):
    calendar = add_file(dana, file(AT, AT + DAY))

    assert times() == [(AT, AT + HOUR), (AT + DAY, AT + DAY + HOUR)]
    assert state(calendar) == ("", 0, None, NOW, None)
    assert acts() == [(Type.CALENDAR_ADDED, dana.pk, "upload")]


def test_file_waits_encrypted_for_a_worker(dana):
    external_calendars.add_calendar_file(
        counselor_id=dana.pk, by=dana.user, label="Holidays", file=file(AT)
    )

    with connection.cursor() as cursor:
        cursor.execute("SELECT unread_file, next_refresh_at FROM admissions_externalcalendar")
        ((sealed, due_at),) = cursor.fetchall()
    assert due_at == NOW
    assert sealed.startswith("e1.")
    assert times() == []


def test_file_is_forgotten_once_it_is_read(dana):
    calendar = add_file(dana, file(AT))

    calendar.refresh_from_db()
    assert (calendar.unread_file, calendar.next_refresh_at) == ("", None)


def test_file_that_a_worker_cannot_read_is_forgotten_and_says_why(dana):
    calendar = add_file(dana, b"BEGIN:VEVENT\r\nEND:VCALENDAR\r\n")

    calendar.refresh_from_db()
    assert (calendar.unread_file, calendar.next_refresh_at) == ("", None)
    assert (calendar.last_reason, times()) == (Reason.NO_CALENDAR, [])


def test_address_is_encrypted(dana):
    add_address(dana)

    with connection.cursor() as cursor:
        cursor.execute("SELECT address FROM admissions_externalcalendar")
        assert cursor.fetchone()[0].startswith("e1.")


def test_file_that_is_no_calendar_leaves_nothing(dana):
    with pytest.raises(CalendarRefused):
        add_file(dana, b"<html>")

    assert (ExternalCalendar.objects.count(), acts()) == (0, [])


def test_address_is_kept_once_and_recorded_without_itself(dana):
    first, again = add_address(dana, f"webcal://{SECRET[8:]}"), add_address(dana)

    assert (first, first.address, first.next_refresh_at) == (again, SECRET, NOW)
    assert acts() == [(Type.CALENDAR_ADDED, dana.pk, "address")]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://calendar.example/", Reason.BAD_ADDRESS),
        ("https://desk.example/feeds/x.ics", Reason.OURS),
        ("webcal://DESK.example/", Reason.OURS),
    ],
)
def test_address_that_we_shall_never_read_is_refused(dana, settings, address, reason):
    settings.SITE_URL = "https://desk.example"

    with pytest.raises(CalendarRefused) as caught:
        add_address(dana, address)

    assert (caught.value.reason, ExternalCalendar.objects.count()) == (reason, 0)


def test_sixth_calendar_is_refused(dana):
    for number in range(5):
        add_address(dana, f"{SECRET}?{number}")

    for add in (lambda: add_address(dana), lambda: add_file(dana, file(AT))):
        with pytest.raises(external_calendars.TooManyCalendars):
            add()

    assert (add_address(dana, f"{SECRET}?0").label, ExternalCalendar.objects.count()) == ("Work", 5)


def test_removed_calendar_takes_its_busy_times_along(dana):
    calendar, kept = add_file(dana, file(AT)), add_file(dana, file(AT + DAY))

    for _again in range(2):
        external_calendars.remove_calendar(
            counselor_id=dana.pk, calendar_id=calendar.pk, by=dana.user
        )

    assert times() == times(external_calendar=kept)
    assert acts()[2:] == [(Type.CALENDAR_REMOVED, dana.pk, "upload")]


def test_calendar_of_another_counselor_is_not_removed(dana):
    calendar = add_file(dana, file(AT))

    external_calendars.remove_calendar(
        counselor_id=make_counselor().pk, calendar_id=calendar.pk, by=make_user()
    )

    assert ExternalCalendar.objects.get() == calendar


@pytest.mark.django_db
@pytest.mark.parametrize(
    "broken",
    [
        {"address_sha256": ""},
        {"next_refresh_at": None},
        {"kind": Kind.UPLOAD},
        {"lease": uuid.uuid4()},
        {"failures": 1},
        {"last_reason": Reason.SLOW},
        {"failing_since": NOW},
        {"refused_line": 4},
    ],
    ids=lambda columns: next(iter(columns)),
)
def test_row_that_contradicts_itself_is_refused(broken):
    calendar = make_calendar()

    with pytest.raises(IntegrityError, match="external_calendar_"), transaction.atomic():
        ExternalCalendar.objects.filter(pk=calendar.pk).update(**broken)


@pytest.mark.parametrize("hours", [0, -1])
def test_busy_time_that_does_not_end_after_its_start_is_refused(dana, hours):
    with pytest.raises(IntegrityError, match="busy_time_ends_after_start"), transaction.atomic():
        make_busy(dana, AT, AT + hours * HOUR)


def test_same_address_twice_is_refused(dana):
    make_calendar(dana)

    with (
        pytest.raises(IntegrityError, match="external_calendar_address_once"),
        transaction.atomic(),
    ):
        make_calendar(dana)


# Held against offers


def starts(**asked):
    return [slot.starts_at for slot in availability.open_slots(mode=Mode.PHONE, now=NOW, **asked)]


def test_busy_time_is_not_offered_nor_what_would_reach_into_it(dana):
    """45 minutes and a buffer of 15 from 9:00: 8:00 fits before ten past nine, 8:30 does not."""
    before = starts()

    make_busy(dana, AT + 10 * MINUTE, AT + HOUR)

    assert sorted({*before} - {*starts()}) == [AT + n * 30 * MINUTE for n in (0, 1)]


def test_busy_time_of_one_counselor_leaves_the_other(dana):
    other = make_counselor()
    make_busy(dana, AT, AT + HOUR)

    (slot,) = availability.open_slots(mode=Mode.PHONE, now=NOW, at=AT)

    assert slot.counselors == (other.pk,)


def test_busy_time_that_began_long_before_still_holds(dana):
    make_busy(dana, NOW - 9 * DAY, NOW + 89 * DAY)

    assert starts() == []


def test_busy_time_is_none_of_the_daily_cap(dana):
    type(dana).objects.update(daily_cap=1)
    make_busy(dana, AT, AT + HOUR)

    assert starts(at=AT + 2 * HOUR) == [AT + 2 * HOUR]


def test_busy_time_costs_no_question(dana, django_assert_num_queries):
    make_busy(dana, AT, AT + HOUR)

    with django_assert_num_queries(3):
        starts()


def test_busy_time_in_the_way_of_a_consultation_moves_nobody_and_is_named(dana):
    stands = make_consultation(starts_at=AT, counselor=dana)
    make_consultation(starts_at=AT + 2 * HOUR, counselor=dana)
    make_consultation(starts_at=AT, counselor=make_counselor())
    make_consultation(starts_at=AT, counselor=dana, status=Consultation.Status.CANCELED_BY_PERSON)
    make_consultation(starts_at=NOW - HOUR, counselor=dana)

    make_busy(dana, NOW - 2 * HOUR, NOW)
    make_busy(dana, AT - HOUR, AT + MINUTE)
    make_busy(dana, AT + HOUR, AT + 2 * HOUR)
    make_busy(make_counselor(), AT + 2 * HOUR, AT + 3 * HOUR)

    assert busy_import.find_conflicts(dana, now=NOW) == [stands]
    stands.refresh_from_db()
    assert stands.is_standing


def test_desk_hears_of_a_calendar_after_a_day_of_failures(dana, time_machine):
    columns = {"failures": 3, "last_reason": Reason.SLOW, "failing_since": NOW}
    calendar = make_calendar(dana, **columns)
    other = make_calendar(make_counselor(), **columns)
    director = make_user("director")

    early = busy_import.calendar_warnings(by=director, now=NOW + DAY - MINUTE).stale

    assert early == []
    assert busy_import.calendar_warnings(by=director, now=NOW + DAY).stale == [calendar, other]
    assert busy_import.calendar_warnings(by=dana.user, now=NOW + DAY).stale == [calendar]
    assert busy_import.calendar_warnings(by=make_user("counselor"), now=NOW + DAY).stale == []


def test_local_hours_of_a_floating_event_are_the_counselors(dana):
    floating = file(AT).replace(b"T170000Z", b"T090000")

    add_file(dana, floating)

    (pair,) = times()
    assert pair[0].astimezone(dana.zone).time() == time(9)
