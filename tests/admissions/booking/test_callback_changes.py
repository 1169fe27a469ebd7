"""The call that somebody asked for: at another time, taken back, or a time booked instead."""

import uuid
from datetime import timedelta

import pytest

from admissions.audit.models import AuditEvent
from admissions.booking import callbacks, consultations
from admissions.exceptions import ActionNotAllowed, SlotTaken
from admissions.intake.models import ConsultationRequest
from admissions.messaging import delivery
from admissions.triage import next_action, status_line
from admissions.triage.desk_clock import read_desk_clock
from tests.support.factories import make_counselor, make_details, make_request, make_user
from tests.support.visitor import MONDAY, TOMORROW_AT_TEN

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]
CALLS = ["staff_promise_near", "staff_promise_broken", "staff_escalated", "callback_late"]


@pytest.fixture
def asked():
    make_counselor()
    details = make_details(good_time="any")
    del details["may_call"]
    return callbacks.request_callback(key=uuid.uuid4(), details=details, consents={"contact": True})


def withdraw(request):
    return callbacks.withdraw_callback(key=uuid.uuid4(), request=request)


def change(request, good_time):
    return callbacks.change_good_time(key=uuid.uuid4(), request=request, good_time=good_time)


def rebook(request, **choice):
    return consultations.rebook_consultation(
        key=uuid.uuid4(), request=request, starts_at=TOMORROW_AT_TEN, mode="phone", **choice
    )


def events(request, type):
    return request.audit_events.filter(type=type).count()


def ring(request, kinds=CALLS):
    """What became of every alarm about the call, once its time has come."""
    for message in request.messages.filter(kind__in=kinds):
        delivery.deliver_message(message.pk)
    alarms = request.messages.filter(kind__in=kinds).exclude(state="promised")
    return {(message.state, message.reason) for message in alarms}


def read_desk(request, now=MONDAY):
    request = ConsultationRequest.objects.with_history().get(pk=request.pk)
    line = status_line.describe_status(request, read_desk_clock(now))
    return line.text, next_action.describe_next_action(request, now).text


def test_no_alarm_rings_of_a_call_that_was_taken_back(asked, inbox, time_machine):
    withdraw(asked)
    time_machine.move_to(MONDAY + timedelta(hours=2), tick=False)

    assert ring(asked) == {("skipped", "withdrawn")}
    assert len(inbox) == 0


def test_alarm_rings_of_a_call_that_was_not(asked, inbox, time_machine):
    make_user("coordinator")
    time_machine.move_to(MONDAY + timedelta(hours=2), tick=False)

    assert ring(asked, ["staff_promise_broken"]) == {("sent", "")}


def test_desk_reads_that_the_requester_took_the_call_back(asked):
    withdraw(asked)

    asked.refresh_from_db()
    assert read_desk(asked) == ("The call was withdrawn by requester", "Don't call: close it")
    assert asked.due_at == MONDAY + timedelta(hours=3)
    assert events(asked, AuditEvent.Type.CALLBACK_WITHDRAWN) == 1


def test_taking_it_back_twice_changes_nothing(asked):
    withdraw(asked)
    withdraw(asked)

    assert events(asked, AuditEvent.Type.CALLBACK_WITHDRAWN) == 1


def test_danger_stays_due_when_the_call_is_taken_back():
    request = make_request(is_in_danger=True, promised_call_by=MONDAY, due_at=MONDAY)

    withdraw(request)

    request.refresh_from_db()
    assert request.needs_safety_answer
    assert request.due_at == MONDAY


def test_call_can_be_asked_for_again(asked):
    withdraw(asked)

    again = callbacks.request_call_now(key=uuid.uuid4(), request=asked)

    assert again.promised_call_by == MONDAY + timedelta(minutes=5)
    assert again.call_withdrawn_at is None


def test_other_part_of_the_day_is_promised_anew_and_the_former_alarm_is_silent(
    asked, inbox, time_machine
):
    changed = change(asked, "evening")

    evening = MONDAY + timedelta(hours=23, minutes=15)
    assert changed.promised_call_by == changed.due_at == evening
    assert events(asked, AuditEvent.Type.CALLBACK_CHANGED) == 1
    time_machine.move_to(MONDAY + timedelta(hours=2), tick=False)
    assert ring(asked) == {("skipped", "newer_version")}


def test_time_of_a_call_that_we_do_not_owe_is_not_changed(asked):
    withdraw(asked)

    with pytest.raises(ActionNotAllowed):
        change(asked, "evening")

    asked.refresh_from_db()
    assert asked.good_time == "any"


def test_time_booked_joins_the_request_and_the_call_stands(asked):
    rebook(asked)

    asked.refresh_from_db()
    assert ConsultationRequest.objects.count() == 1
    assert asked.promised_call_by == MONDAY + timedelta(minutes=5)


def test_time_booked_instead_takes_the_call_back(asked):
    rebook(asked, instead_of_call=True)

    asked.refresh_from_db()
    assert asked.promised_call_by is None
    assert asked.due_at == TOMORROW_AT_TEN
    assert events(asked, AuditEvent.Type.CALLBACK_WITHDRAWN) == 1


def test_time_that_is_taken_leaves_the_call_as_it_was(asked):
    with pytest.raises(SlotTaken):
        consultations.rebook_consultation(
            key=uuid.uuid4(),
            request=asked,
            starts_at=TOMORROW_AT_TEN + timedelta(minutes=7),
            mode="phone",
            instead_of_call=True,
        )

    asked.refresh_from_db()
    assert asked.promised_call_by is not None
