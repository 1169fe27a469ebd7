"""Staff find a request by what they know of a person, however many requests there are."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from admissions.intake import demand
from admissions.intake.models import ConsultationRequest, search_tokens
from admissions.privacy import schedule
from admissions.scheduling.models import Consultation, Shortage
from admissions.triage import duplicates, queues, search
from tests.support.factories import make_request, make_user

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def closed(**columns):
    at = columns.pop("closed_at", NOW)
    return make_request(
        stage="closed", due_at=None, closed_at=at, disposition="withdrawn", **columns
    )


def found(term):
    return search.search_requests(term, now=NOW).ids


@pytest.mark.parametrize(
    "term",
    ["canary", "Zqx can", "can zqx", "zqx@", "zqx@example.com", "0177", "K7M4-2q", "k7m42qxr"],
)
def test_request_is_found_by_what_staff_know_of_it(term):
    request = make_request(
        reference="K7M4-2QXR",
        preferred_name="Zqx Canary",
        email="zqx@example.com",
        phone="+17145550177",
    )
    make_request(reference="B2B2-B2B2", preferred_name="Jo", email="", phone="+19495550199")

    assert found(term) == [request.pk]


@pytest.mark.parametrize("term", ["", "zq", "qxa", "%%%", "___", "017", "17 7", "714 555"])
def test_search_for_too_little_finds_nothing(term):
    make_request(preferred_name="Zqxa ___%%%", phone="+17145550177", email="zqx@mail.example")

    assert found(term) == []


def test_digits_within_words_are_no_part_of_a_phone():
    make_request(phone="+17145550177")

    assert found("ana0177") == []


def test_open_ones_are_found_first_then_the_newest():
    ended_first = closed(preferred_name="Zqx", created_at=NOW - timedelta(days=9))
    ended_last = closed(preferred_name="Zqx", created_at=NOW - timedelta(days=2))
    calm = make_request(preferred_name="Zqx", created_at=NOW - timedelta(days=20))
    unsafe = make_request(preferred_name="Zqx", is_in_danger=True)

    assert found("zqx") == [unsafe.pk, calm.pk, ended_last.pk, ended_first.pk]


def test_search_is_cut_off_and_says_so(monkeypatch):
    monkeypatch.setattr(search, "MAX_RESULTS", 2)
    waiting = make_request(preferred_name="Zqx")
    for _each in range(2):
        closed(preferred_name="Zqx")

    told = search.search_requests("zqx", now=NOW)

    assert told.ids[0] == waiting.pk
    assert len(told.ids) == 2
    assert told.has_more


def test_search_that_finds_all_says_so(monkeypatch):
    monkeypatch.setattr(search, "MAX_RESULTS", 2)
    make_request(preferred_name="Zqx")
    closed(preferred_name="Zqx")

    assert not search.search_requests("zqx", now=NOW).has_more


def test_queues_count_open_requests_alone():
    by = make_user()
    make_request(is_in_danger=True)
    make_request(owner=by, claimed_at=NOW, due_at=NOW - timedelta(hours=1))
    closed(is_in_danger=True, owner=by, claimed_at=NOW)

    assert queues.count_queues(by=by, now=NOW) == {
        "open": 2,
        "now": 2,
        "safety": 1,
        "promised": 0,
        "overdue": 1,
        "mine": 1,
        "unclaimed": 1,
        "aside": 0,
    }


@pytest.fixture
def many():
    """Enough rows for Postgres to know of each index, and no leave to read a whole table."""
    call_command("seed_bench", counselors=2, past=300, requests=30, booked_ahead=0.2, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")


def indexes_read(rows):
    """What a list is read from: its indexes, or the whole table."""
    plan = rows.explain()
    read = re.findall(r"(?:using|Index Scan on) (request_\w+|consultation_by_\w+)", plan)
    return {*read, *re.findall("Seq Scan", plan)}


@pytest.mark.parametrize("key", ["open", "now", "safety"])
def test_open_requests_are_listed_from_their_own_index(key, many):
    rows = queues.filter_queue(ConsultationRequest.objects.all(), key, by=make_user(), now=NOW)

    assert indexes_read(rows[:50]) == {"request_open"}


def test_closed_requests_are_listed_from_an_index_in_order(many):
    rows = queues.filter_queue(ConsultationRequest.objects.all(), "closed", by=make_user(), now=NOW)

    assert indexes_read(rows[:50]) == {"request_closed"}
    assert "Sort" not in rows[:50].explain()


@pytest.mark.parametrize(("term", "parts"), [("zqxzqx", 3), ("0909 5550", 4)])
def test_every_part_of_a_search_has_its_index(term, parts, many):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off")

    plan = ConsultationRequest.objects.filter(search_tokens.filter_by_term(term)).explain()

    assert plan.count("Bitmap Index Scan on request_search") == parts
    assert "Seq Scan" not in plan


def test_past_consultations_are_listed_from_an_index_in_order(many):
    past = Consultation.objects.filter(starts_at__lt=NOW).order_by("-starts_at", "-pk")[:100]

    assert indexes_read(past) == {"consultation_by_start"}


def test_duplicates_are_found_by_their_tokens_not_by_reading_all_by_age(many):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")

    found = duplicates.find_duplicates(ConsultationRequest.objects.first())[:13]

    assert "request_by_age" not in found.explain()


def test_what_retention_removes_of_one_end_has_its_index(many):
    due = schedule.find_due("spam", at=NOW, period=timedelta(days=30))

    assert "request_of_someone_by_end" in indexes_read(due.order_by())


def test_demand_is_counted_between_two_bounds_of_an_index(many):
    Shortage.objects.create(language="en", began_at=NOW)

    plan = demand.annotate_demand(Shortage.objects.all()).explain()

    assert re.search(r"Index Cond: \(\(created_at >= .+ AND \(created_at <= ", plan)
