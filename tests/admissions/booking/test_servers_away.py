"""A booking stands whatever else is away, and the page says so kindly."""

import re
import threading
import time as clock
from datetime import time

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from admissions.intake.models import ConsultationRequest
from admissions.messaging import delivery
from admissions.messaging.models import Message
from admissions.scheduling import availability
from admissions.scheduling.models import Consultation
from tests.support.broker import another_broker
from tests.support.factories import make_counselor
from tests.support.visitor import Visitor

# On loopback, at a port where nothing listens.
NOWHERE = {"HOST": "127.0.0.1", "PORT": "1"}
REDIS_NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def visitor(real_commits):
    """Someone who can book at any hour, in transactions that really commit."""
    make_counselor(opens=time(0), closes=time(23, 59))
    return Visitor()


@pytest.fixture
def redis_away():
    with another_broker(REDIS_NOWHERE):
        yield


@pytest.fixture
def database_away(django_db_setup, django_db_blocker):
    """Postgres at an address where nothing answers."""
    named = {name: connection.settings_dict[name] for name in NOWHERE}
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict.update(NOWHERE)
        yield
        connection.close()
        connection.settings_dict.update(named)


def open_start():
    return availability.open_slots(mode="phone", now=timezone.now())[4].starts_at


def book(visitor):
    return visitor.book(open_start(), email="jo@example.com")


def confirmation():
    return Message.objects.get(kind=Message.Kind.CONFIRMATION)


def deliver_due():
    for message in Message.objects.due(now=timezone.now()):
        delivery.deliver_message(message.pk)


def test_booking_without_redis_stands_and_owes_its_mail(visitor, redis_away):
    response = book(visitor)

    assert (response.status_code, response["Location"]) == (302, reverse("admissions:booked"))
    assert Consultation.objects.get().is_standing is True
    assert confirmation().state == "promised"


def test_booking_without_redis_hardly_waits_for_it(visitor, redis_away):
    values = visitor.open_details(open_start())
    begun = clock.monotonic()

    visitor.send_details(values)

    assert clock.monotonic() - begun < 1


def test_page_without_redis_says_that_the_mail_is_on_its_way(visitor, redis_away):
    book(visitor)

    page = visitor.get(reverse("admissions:booked"))

    assert b"Your appointment is booked. A confirmation is on its way" in page.content


@pytest.mark.parametrize("name", ["move_consultation", "cancel_consultation"])
def test_change_without_redis_stands(visitor, redis_away, name):
    book(visitor)
    visitor.get(reverse("admissions:booked"))
    page = visitor.get(reverse(f"admissions:{name}"))
    (*_sooner, latest) = re.findall(rb'name="at"\s+value="(\w+)"', page.content) or [b""]

    response = visitor.post(
        reverse(f"admissions:{name}"), {"key": page.context["key"], "at": latest.decode()}
    )

    assert (response.status_code, response["Location"]) == (302, reverse("admissions:manage"))
    assert Message.objects.filter(kind__in=["moved", "canceled"], state="promised").count() == 1


def test_mail_owed_while_redis_was_away_follows(visitor, redis_away, inbox):
    book(visitor)

    deliver_due()

    assert [letter["To"] for letter in inbox if letter["Subject"] == "Your appointment"] == [
        "jo@example.com"
    ]
    page = visitor.get(reverse("admissions:booked"))
    assert b"We have sent a confirmation to your email." in page.content


def test_booking_without_a_mail_server_stands_and_tries_again(visitor, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    book(visitor)

    deliver_due()

    page = visitor.get(reverse("admissions:booked"))
    assert (confirmation().state, confirmation().tries) == ("delayed", 1)
    assert b"A confirmation is on its way to your email" in page.content


def test_two_clicks_at_the_same_moment_book_once(visitor):
    values = visitor.open_details(open_start())
    cookies = visitor.cookies
    answers, ready = [], threading.Barrier(2)

    def click():
        tab = Visitor()
        tab.cookies = cookies
        ready.wait()
        answers.append(tab.send_details(values))
        connection.close()

    clicks = [threading.Thread(target=click) for _tab in range(2)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()

    assert [answer["Location"] for answer in answers] == [reverse("admissions:booked")] * 2
    assert (ConsultationRequest.objects.count(), Consultation.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    "address", ["/", "/consultation/", "/consultation/callback/", "/es/", "/admin/login/"]
)
def test_page_without_the_database_is_a_503_with_the_phone_number(database_away, address):
    response = Client().get(address, headers={"cookie": "session=" + "x" * 32})

    assert response.status_code == 503
    assert b'<a class="btn help"' in response.content
    assert b"tel:+1-714-555-0134" in response.content


def test_form_sent_without_the_database_is_a_503_with_the_phone_number(database_away):
    response = Visitor().send_callback({"preferred_name": "Jo"})

    assert response.status_code == 503
    assert b"tel:+1-714-555-0134" in response.content


def test_healthz_answers_without_the_database(database_away):
    response = Client().get("/healthz/")

    assert (response.status_code, response.content) == (200, b"ok")


def test_readyz_is_503_without_the_database(database_away):
    response = Client().get("/readyz/")

    assert (response.status_code, response.content) == (503, b"unavailable")


@pytest.mark.django_db
def test_readyz_is_503_without_redis(settings):
    settings.REDIS_URL = REDIS_NOWHERE

    response = Client().get("/readyz/")

    assert (response.status_code, response.content) == (503, b"unavailable")


@pytest.mark.django_db
def test_readyz_is_200_with_both():
    response = Client().get("/readyz/")

    assert (response.status_code, response.content) == (200, b"ok")
