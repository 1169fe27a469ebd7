"""Staff cancel a consultation: what is freed, who hears of it and how, and what comes next."""

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from admissions.audit.models import AuditEvent
from admissions.booking import consultations, earlier_offers, moves
from admissions.intake import suppressions
from admissions.intake.models import ConsultationRequest, Suppression
from admissions.messaging import eligibility
from admissions.messaging.models import Message
from admissions.scheduling.models import Consultation
from admissions.triage import cancellations
from admissions.undo import steps, undoing
from tests.support.factories import (
    make_consultation,
    make_counselor,
    make_message,
    make_offer,
    make_user,
)
from tests.support.rows import refused

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2027, 1, 4, 10, tzinfo=PACIFIC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Stage, Status, Type = ConsultationRequest.Stage, Consultation.Status, AuditEvent.Type

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


@pytest.fixture
def staff():
    return make_user("coordinator")


@pytest.fixture
def talk():
    return make_consultation(starts_at=NOW + 2 * DAY)


def options(talk, **changed):
    usual = {"reason": "counselor_away", "telling": "email", "next_step": "check_in"}
    said = cancellations.Cancellation(**usual | changed)
    return {"request_id": talk.request_id, "consultation_id": talk.pk, "said": said}


def cancel(talk, by, **changed):
    return cancellations.cancel_consultation(by=by, **options(talk, **changed))


def test_cancel_frees_the_time_and_records_why(staff, talk):
    cancel(talk, staff, note="", telling="known")

    talk.refresh_from_db()
    assert (talk.status, talk.canceled_because) == (Status.CANCELED_BY_CENTER, "counselor_away")
    event = talk.request.audit_events.get()
    assert (event.type, event.actor, event.code, event.detail) == (
        Type.CONSULTATION_CANCELED, staff, "counselor_away",
        {"telling": "known", "next": "check_in"},
    )  # fmt: skip
    talk.request.refresh_from_db()
    assert (talk.request.stage, talk.request.due_at) == (Stage.ATTEMPTING_CONTACT, NOW + DAY)
    make_consultation(starts_at=talk.starts_at, counselor=talk.counselor)


@pytest.mark.parametrize(
    ("reason", "kind", "status"),
    [
        ("they_asked", "canceled", Status.CANCELED_BY_PERSON),
        ("booked_twice", "canceled", Status.CANCELED_BY_PERSON),
        ("center_closed", "freed", Status.CANCELED_BY_CENTER),
    ],
)
def test_letter_is_sorry_only_for_what_we_could_not_keep(staff, talk, reason, kind, status):
    cancel(talk, staff, reason=reason)

    talk.refresh_from_db()
    assert talk.status == status
    assert [each.kind for each in Message.objects.all()] == [kind]


def test_reminders_of_a_canceled_time_do_not_go(staff, talk):
    reminder = make_message("reminder_day", due_at=NOW + DAY, consultation=talk)

    cancel(talk, staff, telling="known")

    reminder = Message.objects.with_rendering_data().get(pk=reminder.pk)
    assert eligibility.find_skip_reason(reminder, now=NOW + DAY) == Message.Reason.SUPERSEDED


def test_whoever_no_email_reaches_is_called_and_never_thought_to_be_told(staff):
    talk = make_consultation(starts_at=NOW + 2 * DAY)
    suppressions.suppress_email(talk.request, Suppression.Cause.BOUNCED)

    reason = refused(cancel, talk=talk, by=staff)
    cancel(talk, staff, telling="call")

    talk.request.refresh_from_db()
    assert reason == "No email reaches them. Choose a call, or say that they know."
    assert (talk.request.due_at, Message.objects.count()) == (NOW, 0)


def test_promised_call_has_its_alarms(staff, talk):
    cancel(talk, staff, next_step="promise", promise_by=NOW + HOUR, telling="known")

    talk.request.refresh_from_db()
    assert (talk.request.promised_call_by, talk.request.due_at) == (NOW + HOUR, NOW + HOUR)
    assert Message.objects.filter(kind="staff_promise_broken").exists()


def test_request_that_closes_ends_with_its_reason(staff, talk):
    cancel(talk, staff, next_step="close", disposition="withdrawn", close_reason="not_ready")

    talk.request.refresh_from_db()
    assert (talk.request.stage, talk.request.disposition, talk.request.close_reason) == (
        Stage.CLOSED, "withdrawn", "not_ready",
    )  # fmt: skip
    # Whoever is not asked to choose again hears that it is canceled.
    assert [each.kind for each in Message.objects.all()] == ["canceled"]


def test_talk_that_has_begun_has_an_outcome_instead(staff):
    talk = make_consultation(starts_at=NOW)

    assert "outcome" in refused(cancel, talk=talk, by=staff)


# Who was quicker


def test_staff_who_come_after_their_cancellation_are_told(staff, talk):
    consultations.cancel_consultation(key=uuid4(), request=talk.request)

    assert refused(cancel, talk=talk, by=staff) == (
        "They have canceled it themselves. They know, and nothing else was sent."
    )


def test_staff_who_come_after_their_move_are_told_whereto(staff):
    talk = make_consultation(starts_at=NOW + 2 * DAY, counselor=make_counselor())
    moves.move_consultation(key=uuid4(), request=talk.request, starts_at=NOW + 3 * DAY)

    assert "they have moved it themselves, to Thu" in refused(cancel, talk=talk, by=staff)


# Undo


def test_undo_of_a_cancellation_holds_the_time_again(staff, talk):
    action = steps.take_step(
        service=cancellations.cancel_consultation, by=staff, **options(talk, note="x")
    )

    undoing.undo_action(action_id=action.pk, by=staff)

    before = talk.sequence
    talk.refresh_from_db()
    assert (talk.status, talk.sequence, talk.cancel_reason) == (Status.SCHEDULED, before, "")
    assert Message.objects.unfinished().count() == 0


def test_cancellation_that_was_undone_is_told_the_second_time(staff, talk):
    for _time in range(2):
        action = steps.take_step(
            service=cancellations.cancel_consultation, by=staff, **options(talk)
        )
        undoing.undo_action(action_id=action.pk, by=staff)

    cancel(talk, staff)

    assert [each.kind for each in Message.objects.unfinished()] == ["freed"]


@pytest.fixture
def somebody_waits(talk):
    """Somebody with a later time, who would rather come sooner."""
    later = make_consultation(starts_at=NOW + 6 * DAY, counselor=talk.counselor)
    return make_offer(consultation=later, offered_at=NOW, starts_at=talk.starts_at)


def test_undo_of_a_cancellation_whose_time_is_offered_is_refused(staff, talk, somebody_waits):
    action = steps.take_step(service=cancellations.cancel_consultation, by=staff, **options(talk))

    reason = refused(undoing.undo_action, action_id=action.pk, by=staff)

    assert reason == "That time has been offered to somebody who waits. Book them another one."


def test_time_is_offered_to_nobody_while_its_cancellation_may_be_undone(staff, talk):
    cancel(talk, staff)

    assert [pk for pk, _held in earlier_offers.list_times_just_freed(NOW)] == [talk.counselor_id]
    assert earlier_offers.list_times_just_freed(NOW + HOUR) == []
