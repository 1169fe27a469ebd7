"""Someone who asks for a person they work with: words of their own, and a call while both wait."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import translation

from admissions.admin.contact_summary import phone_tags
from admissions.intake.models import ConsultationRequest
from tests.support.factories import make_counselor, make_request
from tests.support.visitor import MONDAY, Visitor, url

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
TOGETHER = {"for_whom": "professional", "minutes_together": "60"}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MONDAY, tick=False) as travel, translation.override("en"):
        yield travel


@pytest.fixture
def visitor():
    make_counselor()
    return Visitor()


def ask_together(visitor):
    """The receipt of a call that is asked for while the person is there for an hour."""
    visitor.send_callback(visitor.open_callback() | TOGETHER)
    return visitor.get(url("callback_requested")).content.decode()


def test_receipt_says_that_we_try_to_call_while_the_person_is_there(visitor):
    receipt = ask_together(visitor)

    assert ConsultationRequest.objects.get().together_until == MONDAY + HOUR
    assert "try to call while they are there" in receipt


def test_receipt_of_a_later_call_says_to_call_now(visitor, clock):
    clock.move_to(MONDAY + 12 * HOUR)

    assert "The person may have left by then" in ask_together(visitor)


def test_receipts_do_not_send_a_professional_to_the_sheet_for_families(visitor):
    visitor.book(for_whom="professional")

    booked = visitor.get(url("booked")).content.decode()
    assert "#family" not in booked + ask_together(Visitor())
    assert "how to send someone to us" in booked


def test_desk_says_beside_the_number_until_when_they_are_together(clock):
    request = make_request(for_whom="professional", together_until=MONDAY + HOUR)
    before = [tag.text for tag in phone_tags(request)]
    clock.move_to(MONDAY + HOUR)

    assert "person there until 11:00 am" in before
    assert [tag for tag in phone_tags(request) if "person there" in tag.text] == []
