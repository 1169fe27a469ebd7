"""What staff undo within thirty seconds, as it was before; what stands instead, and why."""

from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from django.db import ProgrammingError, transaction

from admissions.audit.models import AuditEvent
from admissions.intake import consents, suppressions
from admissions.intake.models import ConsultationRequest, ContactAttempt
from admissions.messaging import delivery
from admissions.messaging.alarms.raising import raise_alarm
from admissions.messaging.models import Message
from admissions.scheduling.models import Consultation, WaitlistEntry
from admissions.triage import contact_attempts, notes, outcomes, ownership, snoozing
from admissions.undo import snapshots, steps, undoing
from admissions.undo.models import UndoableAction
from tests.support.factories import make_consultation, make_request, make_user
from tests.support.rows import refused

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2027, 1, 4, 10, tzinfo=PACIFIC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
Stage, Status, Type = ConsultationRequest.Stage, Consultation.Status, AuditEvent.Type
State = Message.State

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


@pytest.fixture
def staff():
    return make_user("coordinator", first_name="Kim", last_name="Ito")


def take(service, request, by, **options) -> UndoableAction:
    action = steps.take_step(service=service, request_id=request.pk, by=by, **options)
    assert action is not None
    return action


def log(request, by, result="no_answer", **options) -> UndoableAction:
    return take(contact_attempts.log_attempt, request, by, channel="call", result=result, **options)


def snapshot(request) -> dict:
    return snapshots.take_snapshot(ConsultationRequest.objects.get(pk=request.pk))


def in_danger() -> ConsultationRequest:
    request = make_request(is_in_danger=True)
    raise_alarm(request)
    return request


def started() -> ConsultationRequest:
    return make_consultation(starts_at=NOW - HOUR / 4).request


def waiting() -> ConsultationRequest:
    request = make_consultation(starts_at=NOW + 48 * HOUR).request
    WaitlistEntry.objects.create(request=request)
    consents.record_consents(request, {"email": True, "text": False})
    return request


close = partial(outcomes.close_request, disposition="withdrawn", reason="other", note="Moved away")
STEPS = {
    "a try": (make_request, contact_attempts.log_attempt, {"channel": "call", "result": "reached"}),
    "a kept promise": (
        lambda: make_request(promised_call_by=NOW + HOUR),
        contact_attempts.log_attempt,
        {"channel": "call", "result": "no_answer"},
    ),
    "answered danger": (
        in_danger,
        contact_attempts.log_attempt,
        {"channel": "call", "result": "reached"},
    ),
    "a stop": (
        waiting,
        contact_attempts.log_attempt,
        {"channel": "call", "result": "asked_to_stop"},
    ),
    "completed": (started, outcomes.complete_consultation, {}),
    "no-show": (started, outcomes.mark_no_show, {}),
    "closed": (waiting, close, {}),
    "claimed": (make_request, ownership.claim_request, {}),
    "set aside": (make_request, snoozing.snooze_request, {"until": NOW + 5 * HOUR}),
}


@pytest.mark.parametrize(("make", "service", "options"), STEPS.values(), ids=STEPS)
def test_undo_puts_back_what_was_and_says_so(staff, make, service, options):
    request = make()
    before = snapshot(request)
    owed = set(Message.objects.unfinished().values_list("pk", flat=True))
    action = take(service, request, staff, **options)
    assert snapshot(request) != before

    undoing.undo_action(action_id=action.pk, by=staff)

    after = snapshot(request)
    # What they agreed to before is granted by an event of its own.
    assert len(after.pop("granted")) == len(before.pop("granted"))
    assert after == before
    assert set(Message.objects.unfinished().values_list("pk", flat=True)) == owed
    undone = request.audit_events.last()
    assert (undone.type, undone.actor, undone.code) == (
        Type.ACTION_UNDONE, staff, action.event.type,
    )  # fmt: skip
    assert request.audit_events.filter(pk=action.event_id).exists()


def test_undone_try_counts_no_more_and_may_be_logged_again(staff):
    request = make_request()
    undoing.undo_action(action_id=log(request, staff).pk, by=staff)

    log(request, staff)

    assert request.attempts.count() == 1
    assert ContactAttempt.with_taken_back.filter(request=request).count() == 2
    series = Message.objects.filter(request=request, kind="no_contact_1")
    assert series.filter(state=State.QUEUED).count() == 1


def test_undone_note_is_kept_and_may_be_written_again(staff):
    request = make_request()
    first = take(notes.add_note, request, staff, text="Prefers mornings")
    undoing.undo_action(action_id=first.pk, by=staff)

    second = take(notes.add_note, request, staff, text="Prefers mornings")

    assert second.note_id != first.note_id
    assert request.notes.count() == 2


def test_danger_rings_again_once_its_answer_is_undone(staff):
    request = in_danger()
    action = log(request, staff, result="reached")

    undoing.undo_action(action_id=action.pk, by=staff)

    alarm = request.alarms.get()
    assert (alarm.is_open, alarm.next_ring_at) == (True, NOW)


