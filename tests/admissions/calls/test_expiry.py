"""What callers told us goes with their request, or by a rule of its own."""

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import ProgrammingError, transaction

from admissions.audit.models import AuditEvent
from admissions.calls import expiry
from admissions.calls.models import Call, Ring
from admissions.calls.taking import CallAnswers, take_call
from admissions.operations.cleanup import delete_done_rows
from admissions.privacy import export, holds, personal_data, removal, schedule
from tests.support.factories import make_request, make_user

NOW = datetime(2027, 1, 4, 10, tzinfo=ZoneInfo("America/Los_Angeles"))
DAY = timedelta(days=1)
TOLD = {"number": "+17145550155", "name": "Jo", "note": "asked about parking"}

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


def take(by, *, request=None) -> Call:
    answers = CallAnswers(outcome="answered", for_whom="self", **TOLD)
    return take_call(key=uuid.uuid4(), answers=answers, by=by, request_id=request and request.pk)


def texts_of(call) -> set[str]:
    call.refresh_from_db()
    return {str(getattr(call, each)) for each in ("number", "name", "sent_to", "note")}


def test_call_without_a_request_is_emptied_after_its_period(staff):
    call = take(staff)

    removal.remove_expired_data(now=NOW + 91 * DAY)

    assert texts_of(call) == {""}
    assert AuditEvent.objects.get(type="data_removed").detail == {"count": 1}


def test_call_without_a_request_stays_until_then(staff):
    call = take(staff)

    removal.remove_expired_data(now=NOW + 89 * DAY)

    assert call.note in texts_of(call)


def test_call_in_a_request_stays_as_long_as_the_request(staff):
    call = take(staff, request=make_request())

    expiry.empty_expired_calls(before=NOW + DAY, at=NOW + DAY, held_numbers=set())

    assert call.note in texts_of(call)


@pytest.mark.parametrize("is_lifted", [False, True])
def test_call_from_a_held_number_stays_until_the_hold_is_lifted(staff, is_lifted):
    request = make_request(phone=TOLD["number"])
    [hold] = holds.place_holds(request_ids=[request.pk], reason="Smith", by=staff)
    answers = CallAnswers(outcome="answered", for_whom="self", **TOLD)
    call = take_call(key=uuid.uuid4(), answers=answers, by=staff, is_someone_new=True)
    blank = CallAnswers(outcome="answered", for_whom="self", name="Jo")
    corrected = take_call(key=uuid.uuid4(), answers=blank, by=staff, corrects_id=call.pk)
    if is_lifted:
        holds.lift_hold(hold_id=hold.pk, reason="Settled", by=staff)

    removal.remove_expired_data(now=NOW + 91 * DAY)

    assert ("Jo" in texts_of(call)) is not is_lifted
    assert ("Jo" in texts_of(corrected)) is not is_lifted


def test_preview_counts_no_call_that_is_held(staff):
    take(staff)
    request = make_request(phone=TOLD["number"])
    holds.place_holds(request_ids=[request.pk], reason="Smith", by=staff)

    preview = schedule.preview_rule("calls", period=DAY, now=NOW + DAY)

    assert (preview.tonight, preview.soon) == (0, 0)


def test_call_goes_with_its_request(staff):
    request = make_request()
    call = take(staff, request=request)
    type(request).objects.filter(pk=request.pk).update(
        stage="closed", disposition="withdrawn", closed_at=NOW, due_at=None, promised_call_by=None
    )

    personal_data.empty_request(request, at=NOW)

    assert texts_of(call) == {""}


def test_call_is_in_the_copy_of_what_we_hold(staff):
    request = make_request()
    take(staff, request=request)

    (told,) = export.build_export([request], now=NOW)["requests"][0]["calls"]

    assert (told["note"], told["outcome"]) == (TOLD["note"], "Answered, nothing further")


def test_postgres_refuses_to_empty_a_call_of_somebody(staff):
    call = take(staff, request=make_request())

    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        Call.objects.filter(pk=call.pk).update(
            number="", name="", sent_to="", note="", emptied_at=NOW
        )


def test_rings_go_after_an_hour():
    ring = Ring.objects.create(staff=make_user(), at=NOW, signature="x")

    delete_done_rows(NOW + timedelta(minutes=61))

    assert not Ring.objects.filter(pk=ring.pk).exists()
