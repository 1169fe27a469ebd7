"""A counselor's private feed: what it says, to whom, and when it falls silent."""

import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest
import vobject
from django.conf import settings
from django.test import Client
from icalendar import Calendar

from admissions import tokens
from admissions.audit.models import AuditEvent
from admissions.booking import consultations, moves
from admissions.calendars import feeds
from admissions.scheduling.models import CalendarFeed, Consultation, Counselor, Mode
from tests.support import calendar_rules
from tests.support.factories import make_consultation, make_counselor, make_request
from users.models import User

NOW = datetime(2027, 1, 4, 16, tzinfo=UTC)
AT = datetime(2027, 1, 5, 17, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Type, Status = AuditEvent.Type, Consultation.Status

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


@pytest.fixture
def dana():
    return make_counselor(public_name="Dana Canary")


@pytest.fixture
def token(dana):
    return feeds.create_feed(counselor_id=dana.pk, by=dana.user)


def ask(token, **headers):
    return Client().get(f"/feeds/{token}.ics", headers=headers)


def events(token):
    return Calendar.from_ical(ask(token).content).walk("VEVENT")


def starts(token):
    return [event.decoded("DTSTART") for event in events(token)]


# What it says


@pytest.mark.security(17)
def test_feed_names_the_time_and_the_way_to_talk_and_nothing_else(dana, token):
    request = make_request(preferred_name="Zqx", phone="+17145550177", email="zqx@example.com")
    consultation = make_consultation(starts_at=AT, counselor=dana, request=request, mode=Mode.VIDEO)

    answer = ask(token)

    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    said = {name: event.decoded(name) for name in event if name not in ("UID", "DTSTAMP")}
    assert said == {
        "SEQUENCE": 0,
        "DTSTART": AT,
        "DTEND": AT + timedelta(minutes=45),
        "SUMMARY": "Appointment",
        "LOCATION": "Video",
        "STATUS": "CONFIRMED",
        "TRANSP": "OPAQUE",
        "CLASS": "PRIVATE",
        "ORGANIZER": f"mailto:{settings.MAIL_FROM}",
    }
    traces = rf"(?i)zqx|5550177|canary|dana|{request.reference}|{request.pk}|{consultation.uid}"
    assert re.findall(traces, answer.content.decode()) == []
    assert dana.meeting_link not in answer.content.decode()


def test_feed_tells_apps_when_to_ask_again(token):
    lines = ask(token).content.decode().split("\r\n")

    assert set(lines) == {
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Appointments//EN",
        "METHOD:PUBLISH",
        "X-WR-CALNAME:Appointments",
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
        "X-PUBLISHED-TTL:PT15M",
        "END:VCALENDAR",
        "",
    }


def test_feed_is_read_alike_by_another_library(dana, token):
    for hours in range(3):
        make_consultation(starts_at=AT + hours * HOUR, counselor=dana, mode=Mode.IN_PERSON)

    file = ask(token).content

    calendar = vobject.readOne(file.decode())
    read = [(event.dtstart.value, event.dtend.value) for event in calendar.vevent_list]
    wanted = [AT + hours * HOUR for hours in range(3)]
    assert read == [(start, start + timedelta(minutes=45)) for start in wanted]
    assert len({event.uid.value for event in calendar.vevent_list}) == 3
    assert [event["DTSTART"] for event in calendar_rules.read(file).events] == wanted


def test_feed_reaches_a_fortnight_back_and_all_the_way_ahead(dana, token):
    kept = [NOW - 14 * DAY, NOW - DAY, NOW + DAY, NOW + 60 * DAY]
    for start in [NOW - 14 * DAY - HOUR, *kept]:
        make_consultation(starts_at=start, counselor=dana)

    assert starts(token) == kept


@pytest.mark.security(17)
def test_feed_is_of_one_counselor(dana, token):
    make_consultation(starts_at=AT, counselor=make_counselor())

    assert starts(token) == []


@pytest.mark.parametrize(
    ("status", "is_shown"),
    [
        (Status.SCHEDULED, True),
        (Status.CONFIRMED, True),
        (Status.COMPLETED, True),
        (Status.NO_SHOW, True),
        (Status.CANCELED_BY_PERSON, False),
        (Status.CANCELED_BY_CENTER, False),
        (Status.RESCHEDULED, False),
    ],
)
def test_feed_shows_what_stands_or_took_place(dana, token, status, is_shown):
    make_consultation(starts_at=NOW - HOUR, counselor=dana, status=status)

    assert starts(token) == ([NOW - HOUR] if is_shown else [])


def test_moved_consultation_keeps_its_uid_under_the_next_sequence(dana, token):
    request = make_consultation(starts_at=AT, counselor=dana).request
    (before,) = events(token)

    moves.move_consultation(
        key="00000000-0000-4000-8000-000000000001", request=request, starts_at=AT + HOUR
    )

    (after,) = events(token)
    assert (after["UID"], after["SEQUENCE"]) == (before["UID"], before["SEQUENCE"] + 1)
    assert after.decoded("DTSTART") == AT + HOUR


def test_canceled_consultation_is_gone(dana, token):
    request = make_consultation(starts_at=AT, counselor=dana).request

    consultations.cancel_consultation(key="00000000-0000-4000-8000-000000000001", request=request)

    assert starts(token) == []


def test_uid_tells_only_who_holds_the_address_what_the_requester_holds(dana, token):
    make_consultation(starts_at=AT, counselor=dana)
    (one,) = events(token)

    other_token = feeds.create_feed(counselor_id=dana.pk, by=dana.user)

    (other,) = events(other_token)
    assert one["UID"] != other["UID"]


def test_feed_asks_two_questions_however_much_it_shows(dana, token, django_assert_num_queries):
    for hours in range(12):
        make_consultation(starts_at=AT + hours * HOUR, counselor=dana)

    with django_assert_num_queries(2):
        ask(token)


# How it travels


@pytest.mark.security(69)
def test_feed_is_kept_by_no_cache_found_by_no_search_and_told_to_no_site(token):
    answer = ask(token)

    assert {
        name: answer[name] for name in ("Cache-Control", "X-Robots-Tag", "Referrer-Policy")
    } == {
        "Cache-Control": "no-store, private",
        "X-Robots-Tag": "noindex, nofollow",
        "Referrer-Policy": "no-referrer",
    }
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert list(answer.cookies) == []


def test_feed_that_is_unchanged_is_not_sent_again(dana, token, time_machine):
    make_consultation(starts_at=AT, counselor=dana)
    etag = ask(token)["ETag"]
    time_machine.move_to(NOW + HOUR, tick=False)

    plain, compressed = (ask(token, if_none_match=each) for each in (etag, f"W/{etag}"))

    assert [(answer.status_code, answer.content) for answer in (plain, compressed)] == [
        (304, b"")
    ] * 2
    assert plain["Cache-Control"] == "no-store, private"


def test_feed_that_has_changed_is_sent(dana, token):
    etag = ask(token)["ETag"]
    make_consultation(starts_at=AT, counselor=dana)

    answer = ask(token, if_none_match=etag)

    assert answer.status_code == 200
    assert answer["ETag"] != etag


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_feed_is_only_read(token, method):
    assert getattr(Client(), method)(f"/feeds/{token}.ics").status_code == 405


def test_robots_are_told_to_stay_away_from_feeds(client):
    assert b"\nDisallow: /feeds/\n" in client.get("/robots.txt").content


# Whom it answers


@pytest.mark.security(2)
def test_only_the_hash_of_a_token_is_kept(token):
    (kept,) = CalendarFeed.objects.values_list("sha256", flat=True)

    assert (len(token), kept) == (43, hashlib.sha256(token.encode()).hexdigest())


def refusals(dana, token):
    """Everything that opens nothing, by name."""
    yield "unknown", "u" * 43
    yield "malformed", "%2e%2e%2fadmin"
    yield "cut", token[:-1]
    yield "swapped", token.swapcase()
    yield "longer", token + "x"
    yield "its hash", tokens.hash_token(token)


def test_what_opens_nothing_looks_the_same(dana, token):
    answers = {name: ask(each) for name, each in refusals(dana, token)}
    second = feeds.create_feed(counselor_id=dana.pk, by=dana.user)
    answers["replaced"] = ask(token)
    feeds.revoke_feed(counselor_id=dana.pk, by=dana.user)
    answers["revoked"] = ask(second)

    first = answers["unknown"]
    assert first.status_code == 404
    assert len({each.headers.pop("X-Request-Id") for each in answers.values()}) == len(answers)
    alike = {
        name: (each.status_code, each.content, dict(each.headers)) for name, each in answers.items()
    }
    assert alike == dict.fromkeys(answers, (404, first.content, dict(first.headers)))


@pytest.mark.parametrize("column", ["is_active", "is_staff"])
@pytest.mark.security(17)
def test_feed_of_a_user_who_was_shut_out_is_gone(dana, token, column):
    make_consultation(starts_at=AT, counselor=dana)
    User.objects.filter(pk=dana.user_id).update(**{column: False})

    answer = ask(token)

    assert (answer.status_code, answer.content) == (404, ask("unknown").content)


def test_feed_of_a_counselor_who_has_stopped_lasts_until_nothing_stands(dana, token, time_machine):
    make_consultation(starts_at=AT, counselor=dana)
    Counselor.objects.update(is_taking_consultations=False)

    before = ask(token).status_code
    time_machine.move_to(AT + HOUR, tick=False)

    assert (before, ask(token).status_code) == (200, 404)


# Made, replaced, revoked


def acts():
    return list(AuditEvent.objects.order_by("pk").values_list("type", "actor", "counselor"))


def test_every_change_of_a_feed_is_recorded(dana):
    who = dana.user_id, dana.pk

    feeds.create_feed(counselor_id=dana.pk, by=dana.user)
    feeds.create_feed(counselor_id=dana.pk, by=dana.user)
    feeds.revoke_feed(counselor_id=dana.pk, by=dana.user)
    feeds.revoke_feed(counselor_id=dana.pk, by=dana.user)

    assert acts() == [
        (Type.FEED_MADE, *who),
        (Type.FEED_REPLACED, *who),
        (Type.FEED_REVOKED, *who),
    ]
    assert CalendarFeed.objects.count() == 0


@pytest.mark.security(17)
def test_a_new_address_shuts_the_one_before(dana, token):
    other = feeds.create_feed(counselor_id=dana.pk, by=dana.user)

    assert [ask(each).status_code for each in (token, other)] == [404, 200]