def test_stop_that_is_undone_lets_us_write_again(staff):
    request = waiting()
    action = log(request, staff, result="asked_to_stop")

    undoing.undo_action(action_id=action.pk, by=staff)

    assert not suppressions.is_suppressed(request)


@pytest.fixture
def letter(staff):
    """Word of a cancellation, which would go at once."""
    request = make_consultation(starts_at=NOW + 48 * HOUR).request
    take(close, request, staff)
    return request.messages.get(kind="canceled")


def test_letter_waits_until_nobody_can_undo_what_it_says(letter, time_machine):
    assert delivery.deliver_message(letter.pk) is None

    time_machine.move_to(NOW + 31 * SECOND)

    assert delivery.deliver_message(letter.pk) == State.SENT


def test_what_was_skipped_because_of_it_is_owed_again(staff):
    consultation = make_consultation(starts_at=NOW + 48 * HOUR)
    reminder = Message.objects.create(
        kind="reminder_day", request=consultation.request, consultation=consultation,
        dedupe_key="x", due_at=NOW,
    )  # fmt: skip
    action = take(close, consultation.request, staff)
    assert delivery.deliver_message(reminder.pk) == State.SKIPPED

    undoing.undo_action(action_id=action.pk, by=staff)

    reminder.refresh_from_db()
    assert reminder.state == State.QUEUED


# What stands


def undo(action, by):
    return refused(undoing.undo_action, action_id=action.pk, by=by)


def test_undo_after_thirty_seconds_is_refused(staff, time_machine):
    action = log(make_request(), staff)
    time_machine.move_to(NOW + 31 * SECOND)

    assert "30 seconds are over" in undo(action, staff)


def test_undo_of_a_colleagues_step_is_refused(staff):
    assert "Only the person" in undo(log(make_request(), staff), make_user())


def test_undo_after_a_colleagues_change_says_who_and_what(staff):
    request, colleague = make_request(), make_user(first_name="Dana", last_name="Reyes")
    action = log(request, staff)
    snoozing.snooze_request(request_id=request.pk, by=colleague, until=NOW + 5 * HOUR)

    assert undo(action, staff) == (
        "It cannot be undone any more. Since then: “Set the request aside for a while” (Dana R.)."
    )


def test_undo_after_a_change_without_an_event_is_refused(staff):
    request = make_request()
    action = log(request, staff)
    ConsultationRequest.objects.filter(pk=request.pk).update(due_at=NOW + 9 * HOUR)

    assert "has changed since" in undo(action, staff)


def test_colleagues_note_stands_in_no_undos_way(staff):
    request = make_request()
    action = log(request, staff)
    notes.add_note(request_id=request.pk, by=make_user(), text="Called back")

    assert undoing.undo_action(action_id=action.pk, by=staff).undone_at


@pytest.mark.parametrize("state", [State.SENT, State.SENDING])
def test_undo_once_its_letter_is_on_the_way_is_refused(staff, letter, state):
    columns = {
        State.SENT: {"finished_at": NOW},
        State.SENDING: {"lease": letter.message_uuid, "lease_until": NOW + HOUR},
    }
    Message.objects.filter(pk=letter.pk).update(state=state, **columns[state])

    assert "already on its way" in undo(UndoableAction.objects.get(), staff)


def test_undo_twice_is_once(staff):
    action = log(make_request(), staff)

    for _press in range(2):
        undoing.undo_action(action_id=action.pk, by=staff)

    assert AuditEvent.objects.filter(type=Type.ACTION_UNDONE).count() == 1


def test_undo_of_a_closing_whose_time_is_taken_by_now_is_refused(staff):
    consultation = make_consultation(starts_at=NOW + 48 * HOUR)
    action = take(close, consultation.request, staff)
    make_consultation(starts_at=consultation.starts_at, counselor=consultation.counselor)

    assert undo(action, staff) == "That time is taken by now. Book them another one."


def test_closing_with_a_referral_offers_no_undo(staff):
    options = {"disposition": "referred_out", "reason": "location", "refer_to": "County line"}

    action = steps.take_step(
        service=outcomes.close_request, request_id=make_request().pk, by=staff, **options
    )

    assert action is None


def test_second_click_leads_to_the_step_of_the_first(staff):
    request = make_request()

    assert log(request, staff) == log(request, staff)
    assert UndoableAction.objects.count() == 1


# What Postgres holds


@pytest.mark.parametrize("change", [{"before": {}}, {"expires_at": NOW + HOUR}, {"made": {}}])
def test_undoable_action_stays_as_it_was_done(staff, change):
    action = log(make_request(), staff)

    with pytest.raises(ProgrammingError), transaction.atomic():
        UndoableAction.objects.filter(pk=action.pk).update(**change)
