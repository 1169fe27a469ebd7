"""When nobody can be talked to soon: what visitors see first, and what the director learns."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client

from admissions.intake.demand import annotate_demand
from admissions.messaging import tasks
from admissions.scheduling import shortages
from admissions.scheduling.models import Closure, Mode, ModeRules, Shortage
from tests.support.factories import StaffClient, make_counselor, make_request, make_user

pytestmark = pytest.mark.django_db

# A Monday, 10 am in California.
NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LEAD = "There are no times to talk by phone in the next 24 hours."


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as at:
        yield at


def close_for(time, **whose):
    return Closure.objects.create(starts_at=NOW, ends_at=NOW + time, **whose)


def lasting():
    return list(Shortage.objects.ongoing().values_list("language", "began_at").order_by("language"))


def test_watch_notes_the_languages_without_a_time_within_a_day():
    make_counselor(languages=["en"])

    assert (shortages.update_shortages(now=NOW), lasting()) == (["es"], [("es", NOW)])


def test_watch_keeps_the_beginning_of_a_shortage_however_often_it_looks():
    shortages.update_shortages(now=NOW)
    shortages.update_shortages(now=NOW + HOUR)

    assert lasting() == [("en", NOW), ("es", NOW)]


def test_watch_ends_a_shortage_once_a_time_is_free():
    make_counselor(languages=["en", "es"])
    closure = close_for(3 * DAY)
    shortages.update_shortages(now=NOW)
    closure.delete()

    shortages.update_shortages(now=NOW + HOUR)

    ended = list(Shortage.objects.values_list("language", "ended_at").order_by("language"))
    assert (lasting(), ended) == ([], [("en", NOW + HOUR), ("es", NOW + HOUR)])


def test_watch_by_a_clock_that_lags_ends_no_shortage_before_it_began():
    make_counselor(languages=["en", "es"])
    Shortage.objects.create(language="en", began_at=NOW + HOUR)

    shortages.update_shortages(now=NOW)

    assert Shortage.objects.get(language="en").ended_at == NOW + HOUR


def test_watch_is_a_task_that_beat_repeats():
    tasks.watch_shortages()

    assert lasting() == [("en", NOW), ("es", NOW)]


def test_only_one_shortage_of_a_language_lasts():
    Shortage.objects.create(language="en")

    with pytest.raises(IntegrityError, match="shortage_lasts_once"), transaction.atomic():
        Shortage.objects.create(language="en")


@pytest.mark.parametrize(
    ("opens", "expected"), [(time(9, 30), True), (time(10, 30), False)], ids=["in time", "too late"]
)
def test_a_time_is_soon_within_a_day(opens, expected):
    ModeRules.objects.filter(mode=Mode.PHONE).update(minimum_notice=0)
    counselor = make_counselor(opens=opens, closes=time(12), days=[1])

    assert counselor.weekly_hours.count() == 1
    assert (shortages.update_shortages(now=NOW) == ["es"]) is expected


def test_demand_counts_those_who_asked_in_that_language_while_it_lasted():
    Shortage.objects.create(language="en", began_at=NOW - 2 * DAY, ended_at=NOW - DAY)
    Shortage.objects.create(language="es", began_at=NOW - 2 * DAY)
    for language, ago in [("en", 3), ("en", 1.5), ("en", 0.5), ("es", 1.5), ("es", 0.5)]:
        make_request(language=language, created_at=NOW - ago * DAY)

    counted = annotate_demand(Shortage.objects.all()).values_list("language", "requests_meanwhile")

    assert dict(counted) == {"en": 1, "es": 2}


@pytest.mark.parametrize("address", ["/", "/programs/iop/", "/consultation/"])
def test_page_leads_with_the_callback_when_no_phone_time_is_soon(address):
    make_counselor()
    close_for(30 * HOUR)

    page = Client().get(address).content.decode()

    lead, times = page.index(LEAD), page.index('class="time first"')
    assert lead < times
    assert "We aim to call on Tuesday" in page or "We aim to call tomorrow" in page


@pytest.mark.parametrize("address", ["/", "/programs/iop/", "/consultation/"])
def test_page_leads_with_times_when_one_is_soon(address):
    make_counselor()

    assert LEAD not in Client().get(address).content.decode()


def test_page_of_another_mode_says_nothing_of_the_phone():
    make_counselor()
    close_for(30 * HOUR)

    assert LEAD not in Client().get("/consultation/?mode=video").content.decode()


def alerts(role):
    client = StaffClient()
    client.force_login(make_user(role))
    return [
        (alert.shortage.language, alert.since, alert.shortage.requests_meanwhile)
        for alert in client.get("/admin/").context["shortages"]
    ]


@pytest.mark.parametrize("role", ["director", "coordinator"])
def test_today_alerts_those_who_plan_the_hours(role):
    Shortage.objects.create(language="es", began_at=NOW - HOUR)
    make_request(language="es", created_at=NOW)

    assert alerts(role) == [("es", "since today 9:00 am", 1)]


def test_today_alerts_no_counselor():
    Shortage.objects.create(language="es", began_at=NOW - HOUR)

    assert alerts("counselor") == []


def test_unmet_demand_asks_as_many_queries_for_many_rows_as_for_one(
    client, django_assert_num_queries
):
    client.force_login(make_user("director"))
    address = "/admin/admissions/shortage/"
    counts = []
    for so_many in (1, 29):
        for number in range(so_many):
            ended_at = NOW - number * DAY
            Shortage.objects.create(language="en", began_at=ended_at - HOUR, ended_at=ended_at)
        client.get(address)
        with django_assert_num_queries(12) as queries:
            page = client.get(address)
        counts.append((len(queries), page.status_code))

    assert counts == [(12, 200), (12, 200)]
