"""Who has asked or booked in this browser is asked for no number twice."""

from datetime import timedelta

import pytest

from admissions.intake.models import ConsultationRequest
from admissions.messaging.models import Message
from admissions.scheduling.models import WeeklyHours
from programs.models import Facility
from tests.support.factories import make_counselor
from tests.support.visitor import (
    MONDAY,
    TOMORROW_AT_TEN,
    Visitor,
    details_url,
    read_form,
    stamp,
    url,
)

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]


@pytest.fixture
def visitor():
    make_counselor()
    return Visitor()


@pytest.fixture
def called(visitor):
    """A browser in which a call was asked for."""
    visitor.send_callback(visitor.open_callback())
    visitor.get(url("callback_requested"))
    return visitor


def the_request():
    return ConsultationRequest.objects.get()


def read(client, name):
    return " ".join(client.get(url(name)).content.decode().split())


# A time after a call


def test_time_chosen_after_a_call_is_booked_with_one_button(called):
    form = read_form(called.get(details_url()), "rebook")

    answer = called.post(url("rebook"), form.values)

    assert answer["Location"] == url("manage")
    assert the_request().standing_consultation().starts_at == TOMORROW_AT_TEN
    assert the_request().promised_call_by == MONDAY + timedelta(minutes=5)
    assert "We still aim to call you by" in read(called, "manage")


def test_time_booked_instead_ends_the_call(called):
    form = read_form(called.get(details_url()), "rebook")

    called.post(url("rebook"), form.values | {"call": "take_back"})

    assert the_request().promised_call_by is None
    assert "We still aim to call you by" not in read(called, "manage")


def test_page_before_it_shows_the_number_masked(called):
    page = called.get(details_url()).content.decode()

    assert "(•••) •••-0155" in page
    assert "555-0155" not in page


def test_someone_else_has_the_whole_form(called):
    called.send_details(called.open_details(another="1") | {"phone": "714 555 0199"})

    assert ConsultationRequest.objects.count() == 2


def test_times_say_that_our_call_stands(called):
    assert "We still aim to call you by" in read(called, "choose_time")


def test_call_that_is_late_is_not_said_to_stand(called):
    request = the_request()
    request.promised_call_by = MONDAY - timedelta(minutes=1)
    request.save()

    assert "We still aim to call you by" not in read(called, "choose_time")


@pytest.mark.security(16)
def test_times_say_it_to_nobody_else(called):
    assert "We still aim to call you by" not in read(Visitor(), "choose_time")


# A call after a time


def test_call_after_a_time_goes_to_the_number_we_have(visitor):
    visitor.book()
    form = read_form(visitor.get(url("request_callback")), "call_now")

    visitor.post(url("call_now"), form.values)

    assert the_request().promised_call_by == MONDAY + timedelta(minutes=5)
    assert "We still aim to call you by" in read(visitor, "request_callback")


@pytest.mark.stopped_at(MONDAY + timedelta(hours=16))
def test_page_of_one_button_says_at_night_by_when_we_call(visitor):
    visitor.book(at=TOMORROW_AT_TEN + timedelta(days=1))

    assert "If you ask us to call, we aim to call today by 9:15 am" in read(
        visitor, "request_callback"
    )


def send_call_now(visitor):
    """What the button answers to a page that was opened while a call could be promised."""
    form = read_form(visitor.get(url("request_callback")), "call_now")
    WeeklyHours.objects.all().delete()
    return visitor.post(url("call_now"), form.values)


def test_call_that_nobody_can_promise_is_refused_in_words_with_the_number(visitor):
    visitor.book()

    answer = send_call_now(visitor)

    page = " ".join(answer.content.decode().split()).replace("&#x27;", "'")
    assert answer.status_code == 409
    assert "We can't promise a call right now." in page
    assert "You keep your time" in page
    assert f'href="{Facility.objects.get().admissions_line.as_rfc3966}"' in page
    assert the_request().promised_call_by is None


# The call itself


def test_receipt_of_a_call_leads_to_all_that_can_be_changed(called):
    page = called.get(url("callback_requested")).content.decode()

    names = ["change_callback", "correct_contact", "rebook", "contact_card"]
    assert [name for name in names if url(name) not in page] == []


