"""What is said of the night follows the on-call rota, and claims nobody it does not name."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from admissions.intake.phone_line import Answerer, find_always_in, find_line_answer
from admissions.scheduling.models import AfterHours, OnCallShift
from tests.support.factories import answer_after_hours, make_counselor, make_shift, make_user

# 2 am at the center, a Tuesday; counselors come at 9.
NIGHT = datetime(2027, 1, 5, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NIGHT)]


@pytest.fixture(autouse=True)
def row():
    """The director says that someone on call answers; the rota is empty."""
    answer_after_hours("on_call", task="book")
    OnCallShift.objects.all().delete()


def answered_by():
    return find_line_answer(now=NIGHT).by


@pytest.mark.parametrize("otherwise", ["nobody", "service"])
def test_empty_rota_falls_to_what_the_row_says_otherwise(otherwise):
    AfterHours.objects.update(otherwise=otherwise)

    assert answered_by() == Answerer(otherwise)


def test_whoever_is_on_call_answers_in_their_languages():
    rosa = make_counselor(languages=["es"]).user
    make_shift(rosa, NIGHT - HOUR, NIGHT + HOUR)

    answer = find_line_answer(now=NIGHT)

    assert (answer.by, answer.languages, answer.task) == (Answerer.ON_CALL, {"es"}, "book")


def test_first_person_who_left_leaves_it_to_the_back_up_and_then_to_nobody():
    first, back_up = make_user(), make_user()
    make_shift(first, NIGHT - HOUR, NIGHT + HOUR, back_up=back_up)
    found = []

    for each in (first, back_up):
        each.is_active = False
        each.save(update_fields=["is_active"])
        found.append(answered_by())

    assert found == [Answerer.ON_CALL, Answerer.NOBODY]


def test_next_shift_is_when_somebody_answers_again():
    make_shift(make_user("coordinator"), NIGHT + HOUR, NIGHT + 2 * HOUR)

    answer = find_line_answer(now=NIGHT)

    assert (answer.opens_at, answer.opening_languages) == (NIGHT + HOUR, {"en", "es"})


def test_every_hour_is_claimed_only_of_a_week_without_gaps():
    shift = make_shift(make_user("coordinator"), NIGHT - HOUR, NIGHT + 200 * HOUR)
    whole = find_always_in(NIGHT)
    shift.ends_at = NIGHT + 100 * HOUR
    shift.save()

    assert (whole, find_always_in(NIGHT)) == ({"en", "es"}, None)


def test_page_at_night_names_someone_on_call_only_with_a_shift():
    without = Client().get("/").content.decode()
    make_shift(make_user("coordinator"), NIGHT - HOUR, NIGHT + HOUR)

    with_shift = Client().get("/").content.decode()

    words = "Someone from our team is on call. They will answer"
    assert (words in without, words in with_shift) == (False, True)


def test_rota_costs_two_queries_however_long_it_is(django_assert_num_queries):
    for n in range(30):
        make_shift(make_user("coordinator"), NIGHT + n * HOUR, NIGHT + (n + 1) * HOUR)

    with django_assert_num_queries(4):
        find_line_answer(now=NIGHT)
