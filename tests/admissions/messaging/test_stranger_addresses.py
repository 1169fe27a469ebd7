"""Anyone may type anyone's address into a form: what its owner then hears of us."""

import uuid
from datetime import timedelta

import pytest

from admissions.intake import contact_plan, suppressions
from admissions.intake.models import Suppression
from admissions.messaging import delivery, eligibility
from admissions.messaging.models import Message
from tests.support.factories import make_due, make_message, make_request
from tests.support.visitor import MONDAY, Visitor, browser, read_form, url

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
State = Message.State


@pytest.fixture(autouse=True)
def one_center(settings):
    settings.REQUEST_LIMIT_FACTOR = 1


def sent(message):
    delivery.deliver_message(message.pk)
    message.refresh_from_db()
    return message.state, message.reason


def confirmation(**columns):
    return make_due("confirmation", now=MONDAY, **columns)


def stop(request):
    contact_plan.stop_emails(key=uuid.uuid4(), request=request, owns_email=True)


# A flood


@pytest.mark.security(100)
def test_address_hears_of_three_new_requests_in_a_day(inbox):
    outcomes = [sent(confirmation()) for _request in range(5)]

    assert outcomes == [("sent", "")] * 3 + [("skipped", "too_many")] * 2
    assert len(inbox) == 3


def test_other_spelling_of_an_address_is_the_same_address(inbox):
    outcomes = [sent(confirmation(email=each)) for each in ["jo@x.example", "JO@X.example"] * 2]

    assert outcomes[-1] == ("skipped", "too_many")


def test_next_day_starts_anew(inbox, time_machine):
    for _request in range(3):
        sent(confirmation())

    time_machine.move_to(MONDAY + DAY + MINUTE, tick=False)
    later = make_due("confirmation", now=MONDAY + DAY + MINUTE, created_at=MONDAY + DAY)

    assert sent(later) == ("sent", "")


def test_flood_takes_no_letter_from_a_request_that_was_there_before(inbox):
    own = confirmation(created_at=MONDAY - 2 * DAY)
    for _request in range(3):
        sent(confirmation())

    assert sent(own) == ("sent", "")


def test_flood_takes_no_letter_from_a_request_that_was_written_to(inbox):
    own = confirmation()
    sent(own)
    for _request in range(3):
        sent(confirmation())
    reminder = make_message(
        "reminder_day", consultation=own.consultation, request=own.request, due_at=MONDAY
    )

    assert sent(reminder) == ("sent", "")


@pytest.mark.security(100)
def test_request_is_written_to_a_dozen_times_a_day(inbox):
    own = confirmation()
    copies = [
        make_message(
            "moved",
            consultation=own.consultation,
            request=own.request,
            due_at=MONDAY,
            dedupe_key=f"again {number}",
        )
        for number in range(eligibility.MAX_EMAILS_PER_REQUEST_AND_DAY + 1)
    ]

    outcomes = [sent(each) for each in copies]

    assert outcomes[-2:] == [("sent", ""), ("skipped", "too_many")]


def test_letters_to_staff_count_for_nobody(inbox):
    request = make_request()
    for _notice in range(5):
        Message.objects.create(
            kind="staff_new_request",
            dedupe_key=str(uuid.uuid4()),
            request=make_request(),
            due_at=MONDAY,
            state=State.SENT,
            finished_at=MONDAY,
        )

    assert not eligibility.is_flooded(request, MONDAY)


# A stop, and a stranger who books with the address


@pytest.fixture
def stopped(time_machine):
    """The owner of jo@example.com has asked us to stop; a minute has gone by."""
    stop(make_request(created_at=MONDAY - DAY))
    time_machine.move_to(MONDAY + MINUTE, tick=False)


def new_confirmation():
    return make_due("confirmation", now=MONDAY + MINUTE, created_at=MONDAY + MINUTE)


def test_new_request_sends_one_letter_that_says_so(stopped, inbox):
    assert sent(new_confirmation()) == ("sent", "")

    assert "Someone asked us to stop writing to this address." in inbox[0].get_body(
        ["plain"]
    ).get_content().replace("\n", " ")


def test_second_request_sends_none(stopped, inbox):
    sent(new_confirmation())

    assert sent(new_confirmation()) == ("skipped", "suppressed")


def test_nothing_but_the_confirmation_goes(stopped, inbox):
    reminder = make_due("reminder_day", now=MONDAY + MINUTE, created_at=MONDAY + MINUTE)

    assert sent(reminder) == ("skipped", "suppressed")


@pytest.mark.parametrize("cause", ["bounced", "complained"])
def test_address_that_is_dead_or_complained_gets_none(stopped, inbox, cause):
    suppressions.suppress_email(make_request(), cause)

    assert sent(new_confirmation()) == ("skipped", "suppressed")


def test_email_that_was_never_stopped_says_nothing_of_it(inbox):
    sent(confirmation())

    assert "asked us to stop" not in inbox[0].get_body(["plain"]).get_content()


def choose_email(client, request):
    form = read_form(client.get(url("change_contact_plan")), "change_contact_plan")
    client.post(url("change_contact_plan"), form.values | {"may_email": "on"})
    return Suppression.objects.for_email(request.email).exists()


def test_who_opened_the_letter_may_choose_email_again(stopped):
    request = new_confirmation().request

    assert choose_email(browser(request), request) is False


def booked_by_a_stranger():
    """The browser in which jo@example.com was typed, and the request."""
    visitor = Visitor()
    request = new_confirmation().request
    session = visitor.session
    session["request"] = str(request.pk)
    session.save()
    visitor.get(url("booked"))
    return visitor, request


def test_who_only_typed_the_address_may_not(stopped):
    visitor, request = booked_by_a_stranger()

    assert choose_email(visitor, request) is True


def give_up_email(client):
    form = read_form(client.get(url("change_contact_plan")), "change_contact_plan")
    form.values.pop("may_email")
    client.post(url("change_contact_plan"), form.values)


def test_who_only_typed_the_address_may_not_though_they_gave_it_up_before(stopped):
    visitor, request = booked_by_a_stranger()
    give_up_email(visitor)

    assert choose_email(visitor, request) is True
    request.refresh_from_db()
    assert request.may_email is True


def test_who_only_typed_the_address_gives_it_up_for_their_own_request_alone():
    visitor, request = booked_by_a_stranger()

    give_up_email(visitor)

    request.refresh_from_db()
    assert request.may_email is False
    assert not Suppression.objects.for_email(request.email).exists()


@pytest.mark.security(79)
def test_who_only_typed_the_address_does_not_learn_of_the_stop(stopped):
    visitor, _request = booked_by_a_stranger()

    page = visitor.get(url("manage")).content.decode()

    assert "We write to j•••@example.com." in " ".join(page.split())
    assert "We were asked to stop" not in page


def test_who_opened_the_letter_learns_of_the_stop(stopped):
    page = browser(new_confirmation().request).get(url("manage"))

    assert b"We were asked to stop writing to your email address" in page.content


def test_who_only_typed_the_address_stops_their_own_request_alone():
    visitor, request = booked_by_a_stranger()
    form = read_form(visitor.get(url("manage")), "stop_emails")

    visitor.post(url("stop_emails"), form.values)

    request.refresh_from_db()
    assert request.may_email is False
    assert not Suppression.objects.for_email(request.email).exists()


def test_page_after_booking_promises_no_letter_that_was_not_sent(stopped, inbox):
    sent(new_confirmation())
    visitor, request = booked_by_a_stranger()
    sent(request.messages.get())

    page = visitor.get(url("booked")).content.decode()

    assert "our email may not reach you" in page
    assert "on its way" not in page
