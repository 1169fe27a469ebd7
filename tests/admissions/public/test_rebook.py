"""A new time for the same request: by its requester, from the link of a letter."""

import re
import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from admissions import formatting
from admissions.audit.models import AuditEvent
from admissions.booking import consultations
from admissions.exceptions import ActionNotAllowed, SlotTaken
from admissions.intake.models import ConsultationRequest
from admissions.messaging import catalog, delivery
from admissions.messaging.models import Message
from admissions.scheduling.models import Closure, Consultation, Mode
from admissions.triage import outcomes
from tests.admissions.intake.test_manage_links import kept
from tests.support.factories import make_consultation, make_counselor, make_request, make_user
from tests.support.rivals import at_once
from tests.support.visitor import MONDAY, TOMORROW_AT_TEN, browser, read_form, stamp, url

pytestmark = pytest.mark.stopped_at(MONDAY)

TODAY_AT_TEN = MONDAY
TOMORROW_AT_TWO = TOMORROW_AT_TEN + timedelta(hours=4)
Stage, Status = ConsultationRequest.Stage, Consultation.Status


@pytest.fixture
def counselor(db):
    return make_counselor()


@pytest.fixture
def request_of_jo(counselor):
    return make_request(stage=Stage.ATTEMPTING_CONTACT)


def choose(request, starts_at=TOMORROW_AT_TWO, *, key=None, mode=Mode.PHONE, **asked):
    return consultations.rebook_consultation(
        key=key or uuid.uuid4(), request=request, starts_at=starts_at, mode=mode, **asked
    )


def form_of(client, **asked):
    page = client.get(url("rebook"), asked)
    return read_form(page, "rebook")


# The service


def test_choose_again_joins_the_request(request_of_jo):
    consultation = choose(request_of_jo)

    request_of_jo.refresh_from_db()
    events = [(e.type, e.source, e.consultation) for e in request_of_jo.audit_events.all()]
    assert ConsultationRequest.objects.count() == 1
    assert (request_of_jo.stage, request_of_jo.due_at) == (
        "consultation_scheduled",
        TOMORROW_AT_TWO,
    )
    assert (consultation.starts_at, consultation.booked_by) == (TOMORROW_AT_TWO, None)
    assert events == [("consultation_requested", "requester", consultation)]


def test_choose_again_promises_what_a_booking_does(request_of_jo):
    choose(request_of_jo)

    kinds = request_of_jo.messages.values_list("kind", flat=True).order_by("due_at")
    assert list(kinds) == ["confirmation", "reminder_hours"]


@pytest.mark.parametrize(
    "stage", ["new", "attempting_contact", "contacted", "consultation_completed"]
)
def test_choose_again_is_open_from_every_stage_that_leads_to_a_talk(counselor, stage):
    request = make_request(stage=stage)

    choose(request)

    request.refresh_from_db()
    assert request.stage == "consultation_scheduled"


def test_choose_again_takes_up_the_entry_that_we_canceled(counselor):
    freed = make_consultation(
        starts_at=TOMORROW_AT_TEN, counselor=counselor, status=Status.CANCELED_BY_CENTER
    )

    again = choose(freed.request)

    assert (again.uid, again.sequence) == (freed.uid, freed.sequence + 1)


def test_choosing_again_after_their_own_cancellation_is_a_new_entry_whatever_came_before(counselor):
    freed = make_consultation(
        starts_at=TOMORROW_AT_TEN, counselor=counselor, status=Status.CANCELED_BY_CENTER
    )
    request = ConsultationRequest.objects.get(pk=freed.request_id)
    choose(request)
    consultations.cancel_consultation(key=uuid.uuid4(), request=request)

    again = choose(request)

    assert again.uid != freed.uid
    assert again.sequence == 0


def test_choose_again_keeps_a_promised_call_due(counselor):
    by = MONDAY + timedelta(minutes=5)
    request = make_request(promised_call_by=by, due_at=by)

    choose(request)

    request.refresh_from_db()
    assert (request.promised_call_by, request.due_at) == (by, by)


def test_choose_again_with_the_same_key_gives_the_same_answer(request_of_jo):
    key = uuid.uuid4()
    first = choose(request_of_jo, key=key)
    before = kept()

    assert (choose(request_of_jo, key=key), kept()) == (first, before)


def test_choose_again_by_phone_permits_the_call(counselor):
    request = make_request(may_call=False, stage=Stage.ATTEMPTING_CONTACT)

    choose(request)

    request.refresh_from_db()
    event = request.audit_events.get(type="plan_changed")
    assert request.may_call
    assert event.fields == ["may_call"]


def test_choose_again_by_video_leaves_the_plan_alone(counselor):
    request = make_request(may_call=False, stage=Stage.ATTEMPTING_CONTACT)

    choose(request, mode=Mode.VIDEO)

    request.refresh_from_db()
    assert request.may_call is False


