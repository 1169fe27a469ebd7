"""Someone may be in danger: help stands first, and "now" is said only where it holds."""

import re
import uuid
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine

from admissions.booking import callbacks
from admissions.exceptions import ActionNotAllowed
from admissions.intake import service_levels
from admissions.intake.models import ConsultationRequest
from tests.support.factories import (
    answer_after_hours,
    change_crisis_line,
    make_counselor,
    make_request,
)
from tests.support.rows import everything
from tests.support.visitor import Visitor, read_form, url

from .said import words_of

pytestmark = pytest.mark.django_db
# A Monday, just before our counselors go and just after: one visit lasts from one to the other.
DAY = datetime(2026, 11, 24, 0, 40, tzinfo=UTC)
NIGHT = datetime(2026, 11, 24, 1, 5, tzinfo=UTC)
LINE = "tel:+1-714-555-0134"


@pytest.fixture
def clock():
    with time_machine.travel(DAY, tick=False) as at:
        yield at


@pytest.fixture
def visitor(clock):
    make_counselor(opens=time(9), closes=time(17), languages=["en", "es"])
    answer_after_hours("service")
    return Visitor()


def main_of(page):
    return re.search(r"<main.*</main>", page.content.decode(), flags=re.S)[0]


def links_in(html):
    return re.findall(r'href="([^"]+)"', html.replace("&amp;", "&"))


@pytest.mark.parametrize(
    ("prefix", "text"), [("", "sms:988"), ("/es", "sms:988?&body=AYUDA")], ids=["en", "es"]
)
def test_receipt_begins_with_four_buttons(visitor, prefix, text):
    visitor.book(is_in_danger="yes")

    main = main_of(visitor.get(prefix + url("booked")))

    assert links_in(main)[:4] == ["tel:911", "tel:988", text, LINE]
    assert main.index('class="danger-buttons"') < main.index('class="receipt"')
    assert main.count("<h1") == 1


def test_receipt_of_a_call_begins_with_them_too(visitor):
    visitor.send_callback(visitor.open_callback())
    ConsultationRequest.objects.update(is_in_danger=True)

    main = main_of(visitor.get(url("callback_requested")))

    assert links_in(main)[:4] == ["tel:911", "tel:988", "sms:988", LINE]


def test_form_holds_them_for_whoever_says_yes(visitor):
    html = main_of(visitor.get(url("details") + "?at=20261124T180000Z"))

    danger = html.split('class="danger-help urgent"')[1].split("</div>")[0]
    assert links_in(danger)[:4] == ["tel:911", "tel:988", "sms:988", LINE]


@pytest.mark.parametrize("prefix", ["", "/es"])
def test_every_place_that_offers_a_text_takes_its_number_from_the_row(visitor, prefix):
    change_crisis_line("988", sms="741741", sms_words="")
    visitor.book(is_in_danger="yes")

    pages = [visitor.get(prefix + each).content.decode() for each in (url("booked"), "/get-help/")]

    assert ["sms:988" in page for page in pages] == [False, False]
    assert [set(re.findall(r'"(sms:[^"]+)"', page)) for page in pages] == [{"sms:741741"}] * 2


def test_call_now_is_offered_while_a_call_comes_at_once(visitor):
    visitor.book(is_in_danger="yes")

    assert "Ask us to call now" in words_of(visitor.get(url("booked")).content.decode())


def test_at_night_the_receipt_says_when_we_would_call(visitor, clock):
    visitor.book(is_in_danger="yes")
    clock.move_to(NIGHT)

    words = words_of(visitor.get(url("booked")).content.decode())

    assert "Ask us to call now" not in words
    assert "If you ask us to call, we aim to call tomorrow by 9:15 am (PST)." in words
    assert "Our answering service picks up" in words


def test_call_now_of_a_page_older_than_the_hour_is_answered_with_the_time_that_holds(
    visitor, clock
):
    visitor.book(is_in_danger="yes")
    form = read_form(visitor.get(url("booked")), "call_now")
    clock.move_to(NIGHT)

    visitor.post(url("call_now"), form.values)

    promised = ConsultationRequest.objects.get().promised_call_by
    assert promised == datetime(2026, 11, 24, 17, 15, tzinfo=UTC)
    words = words_of(visitor.get(url("booked")).content.decode())
    assert "We aim to call you by Tuesday, November 24, 9:15 am (PST)." in words
    assert "Your appointment is booked" in words


def test_call_that_nobody_has_hours_for_is_promised_to_nobody(clock):
    request = make_request(promised_call_by=None, is_in_danger=True)
    before = everything()

    with pytest.raises(ActionNotAllowed):
        callbacks.request_call_now(key=uuid.uuid4(), request=request)

    assert everything() == before


def test_receipt_without_any_hours_promises_no_call_and_keeps_the_booking(visitor, clock):
    visitor.book(is_in_danger="yes")
    form = read_form(visitor.get(url("booked")), "call_now")
    ConsultationRequest.objects.get().standing_consultation().counselor.weekly_hours.all().delete()

    answer = visitor.post(url("call_now"), form.values)

    assert answer.status_code == 409
    assert "We can't promise a call right now." in words_of(answer.content.decode())
    assert "Your appointment is booked" in words_of(visitor.get(url("booked")).content.decode())
    assert ConsultationRequest.objects.get().promised_call_by is None


@pytest.mark.parametrize(("minutes", "is_now"), [(15, True), (16, False)])
def test_now_is_at_most_a_quarter_of_an_hour(minutes, is_now):
    promise = service_levels.CallPromise(by=DAY + timedelta(minutes=minutes), is_staffed=True)

    assert promise.is_now(DAY) is is_now


@pytest.mark.parametrize(
    ("at", "first"),
    [(DAY, "As soon as you can"), (NIGHT, "Tomorrow by 9:15 am (PST)")],
    ids=["day", "night"],
)
def test_callback_form_says_soon_only_where_it_is(visitor, clock, at, first):
    clock.move_to(at)

    html = visitor.get(url("request_callback")).content.decode()

    options = re.findall(r"<option[^>]*>([^<]*)", html.split('name="good_time"')[1])
    assert options[0].strip() == first
