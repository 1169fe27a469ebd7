"""What a receipt says of the number that calls, the way there, and what has just been moved."""

from datetime import timedelta

import pytest
from django.test import Client

from admissions.intake.models import ConsultationRequest
from admissions.messaging import delivery
from programs.models import Facility, Location, Translation
from tests.support.bookings import book
from tests.support.factories import make_counselor, write_settings
from tests.support.queries import queries
from tests.support.visitor import (
    MONDAY,
    TOMORROW_AT_TEN,
    Visitor,
    browser,
    read_form,
    stamp,
    url,
)

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]
LATER = TOMORROW_AT_TEN + timedelta(hours=3)


@pytest.fixture
def visitor():
    make_counselor()
    return Visitor()


def read(client, name):
    return " ".join(client.get(url(name)).content.decode().split())


# Which number calls


@pytest.mark.parametrize(
    ("voicemail", "words"),
    [
        ("no", "we will leave no message and try again"),
        ("number_only", "we will leave only a first name and our number"),
        ("say_center", "we will leave a message and try again"),
    ],
)
def test_receipt_says_what_happens_to_a_missed_call(visitor, voicemail, words):
    visitor.book(voicemail=voicemail)

    page = read(visitor, "booked")

    assert words in page
    assert url("contact_card") in page


def test_card_of_our_number_is_discreet(visitor):
    write_settings(discreet_sender_name="Dana; Office")
    visitor.book(is_discreet="on")

    card = visitor.get(url("contact_card"))

    assert card["Content-Type"] == "text/vcard; charset=utf-8"
    assert card.content.decode().split("\r\n")[2:5] == [
        "N:Dana\\; Office;;;;",
        "FN:Dana\\; Office",
        f"TEL;TYPE=VOICE:{Facility.objects.get().admissions_line.as_e164}",
    ]
    assert Facility.objects.get().name not in card.content.decode()


def test_card_names_the_center_for_who_said_so(visitor):
    make = book(TOMORROW_AT_TEN, is_discreet=False)

    card = browser(make).get(url("contact_card")).content.decode()

    assert f"FN:{Facility.objects.get().name}" in card


def test_card_is_for_who_booked():
    assert Client().get(url("contact_card")).status_code == 410


# The way there, and the room


def test_visit_in_person_says_the_way_in_the_language_of_the_page(visitor):
    Location.objects.update(
        entrance_note="The door in the back", access_note="A ramp", parking_note="Lot B"
    )
    Translation.objects.create(english="A ramp", text="Hay una rampa")
    visitor.book(mode="in_person")

    english, spanish = read(visitor, "booked"), visitor.get(f"/es{url('booked')}").content.decode()

    assert [each in english for each in ("The door in the back", "A ramp", "Lot B")] == [True] * 3
    assert 'rel="noreferrer">See it on a map</a>' in english
    assert "Hay una rampa" in spanish


def test_talk_by_video_says_what_if_it_fails(visitor):
    Facility.objects.update(video_note="No app is needed.")
    visitor.book(mode="video")

    page = read(visitor, "booked")

    assert "No app is needed." in page
    assert "We will call you at (•••) •••-0155." in page


@pytest.mark.parametrize(("is_discreet", "is_told"), [(True, False), (False, True)])
def test_letter_says_the_way_unless_it_is_discreet(inbox, is_discreet, is_told):
    make_counselor()
    Location.objects.update(entrance_note="Under our sign")
    request = book(TOMORROW_AT_TEN, mode="in_person", is_discreet=is_discreet)

    delivery.deliver_message(request.messages.get(kind="confirmation").pk)

    text = inbox[-1].get_body(("plain",)).get_content()
    assert ("Under our sign" in text) == is_told


def test_letter_says_which_number_calls(inbox):
    make_counselor()
    request = book(TOMORROW_AT_TEN)

    delivery.deliver_message(request.messages.get(kind="confirmation").pk)

    text = inbox[-1].get_body(("plain",)).get_content()
    assert f"will call you from {Facility.objects.get().admissions_line}." in text


# The sheet


@pytest.mark.parametrize(("is_discreet", "is_named"), [(True, False), (False, True)])
def test_sheet_names_the_center_only_for_who_said_so(visitor, is_discreet, is_named):
    request = book(TOMORROW_AT_TEN, is_discreet=is_discreet)

    html = browser(request).get(url("manage")).content.decode()
    receipt = html[html.index('class="receipt"') : html.index('class="actions"')]

    assert (Facility.objects.get().name in receipt) == is_named
    assert "<title>Your appointment</title>" in html


# A move, and back


def move(client, at=LATER):
    form = read_form(client.get(url("move_consultation")), "move_consultation")
    return client.post(url("move_consultation"), form.values | {"at": stamp(at)})


def test_page_says_from_when_to_when_and_puts_it_back(visitor):
    visitor.book()
    visitor.get(url("booked"))
    move(visitor)

    page = visitor.get(url("manage"))
    first, after_heading = page.content.decode().split("</h1>", 1)
    assert "Moved from" not in first
    assert "Moved from" in after_heading.split("<dl")[0]
    visitor.post(url("undo_move"), read_form(page, "undo_move").values)

    standing = ConsultationRequest.objects.get().standing_consultation()
    assert standing.starts_at == TOMORROW_AT_TEN
    after = read(visitor, "manage")
    assert "You have your old time back." in after
    assert "Moved from" not in after


def test_other_way_to_talk_at_the_same_time_is_said_and_put_back(visitor):
    visitor.book(mode="phone")
    visitor.get(url("booked"))
    page = visitor.get(url("move_consultation"), {"mode": "video"})
    at = {"at": stamp(TOMORROW_AT_TEN)}
    visitor.post(url("move_consultation"), read_form(page, "move_consultation").values | at)

    page = visitor.get(url("manage"))
    assert "10:00 am (PST), Phone to" in " ".join(page.content.decode().split())
    visitor.post(url("undo_move"), read_form(page, "undo_move").values)

    assert ConsultationRequest.objects.get().standing_consultation().mode == "phone"


def test_double_click_on_undo_is_not_told_that_nothing_changed(visitor):
    visitor.book()
    visitor.get(url("booked"))
    move(visitor)
    form = read_form(visitor.get(url("manage")), "undo_move")

    answers = [visitor.post(url("undo_move"), form.values) for _click in range(2)]

    assert [each.status_code for each in answers] == [302, 302]
    assert "You have your old time back." in read(visitor, "manage")


def test_old_time_that_is_gone_is_said_kindly_and_the_new_one_stays(visitor):
    visitor.book()
    visitor.get(url("booked"))
    move(visitor)
    form = read_form(visitor.get(url("manage")), "undo_move")
    Visitor().book(phone="714 555 0199")

    page = visitor.post(url("undo_move"), form.values)

    assert page.status_code == 409
    assert "your old time is no longer free" in page.content.decode()
    starts = [each.standing_consultation().starts_at for each in ConsultationRequest.objects.all()]
    assert sorted(starts) == [TOMORROW_AT_TEN, LATER]


def test_another_browser_sees_nothing_of_the_move(visitor):
    visitor.book()
    visitor.get(url("booked"))
    move(visitor)

    assert "Moved from" not in read(browser(ConsultationRequest.objects.get()), "manage")


def test_pages_of_an_appointment_cost_a_fixed_number_of_questions(visitor):
    visitor.book()
    visitor.get(url("booked"))
    move(visitor)

    assert queries(visitor, url("manage")) <= 30
