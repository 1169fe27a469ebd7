"""What staff do to emails: once more, not at all, came back, write to them again."""

import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event, Thread

import pytest
from django.db import connection, transaction

from admissions.audit.models import AuditEvent
from admissions.booking import consultations
from admissions.exceptions import ActionNotAllowed
from admissions.intake import suppressions as intake_suppressions
from admissions.intake.models import ConsultationRequest, Suppression
from admissions.messaging import delivery, staff_actions, tasks
from admissions.messaging.models import Message
from tests.support.factories import make_due, make_user
from tests.support.rivals import at_once
from tests.support.rows import audit_of, everything

# A Tuesday, 2:11 pm in California.
NOW = datetime(2026, 11, 24, 22, 11, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Kind, State, Reason, Type = Message.Kind, Message.State, Message.Reason, AuditEvent.Type
ResendReason, Cause = Message.ResendReason, Suppression.Cause

pytestmark = pytest.mark.stopped_at(NOW)

audit = audit_of("type", "actor", "code")


@pytest.fixture
def staff(django_db_setup):
    return make_user("coordinator")


def settled(kind=Kind.CONFIRMATION, state=State.SENT, reason="", **columns) -> Message:
    """A message that has found its end ten minutes ago, and would be right to send now."""
    message = make_due(kind, now=NOW, **columns)
    message.state, message.reason, message.finished_at = state, reason, NOW - 10 * MINUTE
    message.save()
    return message


def again(message, by, *, copy=1, because=ResendReason.NOT_ARRIVED):
    return staff_actions.resend_message(message_id=message.pk, copy=copy, because=because, by=by)


def rows(message):
    """(copy, state) of the promise and each copy."""
    return [(each.copy, each.state) for each in staff_actions.list_copies(message)]


# Once more


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (State.SENT, ""),
        (State.FAILED, Reason.REFUSED),
        (State.BOUNCED, Reason.NO_SUCH_ADDRESS),
        (State.SKIPPED, Reason.CANCELED),
    ],
)
def test_resend_owes_a_copy_that_says_who_and_why(staff, state, reason):
    message = settled(state=state, reason=reason)

    copy = again(message, staff, because=ResendReason.LOST)

    said = (copy.kind, copy.dedupe_key, copy.consultation, copy.copy, copy.state, copy.due_at)
    assert said == (
        message.kind, message.dedupe_key, message.consultation, 1, State.QUEUED, NOW
    )  # fmt: skip
    assert (copy.resend_reason, copy.resent_by) == (ResendReason.LOST, staff)
    assert audit(message.request) == [(Type.MESSAGE_RESENT, staff, message.kind)]


@pytest.mark.django_db
def test_resend_leaves_the_first_as_it_was(staff):
    message = settled()
    before = Message.objects.filter(pk=message.pk).values().get()

    again(message, staff)

    assert Message.objects.filter(pk=message.pk).values().get() == before


@pytest.mark.django_db
def test_resent_email_goes_out_with_its_own_message_id(staff, inbox):
    message = settled()
    copy = again(message, staff)

    assert delivery.deliver_message(copy.pk) == State.SENT

    assert [letter["To"] for letter in inbox] == ["jo@example.com"]
    assert str(copy.message_uuid) in inbox[0]["Message-ID"]


@pytest.mark.django_db
def test_resend_wakes_a_worker_for_this_request(staff, monkeypatch):
    message, woken = settled(), []
    monkeypatch.setattr(tasks.send_due_messages, "delay", woken.append)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transaction, "on_commit", lambda wake, robust: wake())
        again(message, staff)

    assert woken == [str(message.request.pk)]


@pytest.mark.django_db
def test_resend_of_a_letter_about_no_request_is_a_copy_too(staff):
    message = settled(Kind.STAFF_DIGEST)

    again(message, staff)

    assert rows(message) == [(0, State.SENT), (1, State.QUEUED)]


@pytest.mark.django_db
def test_second_click_finds_the_copy_of_the_first(staff):
    message = settled()

    copies = [again(message, staff), again(message, staff)]

    assert (copies[0], len(rows(message))) == (copies[1], 2)
    assert len(audit(message.request)) == 1


@pytest.mark.django_db
def test_second_click_after_the_first_copy_was_sent_makes_no_third(staff):
    message = settled()
    copy = again(message, staff)
    Message.objects.filter(pk=copy.pk).update(state=State.SENT, finished_at=NOW)

    again(message, staff)

    assert rows(message) == [(0, State.SENT), (1, State.SENT)]