def closed(counselor):
    return make_request(stage=Stage.CLOSED, closed_at=MONDAY, disposition="withdrawn")


def with_a_time(counselor):
    return make_consultation(starts_at=TOMORROW_AT_TEN, counselor=counselor).request


def without_a_phone(counselor):
    return make_request(phone="", may_call=False)


def about_to_be_admitted(counselor):
    return make_request(stage=Stage.ADMISSION_PENDING)


@pytest.mark.parametrize("make", [closed, with_a_time, without_a_phone, about_to_be_admitted])
def test_choose_again_where_no_time_can_be_had_changes_nothing(counselor, make):
    request = make(counselor)
    before = kept()

    with pytest.raises(ActionNotAllowed):
        choose(request)

    assert kept() == before


@pytest.mark.parametrize(
    "starts_at", [TOMORROW_AT_TEN, TOMORROW_AT_TWO + timedelta(minutes=7), MONDAY]
)
def test_choose_again_of_a_time_that_is_not_open_changes_nothing(
    request_of_jo, counselor, starts_at
):
    make_consultation(starts_at=TOMORROW_AT_TEN, counselor=counselor)
    before = kept()

    with pytest.raises(SlotTaken):
        choose(request_of_jo, starts_at)

    assert kept() == before


def test_two_tabs_at_once_book_one_time(real_commits):
    make_counselor()
    request = make_request(stage=Stage.ATTEMPTING_CONTACT)
    starts = [TOMORROW_AT_TEN, TOMORROW_AT_TWO]

    answers = at_once([lambda at=at: choose(request, at) for at in starts])

    refused = [each for each in answers if isinstance(each, ActionNotAllowed)]
    assert (Consultation.objects.standing().count(), len(refused)) == (1, 1)


def test_two_people_at_once_never_share_a_time(real_commits):
    make_counselor()
    people = [make_request(stage=Stage.ATTEMPTING_CONTACT) for _each in range(3)]

    answers = at_once([lambda one=one: choose(one) for one in people])

    refused = [each for each in answers if isinstance(each, SlotTaken)]
    assert (Consultation.objects.standing().count(), len(refused)) == (1, 2)


# The page


def test_page_books_with_one_tap_and_says_so(request_of_jo):
    client = browser(request_of_jo)
    form = form_of(client)

    answer = client.post(url("rebook"), form.values | {"at": stamp(TOMORROW_AT_TWO)}, follow=True)

    page = answer.content.decode()
    assert request_of_jo.standing_consultation().starts_at == TOMORROW_AT_TWO
    assert answer.redirect_chain[-1][0] == url("manage")
    assert "Your appointment is booked." in page
    assert "Your appointment is booked." not in client.get(url("manage")).content.decode()


def test_page_sent_twice_books_once(request_of_jo):
    client = browser(request_of_jo)
    values = form_of(client).values | {"at": stamp(TOMORROW_AT_TWO)}

    answers = [client.post(url("rebook"), values) for _click in range(2)]

    assert [each["Location"] for each in answers] == [url("manage")] * 2
    assert Consultation.objects.count() == 1


def test_page_of_a_lost_time_keeps_the_choice_and_shows_the_nearest(request_of_jo, counselor):
    client = browser(request_of_jo)
    values = form_of(client, mode="video").values | {"at": stamp(TOMORROW_AT_TWO)}
    make_consultation(starts_at=TOMORROW_AT_TWO, counselor=counselor)
    before = kept()

    page = client.post(url("rebook"), values)

    form = read_form(page, "rebook")
    assert (page.status_code, kept()) == (409, before)
    assert (form.values["mode"], form.values["key"]) == ("video", values["key"])
    assert form.buttons[:3] == [
        ("at", "20261124T203000Z"),
        ("at", "20261124T210000Z"),
        ("at", "20261124T230000Z"),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "forged"},
        {"at": "x"},
        {"at": "\x00"},
        {"mode": "telepathy"},
        {"mode": ""},
        {"place": "999999"},
        {"mode": "in_person", "place": "999999"},
        {"mode": "in_person", "place": ""},
    ],
)
def test_page_that_is_not_as_we_made_it_books_nothing(request_of_jo, wrong):
    client = browser(request_of_jo)
    values = form_of(client).values | {"at": stamp(TOMORROW_AT_TWO)}
    before = kept()

    page = client.post(url("rebook"), values | wrong)

    assert (page.status_code, kept()) == (409, before)
    assert b"Nothing is booked yet. Please choose once more." in page.content


