"""Links that open a request: numbers 1 to 17 of docs/security-cases.md."""

from itertools import pairwise

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from admissions import tokens
from admissions.intake import manage_links
from admissions.intake.models import ManageToken
from tests.support import factories
from tests.support.rows import everything
from tests.support.visitor import MONDAY, TOMORROW_AT_TEN, browser, read_form, url

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]

ACTIONS = [
    "confirm_attendance", "change_contact_plan", "move_consultation", "cancel_consultation",
    "stop_emails", "rebook", "join_waitlist", "leave_waitlist", "answer_offer",
]  # fmt: skip


@pytest.mark.security(3)
def test_ten_thousand_tokens_repeat_neither_each_other_nor_a_beginning_nor_an_order():
    made = [tokens.make_token() for _each in range(10_000)]

    assert len({token[:12] for token in made}) == 10_000
    assert {len(token) for token in made} == {43}
    rising = sum(one < next_one for one, next_one in pairwise(made))
    assert 4_700 < rising < 5_300


@pytest.fixture
def two():
    """The requests of two people, each with a time."""
    return [factories.make_consultation(starts_at=TOMORROW_AT_TEN).request for _each in "ab"]


@pytest.mark.security(4)
@pytest.mark.parametrize("name", ACTIONS)
def test_who_may_manage_one_request_changes_no_other_by_naming_it(two, name):
    mine, theirs = two
    visitor, other = browser(mine), browser(theirs)
    key = read_form(other.get(url("cancel_consultation")), "cancel_consultation").values["key"]
    named = dict.fromkeys(("request", "id", "pk", "consultation_request"), theirs.pk)
    before = everything()

    visitor.post(
        url(name) + f"?request={theirs.pk}", named | {"key": key, "at": "20261125T180000Z"}
    )

    assert everything() == before


@pytest.mark.security(6)
def test_links_that_open_nothing_take_the_same_questions_to_the_database(two):
    request, _other = two
    expired = manage_links.issue_tokens(request)[0]
    ManageToken.objects.filter(sha256=tokens.hash_token(expired)).update(expires_at=MONDAY)
    stop_link = manage_links.issue_tokens(request)[1]

    asked = []
    for token in (expired, stop_link, tokens.make_token(), "x", "é" * 300):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            Client().get(f"/consultation/manage/{token}/")
        asked.append([query["sql"].partition("WHERE")[0] for query in queries])

    assert asked == [asked[0]] * 5


@pytest.mark.security(8)
def test_each_letter_has_links_of_its_own(two):
    request, _other = two

    issued = [token for _letter in range(3) for token in manage_links.issue_tokens(request)]

    assert len(set(issued)) == 6
