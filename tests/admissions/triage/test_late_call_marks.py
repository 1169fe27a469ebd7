"""What the desk says of a late call is what became of the emails about it."""

from datetime import timedelta

import pytest

from admissions.intake import service_levels
from admissions.messaging import outbox
from admissions.messaging.models import Message, MessageRule
from admissions.triage import status_line
from admissions.triage.desk_clock import read_desk_clock
from tests.support.desk import NOW
from tests.support.factories import make_request

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]
Kind, State = Message.Kind, Message.State
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ALERT, ESCALATION = Kind.STAFF_CALL_OVERDUE, Kind.STAFF_ESCALATED


@pytest.fixture
def late():
    """A call that was promised for now, with all that staff are told of it."""
    request = make_request(promised_call_by=NOW, created_at=NOW - MINUTE)
    outbox.enqueue_new_request(request)
    return request


def settle(request, kind, state, at, reason=""):
    request.messages.filter(kind=kind).update(state=state, finished_at=at, reason=reason)


def line_at(request, at):
    return status_line.describe_status(request, read_desk_clock(at))


def test_call_of_which_colleagues_were_emailed_says_when(late):
    settle(late, ALERT, State.SENT, NOW + 6 * MINUTE)

    line = line_at(late, NOW + 7 * MINUTE)

    assert line.mark == "alert"
    assert line.detail == "asked for a call 8 min ago. Colleagues were emailed at 2:17 pm."


def test_call_is_escalated_once_the_lead_was_emailed(late):
    settle(late, ALERT, State.SENT, NOW + 6 * MINUTE)
    settle(late, ESCALATION, State.SENT, NOW + 12 * MINUTE)

    line = line_at(late, NOW + HOUR)

    assert line.mark == "escalated"
    assert line.detail.endswith("The on-call lead was emailed at 2:23 pm.")


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        (State.FAILED, "refused", "The mail server refused it for good"),
        (State.SKIPPED, "switched_off", "This kind of email is switched off"),
    ],
)
def test_email_that_did_not_go_has_told_nobody_and_says_why(late, state, reason, words):
    for kind in (ALERT, ESCALATION):
        settle(late, kind, state, NOW + 10 * MINUTE, reason)

    line = line_at(late, NOW + HOUR)

    assert line.mark == "not told"
    assert line.detail.endswith(f"The on-call lead is not told yet: {words}.")


def test_email_that_is_due_and_has_not_gone_has_told_nobody(late):
    line = line_at(late, NOW + HOUR)

    assert line.mark == "not told"
    assert "Colleagues are not told yet: the email is on its way." in line.detail


def test_call_that_is_hardly_late_says_nothing_yet(late):
    assert line_at(late, NOW + MINUTE).mark == ""


def test_call_of_which_no_rule_tells_anybody_says_so():
    MessageRule.objects.filter(kind__in=[ALERT, ESCALATION]).update(is_on=False)
    request = make_request(promised_call_by=NOW, created_at=NOW - MINUTE)
    outbox.enqueue_new_request(request)

    line = line_at(request, NOW + MINUTE)

    assert (line.mark, line.detail) == (
        "not told", "asked for a call 2 min ago. Nobody is told of it.",
    )  # fmt: skip


def test_what_was_told_of_an_earlier_promise_tells_nothing_of_the_next(late):
    settle(late, ALERT, State.SENT, NOW + 6 * MINUTE)
    late.promised_call_by = NOW + HOUR
    late.save(update_fields=["promised_call_by"])

    assert line_at(late, NOW + HOUR + MINUTE).mark == "not told"


def test_rules_begin_as_the_center_has_set_its_targets():
    rules = MessageRule.objects.by_kind()

    begun = [rules[kind].delay + service_levels.CALLBACK_WITHIN for kind in (ALERT, ESCALATION)]
    assert begun == [service_levels.CALL_ALERT_AFTER, service_levels.CALL_ESCALATE_AFTER]
