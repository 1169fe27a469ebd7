"""What ends a ladder of letters, and what never goes to someone who has asked us to stop."""

import uuid
from datetime import timedelta

import pytest

from admissions.booking import by_staff, consultations
from admissions.exceptions import ActionNotAllowed
from admissions.intake import contact_plan
from admissions.intake.models import Suppression
from admissions.messaging import catalog, delivery
from admissions.messaging.models import Message
from admissions.scheduling.assignment import SlotChoice
from admissions.scheduling.models import Mode
from admissions.triage import contact_attempts, outcomes
from tests.support.factories import (
    make_consultation,
    make_counselor,
    make_due,
    make_request,
)
from tests.support.visitor import MONDAY, TOMORROW_AT_TEN

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]
DAY = timedelta(days=1)
NO_SHOW, NO_CONTACT = catalog.list_series("no_show"), catalog.list_series("no_contact")
TO_PEOPLE = [kind for kind in Message.Kind if kind not in Message.STAFF_KINDS]


def after_no_show(staff):
    """Someone who did not come this morning, with their three letters promised."""
    missed = make_consultation(starts_at=MONDAY, counselor=make_counselor())
    outcomes.mark_no_show(request_id=missed.request_id, by=staff)
    return missed.request


def after_no_answer(staff):
    """Someone whom we called in vain, with their three letters promised."""
    make_counselor()
    request = make_request()
    contact_attempts.log_attempt(
        request_id=request.pk, by=staff, channel="call", result="no_answer"
    )
    return request


RUNGS = [(after_no_show, kind) for kind in NO_SHOW] + [
    (after_no_answer, kind) for kind in NO_CONTACT
]


def fall_due(request, kind):
    """What becomes of this rung at its own time."""
    message = request.messages.get(kind=kind)
    state = delivery.deliver_message(message.pk)
    message.refresh_from_db()
    return state, message.reason


def move_to(time_machine, request, kind):
    time_machine.move_to(request.messages.get(kind=kind).due_at, tick=False)


@pytest.mark.parametrize(("begin", "kind"), RUNGS)
def test_rung_goes_at_its_time_while_nothing_ends_it(inbox, time_machine, staff, begin, kind):
    request = begin(staff)
    move_to(time_machine, request, kind)

    assert fall_due(request, kind) == ("sent", "")


def reply(request, staff):
    contact_attempts.log_attempt(request_id=request.pk, by=staff, channel="email", result="replied")


def reach(request, staff):
    contact_attempts.log_attempt(request_id=request.pk, by=staff, channel="call", result="reached")


def choose(request, staff):
    consultations.rebook_consultation(
        key=uuid.uuid4(), request=request, starts_at=TOMORROW_AT_TEN, mode=Mode.PHONE
    )


def book_by_staff(request, staff):
    counselor = request.consultations.first()
    pk = counselor.counselor_id if counselor else make_counselor().pk
    pick = SlotChoice(TOMORROW_AT_TEN, Mode.PHONE, pk)
    by_staff.book_for_request(key=uuid.uuid4(), request_id=request.pk, by=staff, pick=pick)


def close(request, staff):
    outcomes.close_request(
        request_id=request.pk, by=staff, disposition="declined_by_person", reason="not_ready"
    )


def withdraw(request, staff):
    contact_attempts.log_attempt(
        request_id=request.pk, by=staff, channel="call", result="asked_to_stop"
    )


def stop(request, staff):
    contact_plan.stop_emails(key=uuid.uuid4(), request=request, owns_email=True)


ENDINGS = {
    reply: "replied",
    reach: "replied",
    choose: "newer_version",
    book_by_staff: "newer_version",
    close: "request_closed",
    withdraw: "not_permitted",
    stop: "not_permitted",
}


@pytest.mark.parametrize("end", ENDINGS)
@pytest.mark.parametrize("rung", RUNGS, ids=[kind for _begin, kind in RUNGS])
def test_rung_stops_by_itself(inbox, time_machine, staff, rung, end):
    begin, kind = rung
    request = begin(staff)
    time_machine.shift(60)
    end(request, staff)
    before = len(inbox)
    move_to(time_machine, request, kind)

    assert fall_due(request, kind) == ("skipped", ENDINGS[end])
    assert len(inbox) == before


# What they told us


@pytest.mark.parametrize("channel", ["call", "text", "email", "in_person"])
def test_reply_is_logged_whatever_the_plan_permits(staff, channel):
    request = make_request(may_call=False, may_email=False, stage="attempting_contact")

    contact_attempts.log_attempt(request_id=request.pk, by=staff, channel=channel, result="replied")

    request.refresh_from_db()
    assert (request.stage, request.due_at) == ("contacted", MONDAY + DAY)


@pytest.mark.parametrize("channel", ["call", "text", "email", "in_person"])
def test_stop_is_logged_whatever_the_plan_permits(staff, channel):
    request = make_request(may_call=False, may_email=False)

    contact_attempts.log_attempt(
        request_id=request.pk, by=staff, channel=channel, result="asked_to_stop"
    )

    assert request.attempts.get().result == "asked_to_stop"


def test_try_of_ours_still_needs_permission(staff):
    request = make_request(may_call=False)

    with pytest.raises(ActionNotAllowed):
        contact_attempts.log_attempt(
            request_id=request.pk, by=staff, channel="call", result="no_answer"
        )


def test_stop_heard_by_staff_withdraws_each_consent_and_suppresses_the_address(staff):
    request = make_request(may_text=True)

    withdraw(request, staff)

    events = request.consent_events.order_by("version__key")
    assert [(e.version.key, e.is_granted, e.channel, e.actor) for e in events] == [
        ("email", False, "phone", staff),
        ("text", False, "phone", staff),
    ]
    assert [each.cause for each in Suppression.objects.for_email("jo@example.com")] == ["stopped"]


# Nothing goes any more


@pytest.mark.parametrize("end", [withdraw, stop])
@pytest.mark.parametrize("kind", TO_PEOPLE)
def test_nothing_goes_to_someone_who_has_stopped(inbox, staff, kind, end):
    message = make_due(kind, now=MONDAY)

    end(message.request, staff)

    assert delivery.deliver_message(message.pk) == "skipped"
    message.refresh_from_db()
    assert (message.reason, inbox) == ("not_permitted", [])


@pytest.mark.parametrize("end", [withdraw, stop])
@pytest.mark.parametrize("kind", TO_PEOPLE)
@pytest.mark.parametrize("spelling", ["jo@example.com", "JO@Example.com"])
def test_nothing_goes_to_an_older_request_of_the_same_address(inbox, staff, kind, end, spelling):
    older = make_due(kind, now=MONDAY, email=spelling, created_at=MONDAY - DAY)
    other = make_request()

    end(other, staff)

    assert delivery.deliver_message(older.pk) == "skipped"
    older.refresh_from_db()
    assert (older.reason, inbox) == ("suppressed", [])
