"""Whether the letter about an earlier time may still go, looked at when it would leave."""

import pytest

from admissions.booking import by_staff
from admissions.intake.models import ConsultationRequest
from admissions.messaging import delivery
from admissions.messaging.models import Message
from tests.support.factories import make_user
from tests.support.waitlist import (
    DAY,
    FRIDAY,
    HOUR,
    NOW,
    TUESDAY,
    book,
    decline,
    free,
    letters_to,
    make_center,
    open_on_tuesday,
    sweep,
    wait,
)

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]
Kind = Message.Kind


@pytest.fixture
def counselor():
    return make_center()


@pytest.fixture
def request_with_offer(counselor):
    rival = book(TUESDAY)
    request = wait()
    free(rival)
    sweep(NOW)
    return request


def deliver(request, kind=Kind.EARLIER_OFFER):
    """(state, reason) of the newest letter of this kind, once a worker has had it."""
    message = letters_to(request, kind)[-1]
    delivery.deliver_message(message.pk)
    message.refresh_from_db()
    return message.state, message.reason


def test_offer_that_stands_is_sent(request_with_offer, inbox):
    answer = deliver(request_with_offer)

    assert (answer, [each["To"] for each in inbox]) == (
        ("sent", ""),
        [request_with_offer.email],
    )


def test_offer_of_a_time_that_was_taken_meanwhile_is_not_sent(request_with_offer, inbox):
    book(TUESDAY)

    assert (deliver(request_with_offer), inbox) == (("skipped", "offer_over"), [])


def test_offer_that_ran_out_is_not_sent(request_with_offer, inbox, time_machine):
    time_machine.move_to(NOW + 2 * HOUR, tick=False)

    assert (deliver(request_with_offer), inbox) == (("skipped", "offer_over"), [])


def test_offer_that_was_answered_is_not_sent(request_with_offer, inbox):
    decline(request_with_offer)

    assert (deliver(request_with_offer), inbox) == (("skipped", "offer_over"), [])


def test_offer_is_not_sent_at_night(request_with_offer, inbox, time_machine):
    request_with_offer.earlier_offers.update(expires_at=NOW + 24 * HOUR)
    time_machine.move_to(NOW + 11 * HOUR, tick=False)

    assert (deliver(request_with_offer), inbox) == (("skipped", "quiet_hours"), [])


def test_offer_is_not_sent_to_who_may_not_be_emailed(request_with_offer, inbox):
    ConsultationRequest.objects.filter(pk=request_with_offer.pk).update(may_email=False)

    assert (deliver(request_with_offer), inbox) == (("skipped", "not_permitted"), [])


def test_offer_that_names_an_old_appointment_is_not_sent(request_with_offer, inbox):
    by_staff.reschedule_consultation(
        request_id=request_with_offer.pk, starts_at=FRIDAY + 2 * HOUR, by=make_user()
    )

    assert (deliver(request_with_offer), inbox) == (("skipped", "not_standing"), [])


def lose(request):
    """The offer was sent, and then someone else booked the time."""
    deliver(request)
    book(TUESDAY)
    sweep(NOW)


def test_word_that_a_time_went_is_sent(request_with_offer, inbox):
    lose(request_with_offer)

    answer = deliver(request_with_offer, Kind.EARLIER_OFFER_TAKEN)

    assert (answer, [each["Subject"] for each in inbox]) == (
        ("sent", ""),
        ["An earlier time for your appointment", "Your appointment stays as it is"],
    )


def test_word_that_a_time_went_is_spared_when_a_new_offer_follows(
    request_with_offer, inbox, counselor
):
    open_on_tuesday(counselor, TUESDAY + DAY)
    lose(request_with_offer)

    answer = deliver(request_with_offer, Kind.EARLIER_OFFER_TAKEN)

    assert (answer, len(inbox)) == (("skipped", "newer_version"), 1)


def test_second_offer_has_a_letter_of_its_own(request_with_offer, inbox, counselor):
    deliver(request_with_offer)
    decline(request_with_offer)
    open_on_tuesday(counselor, TUESDAY + DAY)
    sweep(NOW)

    assert deliver(request_with_offer) == ("sent", "")
    assert "Wednesday, January 6" in inbox[-1].get_body(["plain"]).get_content()
