"""Whose a request is, when it is taken up, notes, reopening, and help with safety."""

from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from admissions.booking import consultations
from admissions.intake.models import ConsultationRequest
from admissions.messaging.models import Message
from admissions.scheduling.assignment import SlotChoice
from admissions.scheduling.models import Closure
from admissions.triage import (
    contact_attempts,
    escalation,
    notes,
    outcomes,
    ownership,
    queues,
    snoozing,
)
from tests.support.factories import make_consultation, make_counselor, make_request, make_user
from tests.support.rows import audit_of, everything, refused
from users.models import User

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2027, 1, 4, 10, tzinfo=PACIFIC)
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
Stage, Kind = ConsultationRequest.Stage, Message.Kind

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]

audit = audit_of("type", "actor", "staff", "code")


@pytest.fixture
def staff():
    return make_user("counselor")


@pytest.fixture
def lead():
    return make_user("coordinator")


def owned_by(user, **columns):
    return make_request(owner=user, claimed_at=NOW, **columns)


def closed(**columns):
    return make_request(stage="closed", disposition="withdrawn", closed_at=NOW, **columns)


# Whose it is


def away(user, until=NOW + DAY):
    counselor = make_counselor(user=user)
    Closure.objects.create(counselor=counselor, starts_at=NOW - HOUR, ends_at=until)


def leave(user):
    user.is_active = False
    user.save()


def unclaimed(by):
    everyone = ConsultationRequest.objects.all()
    return set(queues.filter_queue(everyone, "unclaimed", by=by, now=NOW))


def test_requests_of_who_left_or_is_away_stand_under_unclaimed(lead):
    gone, absent, soon_back, there = (make_user("counselor") for _each in range(4))
    leave(gone)
    away(absent)
    away(soon_back, until=NOW + 3 * HOUR)
    make_counselor(user=there)
    Closure.objects.create(counselor=None, starts_at=NOW - HOUR, ends_at=NOW + DAY)
    found = [owned_by(each) for each in (gone, absent, soon_back, there)]

    assert unclaimed(lead) == {*found[:2]}
    assert queues.count_queues(by=lead, now=NOW)["unclaimed"] == 2


def test_who_is_there_claims_what_an_absent_colleague_owns_and_nothing_else(staff):
    absent, there = make_user("counselor"), make_user("counselor")
    away(absent)
    theirs, kept = owned_by(absent), owned_by(there)

    ownership.claim_request(request_id=theirs.pk, by=staff)
    refused(ownership.claim_request, request_id=kept.pk, by=staff)

    theirs.refresh_from_db()
    assert theirs.owner == staff
    assert audit(theirs) == [("request_claimed", staff, absent, "")]


def test_all_open_requests_of_one_who_left_go_to_a_colleague_or_to_nobody(staff, lead):
    gone, other = make_user("counselor"), make_user("counselor")
    leave(gone)
    theirs, done, others = (
        [owned_by(gone) for _each in range(2)],
        closed(owner=gone, claimed_at=NOW),
        owned_by(other),
    )

    assert ownership.reassign_all(owner_id=gone.pk, by=lead, to=staff) == 2
    assert set(ConsultationRequest.objects.owned_by(staff)) == {*theirs}
    assert [audit(each) for each in theirs] == [[("request_handed_over", lead, staff, "")]] * 2
    assert ownership.reassign_all(owner_id=staff.pk, by=lead, to=None) == 2
    assert set(ConsultationRequest.objects.open().filter(owner=None)) == {*theirs}
    for each in (done, others):
        was = each.owner
        each.refresh_from_db()
        assert each.owner == was


def test_hand_over_of_all_is_refused_to_who_assigns_no_work_and_to_who_cannot_work(staff, lead):
    gone, auditor = make_user("counselor"), make_user("auditor")
    request = owned_by(gone)
    leave(gone)

    refused(ownership.reassign_all, owner_id=gone.pk, by=staff, to=staff)
    refused(ownership.reassign_all, owner_id=gone.pk, by=lead, to=auditor)
    refused(ownership.reassign_all, owner_id=lead.pk, by=lead, to=lead)

    request.refresh_from_db()
    assert request.owner == gone


