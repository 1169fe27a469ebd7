"""A mistyped number or email is corrected: what goes where from then on, and what opens nothing."""

import uuid
from datetime import timedelta

import pytest
from anymail.signals import AnymailTrackingEvent
from phonenumber_field.phonenumber import to_python

from admissions.audit.models import AuditEvent
from admissions.booking import corrections
from admissions.exceptions import ActionNotAllowed, ChangedMeanwhile
from admissions.intake import manage_links, suppressions
from admissions.intake.models import ConsentEvent, ConsultationRequest, ManageToken
from admissions.messaging import delivery, eligibility, provider_events, staff_actions
from admissions.messaging.models import Message
from admissions.rate_limits.limits import Origin, TooManyRequests
from tests.support.bookings import book
from tests.support.factories import make_counselor, make_message, make_request
from tests.support.visitor import MONDAY, TOMORROW_AT_TEN

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]
WRONG, RIGHT = "jo@exmaple.com", "jo@example.com"
NUMBER = to_python("+17145550199")
HERE = Origin(network="192.0.2.7", session="")
STOP = ManageToken.Purpose.STOP


@pytest.fixture
def request_of_jo():
    make_counselor()
    return book(TOMORROW_AT_TEN, email=WRONG)


def correct(request, *, key=None, email_number=None, **contact):
    return corrections.correct_contact(
        key=key or uuid.uuid4(),
        request=request,
        contact=contact,
        language="en",
        origin=HERE,
        email_number=email_number,
    )


def messages_of(request, kind="confirmation"):
    return list(request.messages.filter(kind=kind).order_by("pk"))


def deliver(message):
    delivery.deliver_message(message.pk)
    message.refresh_from_db()
    return message.state, message.reason


# What goes where


def test_confirmation_goes_again_to_the_new_address_and_nothing_to_the_old(request_of_jo, inbox):
    deliver(messages_of(request_of_jo)[0])

    correct(request_of_jo, email=RIGHT)

    assert deliver(messages_of(request_of_jo)[1]) == ("sent", "")
    reminder = messages_of(request_of_jo, "reminder_hours")[0]
    Message.objects.filter(pk=reminder.pk).update(due_at=MONDAY)
    assert deliver(reminder) == ("sent", "")
    assert [letter["To"] for letter in inbox] == [WRONG, RIGHT, RIGHT]


def test_confirmation_that_had_not_gone_goes_once(request_of_jo, inbox):
    correct(request_of_jo, email=RIGHT)

    first, again = messages_of(request_of_jo)
    assert deliver(first) == ("skipped", "newer_version")
    assert deliver(again) == ("sent", "")
    assert [letter["To"] for letter in inbox] == [RIGHT]


@pytest.mark.security(8)
def test_letter_in_hand_while_its_address_is_corrected_goes_to_the_new_one(request_of_jo, inbox):
    reminder = messages_of(request_of_jo, "reminder_hours")[0]
    Message.objects.filter(pk=reminder.pk).update(due_at=MONDAY)
    in_hand = delivery.claim_message(reminder.pk)

    correct(request_of_jo, email=RIGHT)

    assert delivery.render_and_send(in_hand) == "promised"
    assert len(inbox) == 0
    assert deliver(reminder) == ("sent", "")
    assert [letter["To"] for letter in inbox] == [RIGHT]


@pytest.mark.security(8)
def test_links_mailed_to_the_wrong_address_open_nothing(request_of_jo):
    manage, stop = manage_links.issue_tokens(request_of_jo)

    correct(request_of_jo, email=RIGHT)

    assert manage_links.find_request_by_token(manage) is None
    assert manage_links.find_request_by_token(stop, STOP) is None
    assert manage_links.is_of_former_address(stop, STOP)


@pytest.mark.security(8)
def test_link_issued_for_a_letter_to_the_wrong_address_is_dead_however_late(request_of_jo):
    """A worker loads the request before the correction, and issues the link after it."""
    as_loaded = ConsultationRequest.objects.get(pk=request_of_jo.pk)
    correct(request_of_jo, email=RIGHT)

    manage, _stop = manage_links.issue_tokens(as_loaded)

    assert manage_links.find_request_by_token(manage) is None


def test_link_of_the_next_letter_opens_the_request(request_of_jo):
    corrected = correct(request_of_jo, email=RIGHT)

    manage, _stop = manage_links.issue_tokens(corrected)

    assert manage_links.find_request_by_token(manage) == request_of_jo


def test_correcting_the_number_leaves_links_and_letters_as_they_are(request_of_jo):
    manage, _stop = manage_links.issue_tokens(request_of_jo)

    correct(request_of_jo, phone=NUMBER)

    assert manage_links.find_request_by_token(manage) == request_of_jo
    assert len(messages_of(request_of_jo)) == 1


def test_request_without_a_time_is_sent_a_link():
    request = make_request(email=WRONG)

    correct(request, email=RIGHT)

    assert [message.kind for message in request.messages.all()] == ["link"]


# What is stored