@pytest.mark.django_db
def test_resend_of_a_copy_is_the_next_copy(staff):
    message = settled()
    copy = again(message, staff)
    Message.objects.filter(pk=copy.pk).update(state=State.SENT, finished_at=NOW)

    again(copy, staff, copy=2)

    assert [number for number, _state in rows(message)] == [0, 1, 2]


def test_ten_clicks_at_once_are_one_copy(real_commits, staff):
    message = settled()

    outcomes = at_once([partial(again, message, staff)] * 10)

    assert rows(message) == [(0, State.SENT), (1, State.QUEUED)]
    assert len({each.pk for each in outcomes}) == 1
    assert len(audit(message.request)) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.QUEUED, State.RETRYING])
def test_resend_of_what_has_not_gone_yet_changes_nothing(staff, state):
    message = make_due(Kind.CONFIRMATION, now=NOW)
    Message.objects.update(state=state, reason=Reason.UNREACHABLE)
    before = everything()

    with pytest.raises(ActionNotAllowed, match="not gone yet"):
        again(message, staff)

    assert everything() == before


def stop(message):
    ConsultationRequest.objects.update(may_email=False)


def bounced(message):
    intake_suppressions.suppress_email(message.request, Cause.BOUNCED)


def move_on(message):
    consultations.cancel_consultation(key=uuid.uuid4(), request=message.request)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("happen", "reason"),
    [
        (stop, "The contact plan does not permit email"),
        (bounced, "This address is on the list we don't write to"),
        (move_on, "A newer version replaced it"),
    ],
)
def test_resend_that_would_be_stopped_is_refused_with_the_reason(staff, happen, reason):
    message = settled()
    happen(message)
    before = everything()

    with pytest.raises(ActionNotAllowed, match=f"It may not go: {reason}."):
        again(message, staff)

    assert everything() == before


@pytest.mark.django_db
def test_resend_is_refused_once_the_talk_has_begun(staff, time_machine):
    message = settled()
    time_machine.move_to(message.consultation.starts_at, tick=False)

    with pytest.raises(ActionNotAllowed, match="Its time had passed"):
        again(message, staff)


@pytest.mark.django_db
def test_resend_is_refused_once_they_have_been_in_touch_since_the_first(staff):
    message = settled(Kind.NO_CONTACT_FIRST)
    Message.objects.update(enqueued_at=NOW - 60 * MINUTE)
    message.request.attempts.create(
        by=staff, channel="call", result="reached", at=NOW - 30 * MINUTE
    )

    with pytest.raises(ActionNotAllowed, match="They have been in touch"):
        again(message, staff)


# Not at all


def take_back(message, by):
    return staff_actions.cancel_message(message_id=message.pk, by=by)


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.QUEUED, State.RETRYING])
def test_take_back_skips_what_is_owed_and_says_who(staff, state):
    message = make_due(Kind.CONFIRMATION, now=NOW)
    Message.objects.update(state=state, reason=Reason.UNREACHABLE)

    take_back(message, staff)

    message.refresh_from_db()
    kept = (message.state, message.reason, message.finished_at)
    assert kept == (State.SKIPPED, Reason.CANCELED, NOW)
    assert audit(message.request) == [(Type.MESSAGE_CANCELED, staff, message.kind)]


@pytest.mark.django_db
def test_what_was_taken_back_is_not_sent(staff, inbox):
    message = make_due(Kind.CONFIRMATION, now=NOW)
    take_back(message, staff)

    assert (delivery.deliver_message(message.pk), list(inbox)) == (None, [])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "columns",
    [
        {"state": State.SENT, "finished_at": NOW},
        {"state": State.SENDING, "lease": "0" * 32, "lease_until": NOW + MINUTE},
        {"state": State.FAILED, "reason": Reason.REFUSED, "finished_at": NOW},
    ],
    ids=lambda columns: columns["state"],
)
def test_take_back_of_what_is_no_longer_owed_changes_nothing(staff, columns):
    message = make_due(Kind.CONFIRMATION, now=NOW)
    Message.objects.update(**columns)
    before = everything()

    with pytest.raises(ActionNotAllowed, match="too late"):
        take_back(message, staff)

    assert everything() == before


