"""Requests that one person made twice: what is found, what a merge carries over, the wall."""

from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from admissions.audit.models import AuditEvent
from admissions.care.models import BenefitsVerification
from admissions.messaging.eligibility import find_skip_reason
from admissions.triage import cadence, contact_attempts, duplicates
from tests.support.factories import make_consultation, make_message, make_request
from tests.support.rows import refused

NOW = datetime(2027, 1, 4, 10, tzinfo=ZoneInfo("America/Los_Angeles"))
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
OTHER = {"phone": "+17145550166", "email": "other@example.com"}

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


def merge(kept, *ended, by, is_same_person=True):
    return duplicates.merge_requests(
        keep_id=kept.pk,
        end_ids=[each.pk for each in ended],
        by=by,
        is_same_person=is_same_person,
    )


def references(request):
    return [each.reference for each in duplicates.find_duplicates(request)]


# What is found


@pytest.mark.parametrize(
    ("mine", "theirs", "is_found"),
    [
        ({}, {}, True),
        ({}, {"email": ""}, True),
        ({}, {"phone": "", "may_call": False, "email": "JO@example.com"}, True),
        ({}, OTHER, False),
        ({"email": ""}, OTHER | {"email": ""}, False),
        ({}, {"for_whom": "loved_one"}, False),
        ({"for_whom": "loved_one"}, {}, False),
        ({"for_whom": "loved_one"}, {"for_whom": "professional"}, True),
    ],
)
def test_found_by_phone_or_email_on_the_same_side_of_the_wall(mine, theirs, is_found):
    request, other = make_request(**mine), make_request(**theirs)

    assert references(request) == [other.reference] * is_found


def test_merge_is_decided_by_what_both_hold_not_by_their_tokens(staff):
    kept, other = make_request(), make_request(**OTHER)
    type(other).objects.filter(pk=other.pk).update(search_tokens=kept.search_tokens)

    refused(partial(merge, kept, other, by=staff))


def test_kept_at_first_is_who_has_a_consultation_else_the_oldest():
    old, new = make_request(created_at=NOW - DAY), make_request()
    ended = make_request(
        stage="closed", disposition="withdrawn", closed_at=NOW, created_at=NOW - 2 * DAY
    )
    first = duplicates.suggest_request_to_keep([ended, new, old])
    make_consultation(starts_at=NOW + DAY, request=new)

    assert (first, duplicates.suggest_request_to_keep([ended, new, old])) == (old, new)


# What a merge carries over


def test_merge_ends_the_other_as_a_duplicate_and_says_so_once(staff):
    kept, ended = make_request(), make_request()

    merge(kept, ended, by=staff)

    ended.refresh_from_db()
    assert (ended.merged_into, ended.stage, ended.disposition) == (kept, "closed", "duplicate")
    events = [(e.type, e.actor, e.code, e.shown) for e in AuditEvent.objects.all()]
    assert events == [("requests_merged", staff, ended.reference, [ended.pk])]


def test_merge_carries_danger_promise_and_due_time(staff):
    kept = make_request(due_at=NOW + DAY, promised_call_by=NOW + 2 * HOUR)
    ended = make_request(due_at=NOW + HOUR, promised_call_by=NOW + HOUR, is_in_danger=True)

    merge(kept, ended, by=staff)

    kept.refresh_from_db()
    assert kept.needs_safety_answer is True
    assert (kept.promised_call_by, kept.due_at) == (NOW + HOUR, NOW + HOUR)
    kinds = set(kept.messages.values_list("kind", flat=True))
    assert {"staff_promise_near", "staff_promise_broken", "staff_escalated"} <= kinds


def test_merge_counts_the_tries_of_both_and_keeps_where_they_came_from(staff):
    kept, ended = make_request(), make_request()
    for request in (kept, ended):
        contact_attempts.log_attempt(
            request_id=request.pk, by=staff, channel="call", result="no_answer"
        )

    merge(kept, ended, by=staff)

    assert len(cadence.current_attempts(kept)) == 2
    assert [each.merged_from for each in kept.attempts.all()] == [None, ended]


def test_merge_with_whom_we_have_talked_is_in_contact(staff):
    kept, ended = make_request(), make_request()
    contact_attempts.log_attempt(request_id=ended.pk, by=staff, channel="call", result="reached")

    merge(kept, ended, by=staff)

    kept.refresh_from_db()
    assert kept.stage == "contacted"


