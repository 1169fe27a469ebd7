"""What the desk says of a late call goes by the rule that sends the email about it."""

from datetime import timedelta

import pytest

from admissions.intake import service_levels
from admissions.messaging import outbox
from admissions.messaging.models import Message, MessageRule
from admissions.triage import status_line
from admissions.triage.desk_clock import read_desk_clock
from tests.support.desk import NOW
from tests.support.factories import make_request

pytestmark = pytest.mark.django_db
Kind = Message.Kind
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
MARKS = [(Kind.STAFF_CALL_OVERDUE, "alert"), (Kind.STAFF_ESCALATED, "escalated")]


def mark_at(request, at) -> str:
    return status_line.describe_status(request, read_desk_clock(at)).mark


def set_rules(**columns) -> None:
    MessageRule.objects.filter(kind__in=dict(MARKS)).update(**columns)


@pytest.mark.parametrize("delay", [5, 20, 60])
@pytest.mark.parametrize(("kind", "mark"), MARKS)
def test_mark_appears_when_the_email_falls_due(kind, mark, delay):
    set_rules(is_on=False)
    MessageRule.objects.filter(kind=kind).update(is_on=True, delay=delay * MINUTE)
    request = make_request(promised_call_by=NOW + 5 * MINUTE)

    outbox.enqueue_new_request(request)

    due_at = request.messages.get(kind=kind).due_at
    assert due_at == NOW + (5 + delay) * MINUTE
    assert (mark_at(request, due_at - SECOND), mark_at(request, due_at)) == ("", mark)


def test_rules_switched_off_tell_nobody_and_mark_nothing():
    set_rules(is_on=False)
    request = make_request(promised_call_by=NOW)

    outbox.enqueue_new_request(request)

    assert not request.messages.filter(kind__in=dict(MARKS)).exists()
    assert mark_at(request, NOW + timedelta(days=1)) == ""


def test_call_that_no_lead_is_told_of_stays_an_alert():
    MessageRule.objects.filter(kind=Kind.STAFF_ESCALATED).update(is_on=False)

    assert mark_at(make_request(promised_call_by=NOW), NOW + timedelta(days=1)) == "alert"


def test_rules_begin_as_the_center_has_set_its_targets():
    rules = MessageRule.objects.by_kind()

    begun = [rules[kind].delay + service_levels.CALLBACK_WITHIN for kind, _mark in MARKS]
    assert begun == [service_levels.CALL_ALERT_AFTER, service_levels.CALL_ESCALATE_AFTER]
