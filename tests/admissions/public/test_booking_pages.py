"""A requester's pages: book, see, move, cancel, ask for a call."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from admissions import formatting
from admissions import tokens as admissions_tokens
from admissions.audit.models import AuditEvent
from admissions.booking import absences, by_staff
from admissions.intake import manage_links
from admissions.intake.models import (
    ConsentEvent,
    ConsultationRequest,
    IdempotencyKey,
    ManageToken,
    search_tokens,
)
from admissions.messaging.models import Message
from admissions.scheduling.models import Consultation, ModeRules
from tests.support.factories import make_consultation, make_counselor, make_user
from tests.support.visitor import (
    DETAILS,
    MONDAY,
    TOMORROW_AT_TEN,
    Visitor,
    details_url,
    read_form,
    stamp,
    url,
)

pytestmark = pytest.mark.django_db
TOMORROW_AT_TWO = TOMORROW_AT_TEN + timedelta(hours=4)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MONDAY, tick=False) as at, translation.override("en"):
        yield at


@pytest.fixture
def counselor():
    return make_counselor()


@pytest.fixture
def visitor(counselor):
    return Visitor()


@pytest.fixture
def booked(visitor):
    """A visitor who has booked tomorrow at ten, by phone and with an email."""
    visitor.book(email="jo@example.com")
    return visitor


def the_request():
    return ConsultationRequest.objects.get()


def open_manage(visitor, request):
    """A visit by the link in an email."""
    return visitor.get(
        reverse("admissions:open_manage_link", args=[manage_links.issue_tokens(request)[0]])
    )


def all_that_is_kept():
    """Everything about requests that a visit might change."""
    kept = ConsultationRequest, Consultation, ConsentEvent, AuditEvent, Message, IdempotencyKey
    return [list(model.objects.order_by("pk").values()) for model in kept]


# Choose a time


def test_choose_time_leads_to_the_details_of_each_time(visitor):
    page = visitor.get(url("choose_time"))

    first = f'href="{url("details")}?at=20261123T183000Z&amp;mode=phone"'
    assert page.status_code == 200
    assert first in page.content.decode()


def test_choose_time_without_any_offers_a_call(clock):
    pages = [Client().get(url("choose_time") + f"?mode={mode}") for mode in ("phone", "video")]

    assert [page.status_code for page in pages] == [200, 200]
    assert b"There are no times to talk by phone in the next 24 hours" in pages[0].content
    assert b"No times of this kind are open" in pages[1].content


def test_open_times_are_those_of_the_page(visitor):
    page = visitor.get(url("choose_time") + "?mode=video").content.decode()

    answer = visitor.get(url("open_times") + "?mode=video")

    shown = sorted({link[:16] for link in page.split("?at=")[1:]})
    assert answer.json() == {"mode": "video", "times": shown}
    assert answer["Cache-Control"] == "no-cache"


def test_open_times_of_no_known_mode_are_those_by_phone(visitor):
    asked = [visitor.get(url("open_times") + query).json() for query in ("?mode=pigeon", "")]

    assert [each["mode"] for each in asked] == ["phone", "phone"]


@pytest.mark.parametrize(
    ("address", "asked"), [("choose_time", 3), ("open_times", 3), ("request_callback", 5)]
)
def test_page_of_times_asks_as_little_with_thirty_counselors_as_with_one(
    address, asked, page_caching
):
    """Beside the frame, which takes seven queries a second for all pages together."""
    counts = []
    for so_many in (1, 29):
        for _each in range(so_many):
            make_counselor()
        Client().get(url(address))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            Client().get(url(address))
        counts.append(len(queries))

    assert counts == [asked, asked]


def test_spanish_page_offers_only_those_who_speak_spanish(visitor):
    make_counselor(languages=["en", "es"], opens=time(15), closes=time(16))

    page = visitor.get("/es" + url("choose_time"))

    stamps = [link[:16] for link in page.content.decode().split("?at=")[1:]]
    assert {each[9:13] for each in stamps} == {"2300"}


def main_of(page):
    """The page without its header, whose link to the other language keeps the address."""
    return page.content.decode().split("<main")[1]


def test_unknown_mode_shows_the_times_by_phone(visitor):
    page = visitor.get(url("choose_time"), {"mode": "telepathy"})

    assert main_of(page) == main_of(visitor.get(url("choose_time"), {"mode": "phone"}))


def test_choose_time_shows_the_readers_clock_beside_ours(visitor):
    page = visitor.get(url("choose_time"), {"zone": "Asia/Kathmandu"}).content.decode()

    first = page.split('class="time first"')[1].split("</a>")[0]
    assert "&amp;zone=Asia%2FKathmandu" in first
    assert "<b>Tomorrow, 12:15 am</b>" in first
    assert "10:30 am (PST) our time" in first


@pytest.mark.parametrize("zone", ["../../etc/passwd", "localtime", "Mars/Base", "x" * 3000, ""])
def test_choose_time_by_no_known_clock_is_ours(visitor, zone):
    page = visitor.get(url("choose_time"), {"zone": zone})

    assert main_of(page) == main_of(visitor.get(url("choose_time")))


def test_details_keep_the_clock_that_was_chosen(visitor):
    address = details_url() + "&zone=Asia/Kathmandu"

    form = visitor.get(address).context["form"]

    assert form["time_zone"].value() == "Asia/Kathmandu"


# Give the details


def test_details_open_with_nothing_chosen_for_the_visitor(visitor):
    values = read_form(visitor.get(details_url())).values

    del values["key"], values["csrfmiddlewaretoken"]
    assert {name: value for name, value in values.items() if value} == {
        "at": "20261124T180000Z",
        "mode": "phone",
        "voicemail": "no",
        "is_discreet": "on",
        "time_zone": "America/Los_Angeles",
        "good_time": "any",
    }


def test_details_of_a_time_that_is_gone_show_the_others(visitor, counselor):
    make_consultation(starts_at=TOMORROW_AT_TEN, counselor=counselor)

    page = visitor.get(details_url())

    assert page.status_code == 409
    assert b"That time is no longer open." in page.content


def test_booking_keeps_the_request_its_time_and_its_promises(visitor, counselor):
    response = visitor.book(email="jo@example.com")

    request, consultation = the_request(), Consultation.objects.get()
    assert (response.status_code, response["Location"]) == (302, url("booked"))
    assert (request.source, request.stage) == ("booking", "consultation_scheduled")
    assert (consultation.counselor, consultation.starts_at) == (counselor, TOMORROW_AT_TEN)
    assert sorted(request.messages.values_list("kind", flat=True)) == [
        "confirmation",
        "reminder_hours",
        "staff_new_request",
    ]


def test_booking_keeps_each_consent_with_the_words_that_were_shown(visitor):
    visitor.book(email="jo@example.com")

    events = ConsentEvent.objects.values_list("version__key", "is_granted")
    assert dict(events) == {"contact": True, "email": True, "text": False, "news": False}


def test_double_click_books_once_and_says_the_same_twice(visitor):
    values = visitor.open_details()

    answers = [visitor.send_details(values) for _click in range(2)]

    assert [(each.status_code, each["Location"]) for each in answers] == [(302, url("booked"))] * 2
    assert (ConsultationRequest.objects.count(), Consultation.objects.count()) == (1, 1)


def test_two_tabs_book_once_and_say_the_same_twice(visitor):
    here, there = visitor.open_details(), visitor.open_details(TOMORROW_AT_TWO)

    visitor.send_details(here)
    first = visitor.get(url("booked")).content
    visitor.send_details(there)

    assert Consultation.objects.get().starts_at == TOMORROW_AT_TEN
    assert read_facts(visitor.get(url("booked")).content) == read_facts(first)


def read_facts(content):
    return content.decode().partition('<dl class="facts">')[2].partition("</dl>")[0]


def test_refresh_of_the_confirmation_changes_nothing(booked):
    before = all_that_is_kept()

    pages = [booked.get(url("booked")) for _refresh in range(2)]

    assert [page.status_code for page in pages] == [200, 200]
    assert all_that_is_kept() == before


def test_back_to_the_form_says_that_a_time_is_booked(booked):
    page = booked.get(details_url(TOMORROW_AT_TWO))

    assert page.status_code == 200
    assert b"You already have an appointment" in page.content


def test_second_booking_for_someone_else_is_a_second_request(booked):
    page = booked.get(details_url(TOMORROW_AT_TWO) + "&another=1")

    booked.send_details(read_form(page).values | DETAILS)

    starts = Consultation.objects.order_by("starts_at").values_list("starts_at", flat=True)
    assert list(starts) == [TOMORROW_AT_TEN, TOMORROW_AT_TWO]


def test_under_18_is_told_why_and_books_nothing(visitor):
    page = visitor.book(is_adult="no", note="He is my son")

    assert page.status_code == 200
    assert b"Our programs are for adults. Please call us" in page.content
    assert read_form(page).values["note"] == "He is my son"
    assert ConsultationRequest.objects.count() == 0


# A time that someone else took


@pytest.fixture
def lost(visitor, counselor):
    """The page a visitor sees who was a moment too late, with every field typed in."""
    typed = {
        "is_in_danger": "yes",
        "for_whom": "loved_one",
        "preferred_name": "Ann",
        "phone": "714 555 0199",
        "email": "ann@example.com",
        "may_text": "on",
        "voicemail": "number_only",
        "good_time": "evening",
        "interpreter": "ASL",
        "access_need": "slow pace",
        "payment": "medi_cal",
        "note": "Afternoons are hard",
        "wants_news": "on",
        "time_zone": "America/Denver",
    }
    values = visitor.open_details() | typed
    make_consultation(starts_at=TOMORROW_AT_TEN, counselor=counselor)
    return values, visitor.send_details(values)


def test_lost_time_is_a_conflict_that_saves_nothing_new(lost):
    _values, page = lost

    assert page.status_code == 409
    assert ConsultationRequest.objects.count() == Consultation.objects.count() == 1
    assert IdempotencyKey.objects.count() == 0


def test_lost_time_loses_nothing_typed(lost):
    values, page = lost

    kept = read_form(page).values
    del kept["csrfmiddlewaretoken"]
    assert kept == {name: values[name] for name in kept}
    assert set(values) - set(kept) == {"csrfmiddlewaretoken", "website"}


def test_lost_time_offers_the_three_nearest(lost):
    _values, page = lost

    assert read_form(page).buttons == [
        ("at_instead", "20261124T170000Z"),
        ("at_instead", "20261124T190000Z"),
        ("at_instead", "20261124T193000Z"),
    ]


def test_one_tap_books_another_time_with_everything_typed(lost, visitor):
    _values, page = lost
    form = read_form(page)

    response = visitor.send_details(form.values | dict([form.buttons[1]]))

    request = ConsultationRequest.objects.get(search_tokens.filter_by_term("Ann"))
    assert (response.status_code, response["Location"]) == (302, url("booked"))
    assert request.standing_consultation().starts_at == TOMORROW_AT_TEN + timedelta(hours=1)
    assert (request.note, request.payment, request.time_zone) == (
        "Afternoons are hard",
        "medi_cal",
        "America/Denver",
    )


def test_lost_time_without_any_other_says_to_call(visitor, counselor):
    values = visitor.open_details()
    counselor.is_taking_consultations = False
    counselor.save()

    page = visitor.send_details(values)

    assert (page.status_code, read_form(page).buttons) == (409, [])
    assert b"No other time is open right now. Please call us" in page.content


# The confirmation


def test_confirmation_shows_nothing_that_was_typed(visitor):
    visitor.book(preferred_name="Annabel", note="Afternoons", interpreter="ASL")

    page = visitor.get(url("booked")).content

    assert [typed in page for typed in (b"Annabel", b"Afternoons", b"ASL", b"555-0155")] == [
        False
    ] * 4


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        ("promised", "", "A confirmation is on its way to your email"),
        ("sent", "", "We have sent a confirmation to your email."),
        ("failed", "refused", "Our email did not reach your address"),
    ],
)
def test_confirmation_tells_what_became_of_the_email(booked, state, reason, words):
    finished_at = None if state == "promised" else timezone.now()
    mail = Message.objects.filter(kind=Message.Kind.CONFIRMATION)
    mail.update(state=state, reason=reason, finished_at=finished_at)

    page = booked.get(url("booked"))

    assert words in page.content.decode()


def test_confirmation_without_an_email_says_to_write_it_down(visitor):
    visitor.book()

    assert b"You gave no email" in visitor.get(url("booked")).content


def test_danger_books_flags_and_puts_help_first(visitor):
    visitor.book(is_in_danger="yes")

    page = visitor.get(url("booked")).content
    request = the_request()
    assert request.needs_safety_answer
    assert request.due_at == MONDAY
    assert page.index(b"Please get help right now") < page.index(b"Your appointment is booked")
    assert b"Ask us to call now" in page


def test_no_danger_shows_the_booking_first(booked):
    page = booked.get(url("booked")).content

    assert page.index(b"Your appointment is booked") < page.index(b"If you need help right now")
    assert b"Ask us to call now" not in page


def test_call_now_promises_a_call_and_shows_the_time_it_keeps(visitor):
    visitor.book(is_in_danger="yes")
    form = read_form(visitor.get(url("booked")), "call_now")

    visitor.post(url("call_now"), form.values)

    promised = the_request().promised_call_by
    assert promised == MONDAY + timedelta(minutes=5)
    when = formatting.format_datetime_in_zone(promised, "America/Los_Angeles")
    shown = f"We aim to call you by {when}."
    assert shown in visitor.get(url("booked")).content.decode()


def test_call_now_twice_keeps_the_first_promise(visitor, clock):
    visitor.book(is_in_danger="yes")
    form = read_form(visitor.get(url("booked")), "call_now")
    visitor.post(url("call_now"), form.values)
    clock.shift(timedelta(minutes=3))

    visitor.post(url("call_now"), form.values)

    assert the_request().promised_call_by == MONDAY + timedelta(minutes=5)
    assert AuditEvent.objects.filter(type="call_now_requested").count() == 1


def test_call_now_without_a_phone_leads_to_the_callback_form(visitor):
    values = visitor.open_details(mode="video") | {
        "is_in_danger": "yes", "phone": "", "email": "jo@example.com"
    }  # fmt: skip
    visitor.send_details(values)
    key = visitor.get(url("booked")).context["key"]

    response = visitor.post(url("call_now"), {"key": key})

    assert (response.status_code, response["Location"]) == (302, url("request_callback"))
    assert the_request().promised_call_by is None


@pytest.mark.parametrize("key", ["", "forged", "x:y:z"])
def test_call_now_with_a_forged_key_promises_nothing(visitor, key):
    visitor.book(is_in_danger="yes")
    before = all_that_is_kept()

    visitor.post(url("call_now"), {"key": key})

    assert all_that_is_kept() == before


def test_calendar_file_names_nobody(booked):
    response = booked.get(url("calendar_file"))

    text = response.content.decode()
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert "METHOD:PUBLISH" in text
    assert "SUMMARY:Appointment" in text
    assert "ATTENDEE" not in text
    assert "Jo" not in text


def test_finish_forgets_the_visit_and_keeps_the_time(booked):
    response = booked.post(url("finish"))

    assert (response.status_code, response["Location"]) == (302, url("finished"))
    assert booked.get(url("booked")).status_code == 410
    assert response["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert {name: cookie.value for name, cookie in response.cookies.items()} == {
        "session": "",
        "csrf": "",
    }
    assert Consultation.objects.get().is_standing is True


# Ask for a call


def test_callback_shows_the_promise_that_it_keeps(visitor):
    visitor.send_callback(visitor.open_callback())

    promised = the_request().promised_call_by
    page = visitor.get(url("callback_requested")).content.decode()
    assert promised == MONDAY + timedelta(minutes=5)
    assert formatting.format_datetime_in_zone(promised, "America/Los_Angeles") in page


def test_callback_shows_the_reference_of_the_request(visitor):
    visitor.send_callback(visitor.open_callback())

    page = visitor.get(url("callback_requested")).content.decode()

    assert the_request().reference in page


def test_callback_form_promises_what_the_request_then_keeps(visitor, clock):
    clock.move_to(datetime(2026, 11, 24, 6, tzinfo=UTC))

    page = visitor.get(url("request_callback")).content.decode()
    visitor.send_callback(visitor.open_callback())

    promised = the_request().promised_call_by
    assert promised == datetime(2026, 11, 24, 17, 15, tzinfo=UTC)
    assert "We aim to call tomorrow by 9:15 am (PST)." in page


def test_callback_without_any_hours_promises_no_time(clock):
    visitor = Visitor()

    visitor.send_callback(visitor.open_callback())

    page = visitor.get(url("callback_requested")).content
    assert the_request().promised_call_by is None
    assert b"We will call you" in page
    assert b"We aim to call by" not in page


def test_callback_sent_twice_is_one_request(visitor):
    values = visitor.open_callback()

    answers = [visitor.send_callback(values) for _click in range(2)]

    assert [each["Location"] for each in answers] == [url("callback_requested")] * 2
    assert ConsultationRequest.objects.count() == 1
    kinds = Message.objects.values_list("kind", flat=True).order_by("due_at")
    assert list(kinds) == [
        "staff_new_request", "staff_promise_near", "staff_promise_broken", "staff_escalated"
    ]  # fmt: skip


def test_callback_asked_for_already_leads_to_its_promise(visitor):
    visitor.send_callback(visitor.open_callback())

    response = visitor.get(url("request_callback"))

    assert (response.status_code, response["Location"]) == (302, url("callback_requested"))


@pytest.mark.parametrize("key", ["", "forged", "x:y:z"])
def test_callback_with_a_forged_key_asks_once_more_and_keeps_what_was_typed(visitor, key):
    page = visitor.send_callback(visitor.open_callback() | {"key": key, "preferred_name": "Ann"})

    assert page.status_code == 200
    assert read_form(page, "request_callback").values["preferred_name"] == "Ann"
    assert b"This page was open for a long time." in page.content
    assert ConsultationRequest.objects.count() == 0


# See, move or cancel by the link


@pytest.mark.security(11)
def test_manage_link_leads_to_an_address_without_its_token(booked):
    elsewhere = Client()

    response = open_manage(elsewhere, the_request())

    assert (response.status_code, response["Location"]) == (302, url("manage"))
    assert elsewhere.get(url("manage")).status_code == 200


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.security(10)
def test_manage_link_changes_nothing_by_being_fetched(booked, method):
    token = manage_links.issue_tokens(the_request())[0]
    before = all_that_is_kept()

    for address in (reverse("admissions:open_manage_link", args=[token]), url("manage")):
        getattr(booked, method)(address, headers={"purpose": "prefetch"})

    assert all_that_is_kept() == before


@pytest.mark.parametrize(
    "name", ["manage", "change_contact_plan", "move_consultation", "cancel_consultation", "booked"]
)
def test_pages_of_a_request_change_nothing_by_being_read(booked, name):
    booked.get(url("booked"))
    before = all_that_is_kept()

    page = booked.get(url(name))

    assert (page.status_code, all_that_is_kept()) == (200, before)


@pytest.mark.security(6)
def test_manage_link_that_opens_nothing_looks_the_same_whatever_the_reason(booked):
    token = manage_links.issue_tokens(the_request())[0]
    expired = manage_links.issue_tokens(the_request())[0]
    ManageToken.objects.filter(sha256=admissions_tokens.hash_token(expired)).update(
        expires_at=MONDAY
    )
    swapped = token.swapcase()
    tokens = [expired, swapped, token[:-1], token + "x", "x", "x" * 3000, "é", "..", "%2e", "0"]

    pages = [Client().get(reverse("admissions:open_manage_link", args=[each])) for each in tokens]

    assert {(page.status_code, page.content) for page in pages} == {
        (404, Client().get("/consultation/manage/no-such-token/").content)
    }


@pytest.mark.security(16)
def test_manage_page_shows_no_more_than_is_needed(visitor):
    visitor.book(preferred_name="Annabel", note="Afternoons", email="annabel@example.com")
    elsewhere = Client()
    open_manage(elsewhere, the_request())

    page = elsewhere.get(url("manage")).content.decode()

    assert "a•••@example.com" in page
    assert "(•••) •••-0155" in page
    typed = ("Annabel", "Afternoons", "annabel@", "555-0155")
    assert [each for each in typed if each in page] == []


@pytest.mark.parametrize("name", ["booked", "manage"])
def test_page_of_an_appointment_shows_the_reference_of_its_request(booked, name):
    open_manage(booked, the_request())

    page = booked.get(url(name)).content.decode()

    assert the_request().reference in page


@pytest.mark.parametrize(
    "name", ["booked", "calendar_file", "manage", "move_consultation", "cancel_consultation"]
)
def test_another_browser_sees_nothing_of_the_request(booked, name):
    page = Client().get(url(name), follow=True)

    assert page.status_code == 410
    assert the_request().reference not in page.content.decode()


@pytest.mark.parametrize("name", ["move_consultation", "cancel_consultation", "call_now"])
def test_another_browser_changes_nothing_of_the_request(booked, name):
    booked.get(url("booked"))
    key = read_form(booked.get(url("cancel_consultation")), "cancel_consultation").values["key"]
    before = all_that_is_kept()

    response = Client().post(url(name), {"key": key, "at": stamp(TOMORROW_AT_TWO)}, follow=True)

    assert (response.status_code, all_that_is_kept()) == (410, before)


def test_move_takes_the_new_time_and_frees_the_old(booked):
    booked.get(url("booked"))
    key = read_form(booked.get(url("move_consultation")), "move_consultation").values["key"]

    response = booked.post(url("move_consultation"), {"key": key, "at": stamp(TOMORROW_AT_TWO)})

    old, new = Consultation.objects.order_by("pk")
    assert (response.status_code, response["Location"]) == (302, url("manage"))
    assert (old.status, new.status, new.starts_at) == (
        "rescheduled",
        "scheduled",
        TOMORROW_AT_TWO,
    )


def test_move_clicked_twice_moves_once(booked):
    booked.get(url("booked"))
    key = read_form(booked.get(url("move_consultation")), "move_consultation").values["key"]

    for _click in range(2):
        booked.post(url("move_consultation"), {"key": key, "at": stamp(TOMORROW_AT_TWO)})

    assert Consultation.objects.count() == 2
    assert Message.objects.filter(kind="moved").count() == 1


def test_move_to_a_time_that_was_taken_keeps_the_old_and_offers_others(booked, counselor):
    booked.get(url("booked"))
    key = read_form(booked.get(url("move_consultation")), "move_consultation").values["key"]
    make_consultation(starts_at=TOMORROW_AT_TWO, counselor=counselor)
    before = all_that_is_kept()

    page = booked.post(url("move_consultation"), {"key": key, "at": stamp(TOMORROW_AT_TWO)})

    assert (page.status_code, all_that_is_kept()) == (409, before)
    assert read_form(page, "move_consultation").buttons[:3] == [
        ("at", "20261124T203000Z"),
        ("at", "20261124T210000Z"),
        ("at", "20261124T230000Z"),
    ]


@pytest.mark.parametrize("at", ["", "x", "00010101T000000Z", "20261123T170000Z", "\x00"])
def test_move_to_no_open_time_changes_nothing(booked, at):
    booked.get(url("booked"))
    key = read_form(booked.get(url("move_consultation")), "move_consultation").values["key"]
    before = all_that_is_kept()

    page = booked.post(url("move_consultation"), {"key": key, "at": at})

    assert (page.status_code, all_that_is_kept()) == (409, before)


@pytest.mark.parametrize("name", ["move_consultation", "cancel_consultation"])
@pytest.mark.parametrize("forged", ["", "x", "x:y:z", "of another request", "of another form"])
def test_key_that_is_not_for_this_changes_nothing(booked, name, forged):
    other = Visitor()
    other.book(TOMORROW_AT_TWO)
    keys = {
        "of another request": lambda: key_of(other, name),
        "of another form": lambda: key_of(
            booked,
            "cancel_consultation" if name == "move_consultation" else "move_consultation",
        ),
    }
    key = keys.get(forged, lambda: forged)()
    booked.get(url("booked"))
    before = all_that_is_kept()

    page = booked.post(url(name), {"key": key, "at": "20261124T230000Z", "reason": ""})

    assert all_that_is_kept() == before
    assert b"Nothing has changed yet. Please choose once more." in page.content


def key_of(visitor, name):
    visitor.get(url("booked"))
    return read_form(visitor.get(url(name)), name).values["key"]


def test_cancel_frees_the_time_and_keeps_the_reason(booked):
    key = key_of(booked, "cancel_consultation")

    response = booked.post(url("cancel_consultation"), {"key": key, "reason": "Work"})

    consultation = Consultation.objects.get()
    assert (response.status_code, response["Location"]) == (302, url("manage"))
    assert (consultation.status, consultation.cancel_reason) == ("canceled_by_person", "Work")
    assert b"Your appointment is canceled" in booked.get(url("manage")).content


@pytest.mark.security(9)
def test_cancel_replayed_sends_no_second_email(booked):
    key = key_of(booked, "cancel_consultation")

    for _replay in range(3):
        booked.post(url("cancel_consultation"), {"key": key, "reason": ""})

    assert Message.objects.filter(kind="canceled").count() == 1
    assert AuditEvent.objects.filter(type="consultation_canceled").count() == 1


def test_overlong_reason_is_answered_beside_it_and_cancels_nothing(booked):
    key = key_of(booked, "cancel_consultation")

    page = booked.post(url("cancel_consultation"), {"key": key, "reason": "x" * 201})

    assert page.status_code == 200
    assert b"at most 200 characters" in page.content
    assert Consultation.objects.get().is_standing is True


@pytest.mark.parametrize("name", ["move_consultation", "cancel_consultation"])
def test_canceled_consultation_leads_back_to_what_became_of_it(booked, name):
    booked.post(
        url("cancel_consultation"), {"key": key_of(booked, "cancel_consultation"), "reason": ""}
    )

    response = booked.get(url(name))

    assert (response.status_code, response["Location"]) == (302, url("manage"))


def test_move_after_a_cancellation_says_what_stands_and_changes_nothing(booked):
    cancel_key, move_key = (
        key_of(booked, "cancel_consultation"),
        key_of(booked, "move_consultation"),
    )
    booked.post(url("cancel_consultation"), {"key": cancel_key, "reason": ""})
    before = all_that_is_kept()

    page = booked.post(url("move_consultation"), {"key": move_key, "at": stamp(TOMORROW_AT_TWO)})

    assert (page.status_code, all_that_is_kept()) == (409, before)
    assert b"There is no appointment left to change." in page.content
    assert b"Your appointment is canceled" in page.content


@pytest.mark.security(8)
def test_cancel_of_a_time_that_staff_moved_meanwhile_shows_the_new_time_first(booked):
    request, key = the_request(), key_of(booked, "cancel_consultation")
    by_staff.reschedule_consultation(
        request_id=request.pk, starts_at=TOMORROW_AT_TWO, by=make_user()
    )
    before = all_that_is_kept()

    page = booked.post(url("cancel_consultation"), {"key": key, "reason": ""})

    assert all_that_is_kept() == before
    assert "Your appointment as it is now is above." in page.text
    assert "2:00 pm" in page.text


def test_page_of_an_appointment_that_we_could_not_keep_is_kind(booked):
    open_manage(booked, the_request())
    consultation = Consultation.objects.get()
    with transaction.atomic():
        absences.cancel_by_center(consultation, by=make_user("coordinator"))

    page = booked.get(url("manage"))

    assert "We had to cancel your appointment" in page.text
    assert "Thank you for letting us know" not in page.text


@pytest.mark.parametrize("name", ["move_consultation", "cancel_consultation"])
def test_consultation_that_has_started_cannot_be_changed(booked, clock, name):
    clock.move_to(TOMORROW_AT_TEN - timedelta(minutes=1))
    open_manage(booked, the_request())
    key = read_form(booked.get(url(name)), name).values["key"]
    clock.shift(timedelta(minutes=2))
    before = all_that_is_kept()

    page = booked.post(url(name), {"key": key, "at": "20261124T230000Z", "reason": ""})

    assert (page.status_code, all_that_is_kept()) == (409, before)
    assert b"Your appointment has already started. Please call us instead." in page.content


@pytest.mark.parametrize(
    ("rules", "offered"),
    [
        ({}, (True, True, False)),
        ({"move_until": 48 * 60}, (False, True, False)),
        ({"cancel_until": 48 * 60}, (True, False, False)),
        ({"move_until": 48 * 60, "cancel_until": 48 * 60}, (False, False, True)),
    ],
)
def test_manage_page_offers_only_what_is_not_too_late(booked, rules, offered):
    ModeRules.objects.filter(mode="phone").update(**rules)
    open_manage(booked, the_request())

    page = booked.get(url("manage")).content

    assert (b"Move it" in page, b"Cancel it" in page, b"too soon to change" in page) == offered


def test_times_follow_the_rules_of_their_mode(visitor):
    ModeRules.objects.filter(mode="phone").update(minimum_notice=24 * 60)

    page = visitor.get(url("choose_time")).content

    assert b"20261124T173000Z" not in page
    assert b"20261124T180000Z" in page


@pytest.mark.parametrize(
    ("page", "rule"), [("move_consultation", "move_until"), ("cancel_consultation", "cancel_until")]
)
def test_page_of_a_change_past_its_cut_off_leads_back(booked, page, rule):
    booked.get(url("booked"))
    ModeRules.objects.filter(mode="phone").update(**{rule: 48 * 60})

    answer = booked.get(url(page))

    assert (answer.status_code, answer.url) == (302, url("manage"))