@pytest.mark.parametrize(("asked_anew", "may_call"), [(False, False), (True, True)])
def test_merge_keeps_a_stop_unless_they_asked_anew_after_it(
    staff, time_machine, asked_anew, may_call
):
    kept = None if asked_anew else make_request()
    ended = make_request()
    contact_attempts.log_attempt(
        request_id=ended.pk, by=staff, channel="call", result="asked_to_stop"
    )
    time_machine.move_to(NOW + HOUR, tick=False)
    kept = kept or make_request()

    merge(kept, ended, by=staff)

    kept.refresh_from_db()
    assert (kept.may_call, kept.may_email) == (may_call, may_call)


def test_merge_keeps_the_more_careful_plan_and_a_number_only_one_had(staff):
    kept = make_request(phone="", may_call=False, voicemail="say_center", is_discreet=False)
    ended = make_request(voicemail="no")

    merge(kept, ended, by=staff)

    kept.refresh_from_db()
    assert kept.phone == ended.phone
    assert kept.may_call
    assert kept.voicemail == "no"
    assert kept.is_discreet is True


def test_merge_keeps_an_extension_only_one_had_and_the_more_careful_voicemail(staff):
    kept = make_request(phone="+17145550155", voicemail="say_center")
    ended = make_request(phone="+17145550155;ext=23", voicemail="no")

    merge(kept, ended, by=staff)

    kept.refresh_from_db()
    assert kept.phone == "+17145550155;ext=23"
    assert kept.voicemail == "no"


def test_merge_takes_back_what_was_promised_to_the_other(staff):
    kept, ended = make_request(), make_request()
    owed = make_message("no_contact_2", request=ended, due_at=NOW + DAY)
    in_hand = make_message("freed", request=ended, due_at=NOW)

    merge(kept, ended, by=staff)

    owed.refresh_from_db()
    in_hand.request.refresh_from_db()
    assert (owed.state, owed.reason) == ("skipped", "request_closed")
    assert find_skip_reason(in_hand, now=NOW) == "request_closed"


def test_merge_moves_the_check_of_insurance_along(staff):
    kept, ended = make_request(), make_request()
    benefits = BenefitsVerification.objects.create(request=ended, member_id="XZP-1")

    merge(kept, ended, by=staff)

    benefits.refresh_from_db()
    assert (benefits.request, benefits.member_id) == (kept, "XZP-1")


def test_merge_of_what_others_were_merged_into_leaves_no_chain(staff):
    first, second, third = make_request(), make_request(), make_request()
    merge(second, first, by=staff)

    merge(third, second, by=staff)

    assert sorted(each.pk for each in third.merged.all()) == sorted([first.pk, second.pk])


def test_merge_of_many_is_one_act(staff):
    kept, *many = [make_request(is_in_danger=number == 3) for number in range(6)]

    merge(kept, *many, by=staff)

    kept.refresh_from_db()
    assert kept.merged.count() == 5
    assert kept.needs_safety_answer


# What is refused


def test_merge_needs_someone_who_made_sure(staff):
    refused(partial(merge, make_request(), make_request(), by=staff, is_same_person=False))


@pytest.mark.parametrize(
    ("kept", "ended"),
    [
        ({}, {"for_whom": "loved_one"}),
        ({"for_whom": "loved_one"}, {}),
        ({}, OTHER),
        ({}, {"stage": "closed", "disposition": "withdrawn", "closed_at": NOW}),
        ({"stage": "closed", "disposition": "duplicate", "closed_at": NOW}, {}),
    ],
    ids=["across the wall", "the other way", "nothing in common", "closed", "closed one stays"],
)
def test_merge_is_refused(staff, kept, ended):
    refused(partial(merge, make_request(**kept), make_request(**ended), by=staff))


@pytest.mark.parametrize(
    ("has_kept", "words"),
    [(True, "Both have a consultation."), (False, "The one with the consultation has to stay.")],
)
def test_merge_never_ends_a_consultation(staff, has_kept, words):
    kept, ended = make_request(), make_request()
    make_consultation(starts_at=NOW + DAY, request=ended)
    if has_kept:
        make_consultation(starts_at=NOW + 2 * DAY, request=kept)

    assert refused(partial(merge, kept, ended, by=staff)).startswith(words)


def test_merge_of_one_closed_by_hand_as_a_duplicate_links_them(staff):
    kept = make_request()
    ended = make_request(stage="closed", disposition="duplicate", closed_at=NOW)

    merge(kept, ended, by=staff)

    ended.refresh_from_db()
    assert ended.merged_into == kept
