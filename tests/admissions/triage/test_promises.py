"""A call that is promised aloud is owed, told and kept as one that the site promised."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from admissions.exceptions import ActionNotAllowed
from admissions.triage import contact_attempts, promises
from tests.support.factories import make_consultation, make_counselor, make_request
from tests.support.rows import everything

NOW = datetime(2027, 1, 4, 10, tzinfo=ZoneInfo("America/Los_Angeles"))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ALARMS = {"staff_promise_near", "staff_promise_broken", "staff_escalated", "promise_broken"}

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


def promise(request, by, call_by=NOW + HOUR, **options):
    """They call us, and staff promise to call them."""
    return log(request, by, "replied", promise_by=call_by, **options)


def event_of(request):
    return request.audit_events.get(type="call_promised")


def test_promise_is_owed_and_leaves_an_event(staff):
    request = promise(make_request(), staff)

    assert request.promised_call_by == request.due_at == NOW + HOUR
    assert (event_of(request).actor, event_of(request).code) == (staff, "")


def test_promise_is_told_as_the_sites_are(staff):
    request = promise(make_request(), staff)

    due = {each.kind: each.due_at - request.promised_call_by for each in request.messages.all()}
    assert due["staff_promise_near"] < timedelta(0) < due["staff_promise_broken"]
    assert due["staff_promise_broken"] < due["staff_escalated"]


def test_earlier_promise_stands(staff):
    request = promise(make_request(promised_call_by=NOW + HOUR), staff, NOW + 2 * HOUR)

    assert request.promised_call_by == NOW + HOUR
    assert event_of(request).code == "earlier_promise_kept"
    assert not request.messages.filter(kind__in=ALARMS).exists()


def test_earlier_promise_is_replaced_where_staff_say_so(staff):
    request = make_request(promised_call_by=NOW + HOUR)

    promise(request, staff, NOW + 2 * HOUR, replaces_promise=True)

    assert request.promised_call_by == request.due_at == NOW + 2 * HOUR
    assert event_of(request).code == "promise_replaced"


def test_sooner_promise_takes_the_place_of_a_later_one(staff):
    request = promise(make_request(promised_call_by=NOW + 2 * HOUR), staff)

    assert request.promised_call_by == NOW + HOUR


def test_promise_after_the_consultation_leaves_that_due_first(staff):
    request = make_request(stage="consultation_scheduled")
    make_consultation(starts_at=NOW + HOUR, request=request)

    promise(request, staff, NOW + 2 * HOUR)

    assert request.due_at == NOW + HOUR


def test_danger_stays_due_at_once(staff):
    request = make_request(is_in_danger=True, due_at=NOW)

    log(request, staff, "no_answer", promise_by=NOW + HOUR)

    assert request.needs_safety_answer
    assert request.due_at < NOW + HOUR


@pytest.mark.parametrize("call_by", [NOW, NOW - HOUR, NOW + 15 * DAY, NOW.replace(hour=20)])
def test_promise_at_a_time_that_cannot_be_kept_changes_nothing(staff, call_by):
    request = make_request()
    before = everything()

    with pytest.raises(ActionNotAllowed):
        promise(request, staff, call_by)

    assert everything() == before


@pytest.mark.parametrize("columns", [{"may_call": False}, {"phone": ""}])
def test_promise_against_the_contact_plan_changes_nothing(staff, columns):
    request = make_request(**columns)
    before = everything()

    with pytest.raises(ActionNotAllowed):
        promise(request, staff)

    assert everything() == before


def log(request, by, result, **options):
    contact_attempts.log_attempt(
        request_id=request.pk, by=by, channel="call", result=result, **options
    )
    request.refresh_from_db()
    return request


def test_promise_is_kept_by_a_logged_call(staff):
    request = log(promise(make_request(), staff), staff, "reached")

    assert request.promised_call_by is None


def test_call_that_kept_a_promise_may_promise_another(staff):
    request = promise(make_request(), staff)

    log(request, staff, "reached", promise_by=NOW + 3 * HOUR)

    assert request.promised_call_by == request.due_at == NOW + 3 * HOUR


def test_time_is_in_phone_hours_where_somebody_has_them(db):
    make_counselor()

    assert promises.is_in_phone_hours(NOW + HOUR)
    assert not promises.is_in_phone_hours(NOW.replace(hour=19))