def test_good_time_is_changed(called):
    form = read_form(called.get(url("change_callback")), "change_callback")

    called.post(url("change_callback"), form.values | {"good_time": "evening"})

    assert the_request().promised_call_by == MONDAY + timedelta(hours=23, minutes=15)


def test_second_tab_is_not_told_of_a_time_that_was_not_taken(called):
    form = read_form(called.get(url("change_callback")), "change_callback").values
    called.post(url("change_callback"), form | {"good_time": "evening"})

    page = called.post(url("change_callback"), form | {"good_time": "morning"})

    again = read_form(page, "change_callback").values
    assert again["good_time"] == "morning"
    called.post(url("change_callback"), again)
    assert the_request().good_time == "morning"


def test_call_is_taken_back_and_asked_for_again(called):
    form = read_form(called.get(url("change_callback")), "withdraw_callback")
    called.post(url("withdraw_callback"), form.values)

    assert "You canceled the call" in read(called, "manage")
    again = read_form(called.get(url("request_callback")), "call_now")
    called.post(url("call_now"), again.values)
    assert the_request().promised_call_by == MONDAY + timedelta(minutes=5)


def test_call_taken_back_beside_a_talk_by_phone_denies_no_call(visitor):
    visitor.book()
    form = read_form(visitor.get(url("request_callback")), "call_now")
    visitor.post(url("call_now"), form.values)
    form = read_form(visitor.get(url("change_callback")), "withdraw_callback")

    visitor.post(url("withdraw_callback"), form.values)

    page = read(visitor, "manage")
    assert the_request().promised_call_by is None
    assert "By phone. Dana will call you" in page
    assert "We will not call" not in page


def test_page_that_lay_open_takes_back_no_later_call(called):
    form = read_form(called.get(url("change_callback")), "withdraw_callback")
    later = MONDAY + timedelta(hours=5)
    request = the_request()
    request.promised_call_by = later
    request.save()

    called.post(url("withdraw_callback"), form.values)

    assert the_request().promised_call_by == later


def test_call_that_is_not_owed_has_no_page(called):
    form = read_form(called.get(url("change_callback")), "withdraw_callback")
    called.post(url("withdraw_callback"), form.values)

    assert called.get(url("change_callback"))["Location"] == url("manage")
    assert called.get(url("callback_requested"))["Location"] == url("manage")


@pytest.mark.security(16)
@pytest.mark.parametrize("name", ["change_callback", "correct_contact"])
def test_another_browser_changes_nothing_of_the_call(called, name):
    assert Visitor().get(url(name)).status_code == 410


def test_lost_time_shows_the_nearest_and_keeps_the_call(called):
    form = read_form(called.get(details_url()), "rebook")
    late = stamp(TOMORROW_AT_TEN + timedelta(minutes=7))

    page = called.post(url("rebook"), form.values | {"at": late, "call": "take_back"})

    assert page.status_code == 409
    assert the_request().promised_call_by is not None


# Too often


@pytest.fixture
def changed_five_times(called, settings):
    settings.REQUEST_LIMIT_FACTOR = 1
    for time in ["evening", "morning", "evening", "morning", "evening"]:
        form = read_form(called.get(url("change_callback")), "change_callback").values
        called.post(url("change_callback"), form | {"good_time": time})
    return called


@pytest.mark.security(98)
def test_sixth_other_time_for_the_call_in_a_day_is_refused_with_the_number(changed_five_times):
    form = read_form(changed_five_times.get(url("change_callback")), "change_callback").values
    letters = Message.objects.count()

    answer = changed_five_times.post(url("change_callback"), form | {"good_time": "morning"})

    assert answer.status_code == 429
    assert "You have changed this call several times today" in answer.content.decode()
    assert (the_request().good_time, Message.objects.count()) == ("evening", letters)


@pytest.mark.security(98)
def test_call_is_taken_back_at_any_time_and_not_promised_over_and_over(changed_five_times):
    form = read_form(changed_five_times.get(url("change_callback")), "withdraw_callback")
    changed_five_times.post(url("withdraw_callback"), form.values)
    form = read_form(changed_five_times.get(url("request_callback")), "call_now")
    letters = Message.objects.count()

    answer = changed_five_times.post(url("call_now"), form.values)

    assert answer.status_code == 429
    assert "You have changed this call several times today" in answer.content.decode()
    assert (the_request().promised_call_by, Message.objects.count()) == (None, letters)
