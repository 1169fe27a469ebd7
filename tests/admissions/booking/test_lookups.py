"""Who asks for a link by email: which letters go, to whom, and what opens afterwards."""

import re
import uuid
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client

from admissions.booking import lookups, tasks
from admissions.intake import contact_plan, manage_links, suppressions
from admissions.intake.models import LinkRequest
from admissions.messaging import delivery
from admissions.messaging.disclosure import find_revealing_words
from admissions.messaging.models import Message
from admissions.rate_limits.limits import Origin
from tests.support.factories import make_consultation, make_request
from tests.support.visitor import MONDAY, TOMORROW_AT_TEN, url

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]
HERE = Origin(network="203.0.113.9", session="")
CLOSED = {
    "stage": "closed", "disposition": "unreachable", "closed_at": MONDAY, "due_at": None,
}  # fmt: skip
MINUTE = timedelta(minutes=1)


def ask(email="jo@example.com"):
    """Someone asks, and the sweep of the worker answers."""
    lookups.ask_for_link(email=email, origin=HERE)
    tasks.answer_link_requests()


def send():
    """What became of every letter with a link, once a worker had it."""
    for message in Message.objects.filter(kind="link"):
        delivery.deliver_message(message.pk)
    return list(Message.objects.filter(kind="link").values_list("state", "reason"))


def written():
    return set(Message.objects.filter(kind="link").values_list("request", flat=True))


def plain(letter):
    return letter.get_body(["plain"]).get_content()


@pytest.fixture
def booked():
    request = make_request(source="booking", stage="consultation_scheduled", may_email=True)
    return make_consultation(starts_at=TOMORROW_AT_TEN, request=request).request


def test_link_in_the_letter_opens_the_appointment(booked, inbox):
    ask("JO@Example.com")
    send()

    client = Client()
    path = urlsplit(re.search(r"https?://\S+/manage/\S+", plain(inbox[0]))[0]).path
    page = client.get(path, follow=True)

    assert inbox[0]["To"] == booked.email
    assert page.redirect_chain == [(url("manage"), 302)]
    assert booked.reference in page.content.decode()


def test_letter_tells_a_bystander_nothing(booked, inbox):
    ask()
    send()

    assert find_revealing_words(f"{inbox[0]['Subject']} {plain(inbox[0])}") == []


def test_letter_is_in_the_language_of_the_request(inbox):
    make_request(may_email=True, language="es")
    ask()
    send()

    assert "El enlace que pidió" in inbox[0].get_body(["html"]).get_content()


def test_older_link_keeps_working(booked):
    older = manage_links.issue_tokens(booked)[0]

    ask()
    send()

    assert manage_links.find_request_by_token(older) == booked


@pytest.mark.security(100)
def test_address_that_we_do_not_know_hears_nothing(booked):
    ask("other@example.com")

    assert not Message.objects.filter(kind="link").exists()
    assert not LinkRequest.objects.exists()


def test_newest_three_open_requests_are_written_about():
    made = [make_request(created_at=MONDAY - MINUTE * number) for number in range(4)]
    make_request(**CLOSED)

    ask()

    assert written() == {each.pk for each in made[:3]}


def test_button_pressed_twice_sends_one_letter(booked, time_machine):
    ask()
    ask()
    assert Message.objects.filter(kind="link").count() == 1

    time_machine.move_to(MONDAY + 3 * MINUTE, tick=False)
    ask()

    assert Message.objects.filter(kind="link").count() == 2


def test_ask_that_was_answered_is_answered_once(booked):
    lookups.ask_for_link(email=booked.email, origin=HERE)
    (pk,) = LinkRequest.objects.values_list("pk", flat=True)

    assert [tasks.answer_link_requests([pk]), tasks.answer_link_requests([pk])] == [1, 0]


def test_ask_is_noted_in_the_history_of_the_request(booked):
    ask()

    assert list(booked.audit_events.values_list("type", "source")) == [
        ("manage_link_asked", "someone")
    ]


@pytest.mark.security(100)
@pytest.mark.parametrize("cause", ["bounced", "complained"])
def test_address_that_came_back_is_not_written_to(booked, cause):
    suppressions.suppress_email(booked, cause)
    ask()

    assert send() == [("skipped", "suppressed")]


@pytest.mark.security(100)
def test_stop_holds_whoever_asks(booked):
    contact_plan.stop_emails(key=uuid.uuid4(), request=booked, owns_email=True)
    ask()

    assert [state for state, _reason in send()] == ["skipped"]


def test_who_permits_no_email_gets_none(inbox):
    make_request(may_email=False)
    ask()

    assert send() == [("skipped", "not_permitted")]
    assert len(inbox) == 0


def test_request_that_closed_meanwhile_gets_none():
    request = make_request(may_email=True)
    ask()
    type(request).objects.filter(pk=request.pk).update(**CLOSED)

    assert send() == [("skipped", "request_closed")]