def test_page_offers_no_call_to_someone_without_a_phone(counselor):
    client = browser(make_request(phone="", may_call=False))

    page = client.get(url("rebook"), {"mode": "phone"})

    assert [value for value, _label in page.context["modes"]] == ["video", "in_person"]
    assert page.context["mode"] == "video"


def test_page_begins_with_the_mode_of_the_last_appointment(counselor):
    last = make_consultation(
        starts_at=TOMORROW_AT_TEN, counselor=counselor, mode="video", status="canceled_by_person"
    )

    assert form_of(browser(last.request)).values["mode"] == "video"


@pytest.mark.parametrize("make", [closed, with_a_time, about_to_be_admitted])
def test_page_leads_back_where_no_time_can_be_had(counselor, make):
    request = make(counselor)

    answer = browser(request).get(url("rebook"))

    assert (answer.status_code, answer["Location"]) == (302, url("manage"))


@pytest.mark.security(15)
def test_page_of_a_closed_request_sends_on_to_a_new_one(counselor):
    request = closed(counselor)

    page = browser(request).get(url("manage")).content.decode()

    assert "Your request is closed" in page
    assert f'href="{url("choose_time")}"' in page


def test_form_of_a_request_closed_meanwhile_books_nothing(request_of_jo):
    client = browser(request_of_jo)
    values = form_of(client).values | {"at": stamp(TOMORROW_AT_TWO)}
    outcomes.close_request(
        request_id=request_of_jo.pk,
        by=make_user("coordinator"),
        disposition="withdrawn",
        reason="not_ready",
    )
    before = kept()

    page = client.post(url("rebook"), values)

    assert (page.status_code, kept()) == (409, before)
    assert b"You can make a new one at any time." in page.content


def test_page_without_any_open_time_says_what_to_do(request_of_jo):
    Closure.objects.create(starts_at=MONDAY, ends_at=MONDAY + timedelta(days=90), reason="Holiday")

    page = browser(request_of_jo).get(url("rebook"))

    assert b"Try another way to talk, or call us" in page.content


@pytest.mark.parametrize("name", ["rebook", "confirm_attendance", "manage"])
def test_another_browser_sees_and_changes_nothing(request_of_jo, name):
    before = kept()

    answers = [Client().get(url(name)), Client().post(url(name), {"key": "x"})]

    assert {answer.status_code for answer in answers} <= {410, 405}
    assert kept() == before


# The page of someone who never had a time


def test_page_shows_the_call_that_we_promised(counselor):
    by = MONDAY + timedelta(minutes=5)

    page = browser(make_request(promised_call_by=by)).get(url("manage")).content.decode()

    assert "We will call you" in page
    assert formatting.format_datetime_in_zone(by, "America/Los_Angeles") in page


def test_page_without_an_appointment_shows_the_reference(request_of_jo):
    page = browser(request_of_jo).get(url("manage")).content.decode()

    assert request_of_jo.reference in page


def test_page_owns_up_to_a_call_that_is_late(counselor):
    request = make_request(promised_call_by=MONDAY - timedelta(minutes=5))

    assert b"We are late, and we are sorry." in browser(request).get(url("manage")).content


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({}, "We have your request for a call."),
        ({"source": "staff"}, "We are trying to reach you"),
        ({"may_call": False, "may_email": False}, "Call us when you are ready"),
        ({"may_call": False, "phone": ""}, "We are trying to reach you"),
    ],
)
def test_page_says_what_to_expect_of_us(counselor, plan, words):
    assert words in browser(make_request(**plan)).get(url("manage")).content.decode()


# From the no-show to the new time


def test_no_show_books_again_by_the_link_and_hears_no_more(inbox, counselor, time_machine):
    missed = make_consultation(starts_at=TODAY_AT_TEN, counselor=counselor)
    outcomes.mark_no_show(request_id=missed.request_id, by=make_user("coordinator"))
    first = missed.request.messages.get(kind="after_no_show")
    time_machine.move_to(first.due_at, tick=False)
    assert delivery.deliver_message(first.pk) == "sent"

    body = inbox[-1].get_body(("plain",)).get_content()
    link = re.search(rf"{re.escape(settings.SITE_URL)}(\S+to=book)", body)[1]
    client = Client()
    page = client.get(link, follow=True)
    values = read_form(page, "rebook").values | {"at": stamp(TOMORROW_AT_TWO)}
    client.post(url("rebook"), values)

    for kind in catalog.list_series("no_show")[1:]:
        message = missed.request.messages.get(kind=kind)
        Message.objects.filter(pk=message.pk).update(due_at=first.due_at)
        assert delivery.deliver_message(message.pk) == "skipped"
        message.refresh_from_db()
        assert message.reason == "newer_version"
    assert missed.request.standing_consultation().starts_at == TOMORROW_AT_TWO
    assert AuditEvent.objects.filter(type="consultation_requested").count() == 1
