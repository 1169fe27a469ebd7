"""Colleagues who do things to one request at the same moment: each has one outcome."""

from datetime import timedelta
from functools import partial
from uuid import uuid4

from django.utils import timezone

from admissions.audit.models import AuditEvent
from admissions.booking import consultations
from admissions.exceptions import ActionNotAllowed
from admissions.intake.models import ConsultationRequest
from admissions.messaging.alarms import ringing
from admissions.messaging.alarms.raising import raise_alarm
from admissions.messaging.models import Message
from admissions.triage import (
    alarms,
    cancellations,
    contact_attempts,
    duplicates,
    escalation,
    outcomes,
    ownership,
)
from tests.support.factories import make_consultation, make_request, make_user
from tests.support.rivals import at_once
from tests.support.rivals import outcomes as outcomes_of

DAY = timedelta(days=1)


def test_two_hand_overs_and_a_claim_at_once_leave_one_owner_and_one_event(real_commits):
    lead, people = make_user("coordinator"), [make_user() for _each in range(3)]
    request = make_request()
    acts = [
        partial(ownership.reassign_request, request_id=request.pk, by=lead, to=to, owner_id=None)
        for to in people[:2]
    ]

    answers = at_once(
        [*acts, partial(ownership.claim_request, request_id=request.pk, by=people[2])]
    )

    request.refresh_from_db()
    assert sorted(type(each).__name__ for each in answers) == [
        "ActionNotAllowed",
        "ActionNotAllowed",
        "ConsultationRequest",
    ]
    assert request.owner in people
    assert request.audit_events.count() == 1


def test_escalate_by_many_hands_at_once_rings_once(real_commits):
    people, request = [make_user() for _each in range(4)], make_request()

    at_once(
        [partial(escalation.escalate_safety, request_id=request.pk, by=each) for each in people]
    )

    assert (request.alarms.count(), request.audit_events.count()) == (1, 1)


def test_two_who_have_it_at_once_are_one_and_the_other_is_told_who(real_commits):
    people = [make_user() for _each in range(3)]
    request = make_request(is_in_danger=True)
    raise_alarm(request)

    answers = at_once(
        [partial(alarms.take_alarm, request_id=request.pk, by=each) for each in people]
    )

    taker = request.alarms.get().taken_by
    assert outcomes_of(answers) == {"Alarm": 1, "ActionNotAllowed": 2}
    told = {str(each) for each in answers if isinstance(each, ActionNotAllowed)}
    assert [taker.username in each for each in told] == [True]
    assert request.audit_events.filter(type="alarm_taken").count() == 1


def test_danger_told_at_once_of_one_number_rings_once(real_commits):
    request = make_request(is_in_danger=True)

    at_once([partial(raise_alarm, request) for _each in range(4)])
    at_once([partial(ringing.ring_due_alarms, now=timezone.now()) for _each in range(4)])

    assert request.alarms.count() == 1
    assert Message.objects.filter(kind="staff_danger").count() == 1


def merging(kept, ended, by):
    return partial(
        duplicates.merge_requests, keep_id=kept.pk, end_ids=[ended.pk], by=by, is_same_person=True
    )


def test_two_merges_at_once_the_other_way_round_leave_one_open(real_commits):
    for _round in range(5):
        one, two, by = make_request(), make_request(), make_user("coordinator")

        answers = at_once([merging(one, two, by), merging(two, one, by)])

        names = sorted(type(each).__name__ for each in answers)
        assert names == ["ActionNotAllowed", "ConsultationRequest"]
        assert ConsultationRequest.objects.open().filter(pk__in=[one.pk, two.pk]).count() == 1


def test_merge_and_a_logged_try_at_once_lose_no_try(real_commits):
    for _round in range(5):
        one, two, by = make_request(), make_request(), make_user("coordinator")
        log = partial(
            contact_attempts.log_attempt,
            request_id=two.pk,
            by=by,
            channel="call",
            result="no_answer",
        )

        answers = at_once([merging(one, two, by), log])

        logged = sum(type(each).__name__ == "ContactAttempt" for each in answers)
        assert (one.attempts.count(), two.attempts.count()) == (logged, 0)
        assert type(answers[0]).__name__ == "ConsultationRequest"


def test_merge_and_close_at_once_have_one_outcome(real_commits):
    for _round in range(5):
        one, two, by = make_request(), make_request(), make_user("coordinator")
        close = partial(
            outcomes.close_request,
            request_id=two.pk,
            by=by,
            disposition="withdrawn",
            reason="other",
        )

        answers = at_once([merging(one, two, by), close])

        two.refresh_from_db()
        refused = [type(each).__name__ for each in answers].index("ActionNotAllowed")
        assert two.disposition == ("withdrawn" if refused == 0 else "duplicate")


def test_staff_and_requester_who_cancel_at_once_free_it_once(real_commits):
    staff, talk = make_user("coordinator"), make_consultation(starts_at=timezone.now() + 2 * DAY)
    act = partial(
        cancellations.cancel_consultation,
        request_id=talk.request_id,
        consultation_id=talk.pk,
        by=staff,
        said=cancellations.Cancellation("counselor_away", "email", "check_in"),
    )
    theirs = partial(consultations.cancel_consultation, key=uuid4(), request=talk.request)

    answers = at_once([act, theirs])

    events = AuditEvent.objects.filter(type=AuditEvent.Type.CONSULTATION_CANCELED)
    assert (events.count(), Message.objects.exclude(kind__in=Message.STAFF_KINDS).count()) == (1, 1)
    # The requester is shown what stands, whoever was first; staff are told.
    assert outcomes_of(answers[1:]) == {"Consultation": 1}
    is_ours = events.get().actor is not None
    assert outcomes_of(answers[:1]) == {"Consultation" if is_ours else "ActionNotAllowed": 1}