def test_worker_that_has_it_in_hand_wins(real_commits, staff):
    """The worker's claim is not committed yet when staff click."""
    message = make_due(Kind.CONFIRMATION, now=NOW)
    told = []
    click = Thread(target=lambda: told.append(refusal(message, staff)))

    with transaction.atomic():
        delivery.claim_message(message.pk)
        click.start()
        wait_until_someone_waits()
    click.join()

    message.refresh_from_db()
    assert (message.state, told) == (State.SENDING, ["It is too late to take it back."])


def wait_until_someone_waits():
    """Another connection stands before a lock of ours."""
    waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid IN"
    waiting += " (SELECT pid FROM pg_stat_activity WHERE datname = current_database()))"
    with connection.cursor() as cursor:
        for _moment in range(200):
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
            Event().wait(0.05)


def refusal(message, staff) -> str:
    try:
        take_back(message, staff)
    except ActionNotAllowed as refused:
        return str(refused)
    finally:
        connection.close()
    return ""


def test_take_back_and_ten_workers_have_one_outcome(real_commits, staff, inbox):
    message = make_due(Kind.CONFIRMATION, now=NOW)
    workers = [partial(delivery.deliver_message, message.pk)] * 9

    at_once([*workers, partial(take_back, message, staff)])

    message.refresh_from_db()
    assert (message.state, len(inbox)) in [(State.SENT, 1), (State.SKIPPED, 0)]


# Came back


@pytest.mark.django_db
def test_note_return_marks_it_and_has_the_person_phoned(staff):
    message = settled()

    staff_actions.mark_bounced(message_id=message.pk, by=staff)

    message.refresh_from_db()
    message.request.refresh_from_db()
    assert (message.state, message.reason) == (State.BOUNCED, Reason.NO_SUCH_ADDRESS)
    assert message.request.email_failed_at == NOW
    suppressions = Suppression.objects.for_email(message.request.email)
    assert [each.cause for each in suppressions] == ["bounced"]
    assert audit(message.request) == [
        (Type.EMAIL_FAILED, None, message.kind),
        (Type.MESSAGE_RETURNED, staff, message.kind),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "state", "reason"),
    [
        (Kind.CONFIRMATION, State.BOUNCED, Reason.NO_SUCH_ADDRESS),
        (Kind.CONFIRMATION, State.SKIPPED, Reason.CANCELED),
        (Kind.STAFF_NEW_REQUEST, State.SENT, ""),
    ],
)
def test_note_return_of_anything_else_changes_nothing(staff, kind, state, reason):
    message = settled(kind, state, reason)
    before = everything()

    with pytest.raises(ActionNotAllowed):
        staff_actions.mark_bounced(message_id=message.pk, by=staff)

    assert everything() == before


# Write to them again


def suppressed(cause) -> Suppression:
    intake_suppressions.suppress_email(settled().request, cause)
    return Suppression.objects.get()


def lift(suppression, by):
    return staff_actions.lift_suppression(suppression_id=suppression.pk, by=by)


@pytest.mark.django_db
@pytest.mark.parametrize("cause", [Cause.BOUNCED, Cause.COMPLAINED])
def test_lift_lets_email_go_again_and_says_who(staff, cause):
    suppression = suppressed(cause)

    lift(suppression, staff)

    suppression.refresh_from_db()
    assert (suppression.lifted_at, suppression.lifted_by) == (NOW, staff)
    assert not Suppression.objects.blocking(suppression.request).exists()
    assert audit(suppression.request) == [(Type.SUPPRESSION_LIFTED, staff, cause)]


@pytest.mark.django_db
def test_lift_of_their_own_stop_changes_nothing(staff):
    suppression = suppressed(Cause.STOPPED)
    before = everything()

    with pytest.raises(ActionNotAllowed, match="They asked us to stop"):
        lift(suppression, staff)

    assert everything() == before


@pytest.mark.django_db
def test_lift_of_an_address_whose_request_is_gone_is_recorded_too(staff):
    suppression = suppressed(Cause.BOUNCED)
    Suppression.objects.update(request=None)

    lift(suppression, staff)

    assert [(each.type, each.request) for each in AuditEvent.objects.all()] == [
        (Type.SUPPRESSION_LIFTED, None)
    ]


def test_ten_lifts_at_once_are_one(real_commits, staff):
    suppression = suppressed(Cause.BOUNCED)

    at_once([partial(lift, suppression, staff)] * 10)

    assert AuditEvent.objects.count() == 1