def hand_over(request, by, to, note=""):
    return ownership.reassign_request(
        request_id=request.pk, by=by, to=to, owner_id=request.owner_id, note=note
    )


def test_hand_over_gives_the_request_and_a_note_to_a_colleague(staff):
    request, colleague = owned_by(staff), make_user("clinician")

    hand_over(request, staff, colleague, note="Prefers mornings")

    request.refresh_from_db()
    assert (request.owner, request.notes.get().text) == (colleague, "Prefers mornings")
    assert audit(request) == [("request_handed_over", staff, colleague, "")]


def test_hand_over_twice_by_two_clicks_is_one(staff):
    request, colleague = owned_by(staff), make_user()
    hand_over(request, staff, colleague, note="once")
    before = everything()

    hand_over(request, staff, colleague, note="once")

    assert everything() == before


@pytest.mark.parametrize("role", ["content editor", "VOB", "auditor", None])
def test_hand_over_goes_only_to_who_works_on_requests(staff, role):
    request = owned_by(staff)

    refused(partial(hand_over, request, staff, make_user(role)))


def test_hand_over_to_who_has_left_is_refused(staff):
    gone = make_user(is_active=False)

    refused(partial(hand_over, owned_by(staff), staff, gone))


@pytest.mark.parametrize(("role", "is_done"), [("counselor", False), ("coordinator", True)])
def test_hand_over_of_a_colleagues_request_takes_a_role_that_assigns(staff, role, is_done):
    request, colleague = owned_by(staff), make_user()
    act = partial(hand_over, request, make_user(role), colleague)

    if not is_done:
        refused(act)
        return
    act()

    request.refresh_from_db()
    assert request.owner == colleague


def test_hand_over_of_what_has_changed_hands_since_is_refused(staff, lead):
    request, seen = owned_by(staff), owned_by(staff)
    ConsultationRequest.objects.filter(pk=request.pk).update(owner=make_user())

    refused(
        ownership.reassign_request,
        request_id=request.pk,
        by=lead,
        to=make_user(),
        owner_id=seen.owner_id,
    )


def test_give_back_lets_anyone_claim_it(staff):
    request = owned_by(staff)

    ownership.unassign_request(request_id=request.pk, by=staff, owner_id=staff.pk)

    other = make_user()
    assert ownership.claim_request(request_id=request.pk, by=other).owner == other
    assert audit(request)[0] == ("request_handed_over", staff, staff, "given_back")


# When it is taken up


def set_aside(request, by, until):
    return snoozing.snooze_request(request_id=request.pk, by=by, until=until)


def test_set_aside_puts_off_until_its_time_and_says_so(staff):
    request = make_request()

    set_aside(request, staff, NOW + 3 * HOUR)

    request.refresh_from_db()
    assert request.is_snoozed
    assert request.due_at == NOW + 3 * HOUR
    assert audit(request) == [("request_set_aside", staff, None, "")]


@pytest.mark.parametrize(
    ("columns", "until"),
    [
        ({"is_in_danger": True}, NOW + HOUR),
        ({"promised_call_by": NOW + HOUR}, NOW + 2 * HOUR),
        ({}, NOW),
        ({}, NOW + 14 * DAY + MINUTE),
        ({}, NOW.replace(hour=22)),
        ({"time_zone": "America/New_York"}, NOW.replace(hour=19)),
    ],
    ids=["danger", "promise", "past", "too long", "our night", "their night"],
)
def test_set_aside_is_refused(staff, columns, until):
    refused(partial(set_aside, make_request(**columns), staff, until))


@pytest.mark.parametrize(("hours", "is_refused"), [(1, False), (2, True), (3, True)])
def test_set_aside_never_beyond_a_consultation(staff, hours, is_refused):
    request = make_consultation(starts_at=NOW + 2 * HOUR).request
    act = partial(set_aside, request, staff, NOW + hours * HOUR)

    assert bool(refused(act)) if is_refused else act().is_snoozed


