"""Calls that no request holds: found for whoever asks about their data, and matched by staff."""

import uuid

import pytest

from admissions.calls.models import Call
from admissions.calls.taking import CallAnswers, take_call
from admissions.exceptions import ActionNotAllowed
from admissions.privacy import deletion, export, privacy_requests, tasks
from admissions.privacy.models import PrivacyRequest, RemovalCertificate
from tests.admissions.privacy.people import CANARY, make_asked, make_closed, read_all
from tests.support.factories import make_request, make_user
from tests.support.rows import everything

NUMBER = "+17145550199"
Kind = PrivacyRequest.Kind

pytestmark = pytest.mark.django_db


@pytest.fixture
def by():
    return make_user("director")


def take(by, *, number=NUMBER, for_whom="self", corrects=None) -> Call:
    answers = CallAnswers("answered", for_whom, number, name=CANARY, note=CANARY)
    key, pk = uuid.uuid4(), corrects and corrects.pk
    return take_call(key=key, answers=answers, by=by, is_someone_new=True, corrects_id=pk)


def find_calls(asked) -> list[Call]:
    return [call for call, _request in privacy_requests.find_candidate_calls(asked)]


def match(asked, call, by) -> None:
    privacy_requests.match_call(privacy_request_id=asked.pk, call_id=call.pk, by=by)


def test_candidates_are_from_their_number_on_their_side(by):
    asked = make_asked(make_request(phone=NUMBER))
    first, last = take(by), take(by)
    take(by, for_whom="loved_one")
    take(by, number="+17145550177")
    take(by, number="")

    assert find_calls(asked) == [last, first]


def test_number_of_a_merged_request_finds_calls_too(by):
    root = make_closed(days=1, phone="+17145550177")
    make_closed(days=1, disposition="duplicate", merged_into=root, phone=NUMBER)

    call = take(by)

    assert find_calls(make_asked(root)) == [call]


def test_call_is_exported_once_it_is_matched(by):
    request = make_request(phone=NUMBER)
    asked, call = make_asked(request, Kind.COPY), take(by)
    assert CANARY not in str(export.build_export([request], now=asked.recorded_at))

    match(asked, call, by)

    (told,) = export.build_export([request], now=asked.recorded_at)["requests"][0]["calls"]
    assert (told["number"], told["note"]) == ("(714) 555-0199", CANARY)
    assert find_calls(asked) == []


def test_all_versions_of_a_call_go_with_the_request_and_are_certified(by):
    request = make_closed(days=1, phone=NUMBER)
    asked, wrong = make_asked(request), take(by)
    right = take(by, number="", corrects=wrong)
    assert find_calls(asked) == [right]
    match(asked, right, by)

    deletion.order_removal(privacy_request_id=asked.pk, reason="They asked", by=by)
    tasks.carry_out_removals(asked.pk)

    emptied = RemovalCertificate.objects.get(request=request).emptied
    assert (emptied["call.number"], emptied["call.name"], emptied["call.note"]) == (1, 2, 2)
    assert {(each.number, each.name, each.note) for each in Call.objects.all()} == {("", "", "")}


@pytest.mark.parametrize("other", [{"number": "+17145550177"}, {"for_whom": "loved_one"}])
def test_call_of_somebody_else_is_not_matched(by, other):
    asked, call = make_asked(make_request(phone=NUMBER)), take(by, **other)
    before = everything()

    with pytest.raises(ActionNotAllowed):
        match(asked, call, by)

    assert everything() == before


def test_call_is_matched_once(by):
    asked, call = make_asked(make_request(phone=NUMBER)), take(by)
    match(asked, call, by)

    with pytest.raises(ActionNotAllowed):
        match(asked, call, by)


def test_no_call_is_matched_while_the_worker_removes(by):
    asked, call = make_asked(make_closed(days=1, phone=NUMBER)), take(by)
    deletion.order_removal(privacy_request_id=asked.pk, reason="They asked", by=by)

    with pytest.raises(ActionNotAllowed, match="take the order back"):
        match(asked, call, by)


def test_event_of_the_match_holds_no_number(by):
    asked, call = make_asked(make_request(phone=NUMBER)), take(by)

    match(asked, call, by)

    assert "0199" not in str(read_all("admissions_auditevent"))
