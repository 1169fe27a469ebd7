"""Rows that have done their work go, and no other."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from admissions.alerts.catalog import Kind
from admissions.alerts.telling import tell
from admissions.audit.models import AuditEvent
from admissions.intake.models import IdempotencyKey, ManageToken
from admissions.messaging.models import Message, ProviderEvent
from admissions.operations import cleanup, tasks
from admissions.scheduling.models import OnCallShift
from admissions.undo.models import UndoableAction
from tests.support.factories import make_due, make_request, make_shift, make_user

NOW = datetime(2027, 1, 4, 16, tzinfo=UTC)
DAY = timedelta(days=1)

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


def make_key(age):
    return IdempotencyKey.objects.create(key=uuid.uuid4(), at=NOW - age)


def make_token(age):
    return ManageToken.objects.create(
        request=make_request(), sha256=uuid.uuid4().hex, expires_at=NOW - age
    )


def make_report(age):
    message = make_due("confirmation", now=NOW)
    return ProviderEvent.objects.create(
        provider="postmark", sha256=uuid.uuid4().hex, message=message, at=NOW - age
    )


def make_digest(age):
    day = NOW - age
    message = make_due("staff_digest", now=day)
    Message.objects.filter(pk=message.pk).update(state="sent", finished_at=day)
    return message


def make_undoable(age):
    event = AuditEvent.objects.create(type="note_added", source="system")
    return UndoableAction.objects.create(
        request=make_request(), by=make_user(), at=NOW - age, expires_at=NOW, event=event,
        last_event_id=event.pk, before={}, after={}, made={},
    )  # fmt: skip


def make_alert(age):
    [alert] = tell(Kind.HANDED, [make_user()], key="1", page="/admin/", now=NOW - age)
    return alert


@pytest.mark.parametrize(
    ("make", "kept"),
    [
        (make_key, cleanup.FORM_KEYS_KEPT),
        (make_token, cleanup.TOKENS_KEPT),
        (make_report, cleanup.REPORTS_KEPT),
        (make_digest, cleanup.MESSAGES_KEPT),
        (make_undoable, cleanup.STEPS_KEPT),
        (make_alert, cleanup.ALERTS_KEPT),
    ],
)
def test_rows_go_once_their_time_is_over(make, kept):
    old, young = make(kept + DAY), make(kept - DAY / 2)

    tasks.delete_done_rows()

    assert list(type(old).objects.filter(pk__in=[old.pk, young.pk])) == [young]


def test_message_to_somebody_we_still_know_stays():
    message = make_due("confirmation", now=NOW)
    Message.objects.filter(pk=message.pk).update(state="sent", finished_at=NOW - 999 * DAY)

    tasks.delete_done_rows()

    assert Message.objects.filter(pk=message.pk).exists()


def test_message_that_is_still_owed_stays():
    message = make_due("staff_digest", now=NOW - 999 * DAY)

    tasks.delete_done_rows()

    assert Message.objects.filter(pk=message.pk).exists()


def test_more_rows_than_one_statement_takes_go_too(monkeypatch):
    monkeypatch.setattr(cleanup, "BATCH", 2)
    for _each in range(5):
        make_key(cleanup.FORM_KEYS_KEPT + DAY)

    assert cleanup.delete_done_rows(NOW) == 5


def test_hand_over_notes_are_emptied_a_month_after_the_shift_and_no_younger_one():
    person = make_user()
    for age in (29, 31):
        ends = NOW - age * DAY
        make_shift(person, ends - timedelta(hours=1), ends, note="The side door")

    cleanup.delete_done_rows(NOW)

    notes = OnCallShift.objects.order_by("starts_at").values_list("note", flat=True)
    assert list(notes) == ["", "The side door"]


def test_whom_an_alarm_rang_stays():
    message = make_due("staff_danger", now=NOW - 400 * DAY)
    Message.objects.filter(pk=message.pk).update(state="sent", finished_at=NOW - 400 * DAY)

    cleanup.delete_done_rows(NOW)

    assert Message.objects.filter(pk=message.pk).exists()
