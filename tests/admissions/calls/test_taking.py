"""What each outcome of a call does, and what no call may do."""

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import ProgrammingError, transaction

from admissions.audit.models import AuditEvent
from admissions.calls.models import Call
from admissions.calls.taking import CallAnswers, CallerIsKnown, CallTakenAlready, take_call
from admissions.exceptions import ActionNotAllowed
from admissions.intake.models import ConsultationRequest
from admissions.messaging.alarms.ringing import ring_due_alarms
from admissions.messaging.models import Message
from admissions.triage.alarms import take_alarm
from tests.support.factories import make_request, make_user
from tests.support.rows import everything

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2027, 1, 4, 10, tzinfo=PACIFIC)
HOUR = timedelta(hours=1)
NUMBER = "+17145550155"

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


def answers(outcome="answered", **given) -> CallAnswers:
    return CallAnswers(outcome=outcome, **{"for_whom": "self", "number": NUMBER} | given)


def promise(**given) -> CallAnswers:
    return answers("promised", **{"promised_by": NOW + HOUR, "name": "Jo"} | given)


def take(by, given, **options) -> Call:
    return take_call(key=uuid.uuid4(), answers=given, by=by, **options)


def told_of(request) -> set[str]:
    return {each.kind for each in request.messages.all()}


def test_answered_call_makes_no_request(staff):
    call = take(staff, answers())

    assert call.request is None
    assert not ConsultationRequest.objects.exists()


def test_call_leaves_one_event_without_its_words(staff):
    call = take(staff, answers("not_for_us", note="asked about parking", sent_to="The city"))

    event = AuditEvent.objects.get(type="call_taken")
    assert (event.actor, event.code, event.object_id) == (staff, "not_for_us", str(call.pk))
    assert "parking" not in repr(vars(event))


def test_promise_to_a_new_caller_makes_a_request_that_owes_the_call(staff):
    request = take(staff, promise()).request

    assert request.promised_call_by == request.due_at == NOW + HOUR
    assert (request.stage, request.may_call, request.preferred_name) == ("contacted", True, "Jo")


def test_promise_rings_as_one_of_the_site_does(staff):
    request = take(staff, promise()).request

    alarms = {"staff_promise_near", "staff_promise_broken", "staff_escalated"}
    assert alarms <= told_of(request)


def test_promise_in_the_night_saves_nothing(staff):
    before = everything()

    with pytest.raises(ActionNotAllowed):
        take(staff, promise(promised_by=NOW.replace(hour=23)))

    assert everything() == before


def test_promise_to_a_known_caller_is_kept_in_their_request(staff):
    request = make_request()

    call = take(staff, promise(), request_id=request.pk)

    request.refresh_from_db()
    assert call.request == request
    assert request.promised_call_by == NOW + HOUR
    assert request.attempts.get().result == "replied"


@pytest.mark.parametrize("outcome", ["booked", "answered", "under_18", "not_for_us"])
def test_danger_rings_whatever_the_outcome(staff, outcome):
    request = take(staff, answers(outcome, is_in_danger=True)).request

    assert request.needs_safety_answer
    assert "staff_new_request" in told_of(request)
    assert request.alarms.open().exists()


def test_danger_without_a_number_rings_and_is_had_once(staff):
    colleague = make_user("counselor")
    given = answers(is_in_danger=True, number="", note="By the pier.")
    request = take(staff, given).request

    told_now = ring_due_alarms(now=NOW)
    alarm = take_alarm(request_id=request.pk, by=colleague)

    assert (request.phone, request.may_call, request.note) == ("", False, "By the pier.")
    assert Message.objects.filter(pk__in=told_now, kind="staff_danger").exists()
    assert alarm.taken_by == colleague
    with pytest.raises(ActionNotAllowed):
        take_alarm(request_id=request.pk, by=staff)


def test_two_dangers_without_a_number_ring_each_for_itself(staff):
    given = answers(is_in_danger=True, number="")
    requests = [take(staff, given).request for _each in range(2)]

    alarms = [each.alarms.open().get() for each in requests]

    assert [each.joins for each in alarms] == [None, None]


def test_danger_of_a_known_caller_rings_in_their_request(staff):
    request = make_request()

    take(staff, answers(is_in_danger=True), request_id=request.pk)

    request.refresh_from_db()
    assert request.needs_safety_answer
    assert request.alarms.open().exists()


def test_known_number_without_a_word_about_it_saves_nothing(staff):
    make_request()
    before = everything()

    with pytest.raises(CallerIsKnown):
        take(staff, promise())

    assert everything() == before


def test_number_of_the_other_side_of_the_wall_is_not_known(staff):
    make_request(for_whom="loved_one")

    assert take(staff, promise()).request.for_whom == "self"


def test_call_about_a_loved_one_is_not_kept_in_the_request_of_the_person(staff):
    request = make_request(for_whom="self")
    before = everything()

    with pytest.raises(ActionNotAllowed):
        take(staff, promise(for_whom="loved_one"), request_id=request.pk)

    assert everything() == before


def test_same_key_is_one_call(staff):
    key = uuid.uuid4()

    calls = [take_call(key=key, answers=promise(), by=staff) for _each in range(2)]

    assert calls[0] == calls[1]
    assert ConsultationRequest.objects.count() == 1


def test_correction_is_a_row_of_its_own(staff):
    call = take(staff, answers())

    corrected = take(staff, answers("not_for_us", sent_to="The city"), corrects_id=call.pk)

    assert list(Call.objects.standing()) == [corrected]
    assert Call.objects.count() == 2


def test_call_is_corrected_once(staff):
    call = take(staff, answers())
    take(staff, answers("not_for_us"), corrects_id=call.pk)

    with pytest.raises(CallTakenAlready):
        take(staff, answers("under_18"), corrects_id=call.pk)


@pytest.mark.parametrize(
    "change", [{"outcome": "booked"}, {"note": "other"}, {"note": ""}, {"at": NOW - HOUR}]
)
def test_postgres_refuses_a_change_of_a_call(staff, change):
    call = take(staff, answers(note="asked about parking"))

    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        Call.objects.filter(pk=call.pk).update(**change)


def test_postgres_refuses_to_delete_a_call(staff):
    call = take(staff, answers())

    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        call.delete()


def test_postgres_refuses_to_link_a_call_anew(staff):
    call = take(staff, promise())

    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        Call.objects.filter(pk=call.pk).update(request=make_request(phone="+17145550156"))