def test_take_up_ends_the_pause_now(staff):
    request = set_aside(make_request(), staff, NOW + DAY)

    snoozing.unsnooze_request(request_id=request.pk, by=staff)

    request.refresh_from_db()
    assert (request.snoozed_until, request.due_at) == (None, NOW)
    assert audit(request)[-1] == ("request_set_aside", staff, None, "taken_up")


def test_booking_at_the_very_time_it_was_set_aside_to_ends_the_pause(staff):
    make_counselor()
    request, nine = make_request(stage="contacted"), NOW.replace(hour=9) + DAY
    set_aside(request, staff, nine)

    consultations.schedule_consultation(
        ConsultationRequest.objects.get(pk=request.pk), SlotChoice(nine, "phone")
    )

    request.refresh_from_db()
    assert request.is_snoozed is False


def test_logged_try_ends_the_pause(staff):
    request = set_aside(make_request(), staff, NOW + DAY)

    contact_attempts.log_attempt(request_id=request.pk, by=staff, channel="call", result="reached")

    request.refresh_from_db()
    assert request.snoozed_until is None


# Notes


def test_note_is_kept_also_when_closed_and_two_clicks_are_one(staff):
    request = closed()

    for _click in range(2):
        notes.add_note(request_id=request.pk, by=staff, text="She rang.\n\nTomorrow again.")

    assert [note.text for note in request.notes.all()] == ["She rang.\n\nTomorrow again."]
    assert audit(request) == [("note_added", staff, None, "")]


# Reopening


@pytest.mark.parametrize(
    ("result", "stage"), [("no_answer", "attempting_contact"), ("reached", "contacted")]
)
def test_reopen_goes_on_where_we_were_and_is_due_soon(staff, result, stage):
    request = closed()
    request.attempts.create(by=staff, channel="call", result=result)

    outcomes.reopen_request(request_id=request.pk, by=staff, reason="They called back")

    request.refresh_from_db()
    assert (request.stage, request.disposition, request.closed_at) == (stage, "", None)
    assert (request.due_at, request.notes.get().text) == (NOW + 15 * MINUTE, "They called back")
    assert audit(request) == [("request_reopened", staff, None, "")]


def test_reopen_is_refused_for_what_is_open_or_merged(staff):
    kept = make_request()
    merged = make_request(stage="closed", disposition="duplicate", closed_at=NOW, merged_into=kept)

    for request in (kept, merged):
        refused(outcomes.reopen_request, request_id=request.pk, by=staff, reason="Again")


def test_reopen_takes_it_from_an_owner_who_has_left(staff):
    gone = make_user(is_active=False)
    request = closed(owner=gone, claimed_at=NOW)

    outcomes.reopen_request(request_id=request.pk, by=staff, reason="Again")

    request.refresh_from_db()
    assert request.owner is None


# Help with safety


def test_escalate_puts_first_for_everyone_and_rings_at_once(staff):
    request = make_request(is_in_danger=True, safety_answered_at=NOW - DAY)
    make_request(is_in_danger=True, due_at=NOW + HOUR)
    set_aside(request, staff, NOW + DAY)

    escalation.escalate_safety(request_id=request.pk, by=staff)

    first = ConsultationRequest.objects.in_triage_order(now=NOW).first()
    assert first.pk == request.pk
    assert first.needs_safety_answer
    assert first.due_at == NOW
    assert [(each.raised_by, each.next_ring_at) for each in request.alarms.all()] == [(staff, NOW)]
    assert audit(request)[-1] == ("safety_escalated", staff, None, "")


def test_escalate_again_while_it_rings_changes_nothing(staff, time_machine):
    request = make_request()
    escalation.escalate_safety(request_id=request.pk, by=staff)
    time_machine.move_to(NOW + 5 * MINUTE, tick=False)

    escalation.escalate_safety(request_id=request.pk, by=make_user())

    assert request.alarms.get().raised_at == NOW
    assert audit(request) == [("safety_escalated", staff, None, "")]


def test_colleagues_are_active_and_may_triage():
    expected = [
        make_user(role).pk for role in ("coordinator", "counselor", "clinician", "director")
    ]
    make_user("VOB"), make_user(is_active=False), User.objects.create_superuser("root")

    assert sorted(each.pk for each in ownership.find_assignable_staff()) == sorted(expected)