def test_correction_is_stored_found_and_recorded_without_values(request_of_jo):
    correct(request_of_jo, email=RIGHT, phone=NUMBER)

    request_of_jo.refresh_from_db()
    assert request_of_jo.email == RIGHT
    assert str(request_of_jo.phone) == "(714) 555-0199"
    assert ConsultationRequest.objects.with_email(RIGHT) == [request_of_jo.pk]
    event = request_of_jo.audit_events.get(type=AuditEvent.Type.CONTACT_CORRECTED)
    assert event.fields == ["email", "phone"]
    assert (event.code, event.detail, event.source) == ("", {}, "requester")


def test_consent_to_be_written_to_is_recorded_anew(request_of_jo):
    before = ConsentEvent.objects.count()

    correct(request_of_jo, email=RIGHT)

    added = ConsentEvent.objects.order_by("pk")[before:]
    assert [(each.version.key, each.is_granted) for each in added] == [("email", True)]


def test_same_address_spelled_otherwise_changes_nothing(request_of_jo):
    correct(request_of_jo, email=WRONG.upper(), phone=request_of_jo.phone)

    request_of_jo.refresh_from_db()
    assert (request_of_jo.email, request_of_jo.email_number) == (WRONG, 0)
    assert len(messages_of(request_of_jo)) == 1


def test_one_form_sent_twice_corrects_once(request_of_jo):
    key = uuid.uuid4()
    for _click in range(2):
        correct(request_of_jo, key=key, email=RIGHT)

    assert len(messages_of(request_of_jo)) == 2


def test_lost_email_is_no_news_of_the_new_address(request_of_jo):
    message = messages_of(request_of_jo)[0]
    deliver(message)
    delivery.record_bounce(message, Message.Reason.NO_SUCH_ADDRESS)

    correct(request_of_jo, email=RIGHT)

    request_of_jo.refresh_from_db()
    assert request_of_jo.email_failed_at is None
    assert request_of_jo.due_at == TOMORROW_AT_TEN


def test_closed_request_is_not_corrected():
    request = make_request(
        stage="closed", disposition="withdrawn", closed_at=MONDAY, due_at=None, email=WRONG
    )

    with pytest.raises(ActionNotAllowed):
        correct(request, email=RIGHT)

    request.refresh_from_db()
    assert request.email == WRONG


# Strangers


@pytest.mark.security(100)
def test_stop_of_the_new_address_is_not_lifted_by_typing_it(request_of_jo, inbox, time_machine):
    time_machine.move_to(MONDAY + timedelta(hours=1), tick=False)
    suppressions.suppress_email(make_request(email=RIGHT), "stopped")

    correct(request_of_jo, email=RIGHT)

    assert deliver(messages_of(request_of_jo)[1]) == ("skipped", "suppressed")
    assert len(inbox) == 0


@pytest.mark.security(100)
def test_letters_to_the_old_address_do_not_count_for_the_new(request_of_jo, inbox, settings):
    """An address that heard of three new requests today is not written to about a fourth."""
    settings.REQUEST_LIMIT_FACTOR = 1
    deliver(messages_of(request_of_jo)[0])
    for _request in range(eligibility.MAX_NEW_REQUESTS_PER_DAY):
        deliver(make_message("link", request=make_request(email=RIGHT), due_at=MONDAY))

    correct(request_of_jo, email=RIGHT)

    assert deliver(messages_of(request_of_jo)[1]) == ("skipped", "too_many")


@pytest.mark.security(100)
def test_request_is_corrected_five_times_a_day(request_of_jo, settings):
    settings.REQUEST_LIMIT_FACTOR = 1
    for number in range(5):
        correct(request_of_jo, email=f"jo{number}@example.com")

    with pytest.raises(TooManyRequests):
        correct(request_of_jo, email=RIGHT)

    request_of_jo.refresh_from_db()
    assert request_of_jo.email == "jo4@example.com"


def test_report_of_the_old_address_says_nothing_of_the_new(request_of_jo):
    message = messages_of(request_of_jo)[0]
    deliver(message)
    correct(request_of_jo, email=RIGHT)
    report = AnymailTrackingEvent(
        event_type="bounced", metadata={"message": str(message.message_uuid)}, esp_event={}
    )

    provider_events.record_provider_event(report, provider="mailgun")

    message.refresh_from_db()
    assert message.state == "sent"
    assert not suppressions.is_email_undeliverable(make_request(email=RIGHT))


def test_staff_note_no_bounce_of_the_old_address(request_of_jo):
    message = messages_of(request_of_jo)[0]
    deliver(message)

    correct(request_of_jo, email=RIGHT)

    message.refresh_from_db()
    assert not staff_actions.may_be_marked_bounced(message)


@pytest.mark.security(8)
def test_page_of_a_letter_to_the_old_address_corrects_nothing_more(request_of_jo):
    key = uuid.uuid4()
    correct(request_of_jo, key=key, email_number=0, phone=NUMBER)
    correct(request_of_jo, email=RIGHT)

    for sent in (uuid.uuid4(), key):
        with pytest.raises(ChangedMeanwhile):
            correct(request_of_jo, key=sent, email_number=0, phone=NUMBER)


def test_second_click_of_the_correction_itself_is_answered_like_the_first(request_of_jo):
    key = uuid.uuid4()

    answers = [correct(request_of_jo, key=key, email_number=0, email=RIGHT) for _click in range(2)]

    assert [each.email for each in answers] == [RIGHT, RIGHT]
