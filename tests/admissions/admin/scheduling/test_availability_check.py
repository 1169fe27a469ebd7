"""The page that says why a time is not offered."""

from datetime import timedelta

import pytest

from tests.support import factories
from tests.support.desk import NOW

pytestmark = pytest.mark.django_db
WHY = "/admin/admissions/counselor/why/"


def said(client, query=""):
    answers = client.get(WHY + query).context["answers"]
    return [
        (
            answer["counselor"].public_name,
            [
                (each.first, [reason.rule for reason in each.reasons])
                for each in answer["stretches"]
            ],
        )
        for answer in answers
    ]


def test_time_is_answered_for_everyone(client, coordinator):
    factories.make_counselor(public_name="Ana")
    factories.make_counselor(public_name="Ben", modes=["video"])

    answer = said(client, "?on=2026-11-25&time=09:00&mode=phone")

    assert answer == [("Ana", [("9:00 am", [])]), ("Ben", [("9:00 am", ["mode"])])]


def test_day_is_answered_for_one_counselor(client, coordinator):
    factories.make_counselor(public_name="Ana")
    ben = factories.make_counselor(public_name="Ben", days=[])

    answer = said(client, f"?on=2026-11-25&mode=phone&counselor={ben.pk}")

    assert answer == [("Ben", [("12:00 am", ["hours"])])]


def test_today_by_phone_is_asked_first(client, coordinator):
    factories.make_counselor(public_name="Ana", days=[])

    ((name, (first, *_rest)),) = said(client)

    assert (name, first) == ("Ana", ("12:00 am", ["notice", "hours"]))


@pytest.mark.parametrize("query", ["?on=soon&mode=phone", "?on=2026-11-25&mode=pigeon", "?on="])
def test_question_that_makes_no_sense_comes_back_with_its_error(client, coordinator, query):
    page = client.get(WHY + query)

    assert page.status_code == 200
    assert page.context["answers"] == []
    assert page.context["form"].errors != {}


@pytest.mark.parametrize(("role", "status"), [("director", 200), ("content editor", 403)])
def test_page_is_for_those_who_see_hours_and_consultations(client, role, status):
    client.force_login(factories.make_user(role))

    assert client.get(WHY).status_code == status


def test_page_asks_as_many_queries_for_thirty_counselors_as_for_one(
    client, coordinator, django_assert_num_queries
):
    counts = []
    for so_many in (1, 29):
        for number in range(so_many):
            counselor = factories.make_counselor()
            factories.make_consultation(
                starts_at=NOW + timedelta(hours=number), counselor=counselor
            )
        client.get(WHY)
        with django_assert_num_queries(18) as queries:
            client.get(WHY)
        counts.append(len(queries))

    assert counts == [18, 18]
