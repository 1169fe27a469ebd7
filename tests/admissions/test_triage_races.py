"""Colleagues who do things to one request at the same moment: each has one outcome."""

from functools import partial

from admissions import handling, triage
from tests.factories import make_request, make_user
from tests.rivals import at_once


def test_two_hand_overs_and_a_claim_at_once_leave_one_owner_and_one_event(real_commits):
    lead, people = make_user("coordinator"), [make_user() for _each in range(3)]
    request = make_request()
    acts = [
        partial(handling.hand_over, request_id=request.pk, by=lead, to=to, owner_id=None)
        for to in people[:2]
    ]

    answers = at_once([*acts, partial(triage.claim, request_id=request.pk, by=people[2])])

    request.refresh_from_db()
    assert sorted(type(each).__name__ for each in answers) == [
        "ConsultationRequest",
        "MoveNotAllowed",
        "MoveNotAllowed",
    ]
    assert (request.owner in people, request.audit_events.count()) == (True, 1)


def test_escalate_by_many_hands_at_once_rings_once(real_commits):
    people, request = [make_user() for _each in range(4)], make_request()

    at_once([partial(handling.escalate, request_id=request.pk, by=each) for each in people])

    assert (request.messages.count(), request.audit_events.count()) == (1, 1)
