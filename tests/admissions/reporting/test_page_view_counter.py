"""Counts of pages: who counts, what is kept of them, and how the director reads them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, models
from django.test import Client

from admissions.admin.reporting import tables
from admissions.reporting import page_view_counter, period
from admissions.reporting import report as reporting_report
from admissions.reporting.models import PageViewCount
from tests.support.factories import make_counselor
from tests.support.reports import ask
from tests.support.visitor import MONDAY, details_url

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
OURS = "http://testserver"


@pytest.fixture(autouse=True)
def nothing_waits():
    with time_machine.travel(MONDAY):
        yield
    page_view_counter.TALLY.drain()


@pytest.fixture
def person(db):
    make_counselor()
    return Client(headers={"user-agent": PHONE})


def counted():
    """What was counted, once it is written: {(page, language): (views, entrances)}."""
    page_view_counter.write_counts()
    rows = PageViewCount.objects.values_list("page", "language", "views", "entrances")
    return {(page, language): (views, entrances) for page, language, views, entrances in rows}


def test_way_to_a_form_counts_one_visit_and_each_page(person, page_caching):
    person.get("/", headers={"referer": "https://search.example/?q=help"})
    person.get("/es/programs/iop/", headers={"referer": f"{OURS}/"})
    person.get("/consultation/", headers={"referer": f"{OURS}/es/programs/iop/"})
    person.get("/consultation/?mode=video", headers={"referer": f"{OURS}/consultation/"})
    person.get(details_url(), headers={"referer": f"{OURS}/consultation/"})
    person.cookies.clear()
    person.get("/")

    assert counted() == {
        ("home", "en"): (2, 2),
        ("programs", "es"): (1, 0),
        ("times", "en"): (1, 0),
        ("form", "en"): (1, 0),
    }


def test_page_from_the_cache_counts_like_any_other(person, page_caching):
    with time_machine.travel(MONDAY, tick=False):
        for _visit in range(2):
            person.get("/")
            person.get("/es/learn/")

    assert counted() == {("home", "en"): (2, 2), ("learn", "es"): (2, 2)}


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("/", {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://google.com/bot.html)"}),
        ("/", {"user-agent": "curl/8.5.0"}),
        ("/", {"user-agent": ""}),
        ("/", {"sec-purpose": "prefetch;prerender"}),
        ("/", {"purpose": "prefetch"}),
        ("/robots.txt", {}),
        ("/learn/articles.xml", {}),
        ("/sitemap.xml", {}),
        ("/no/such/page/", {}),
        ("/consultation/open.json", {}),
        ("/consultation/finished/", {}),
        ("/admin/login/", {}),
        ("/healthz/", {}),
    ],
)  # fmt: skip
def test_what_no_person_opened_or_no_public_page_counts_for_nothing(person, address, headers):
    person.get(address, headers=headers)

    assert counted() == {}


def test_row_has_no_place_for_anyone():
    kept = {field.name for field in PageViewCount._meta.fields if field.name != "id"}

    assert kept == {"day", "page", "language", "views", "entrances"}
    assert isinstance(PageViewCount._meta.get_field("day"), models.DateField)


def test_what_many_processes_count_adds_up(real_commits):
    def write(_number):
        keys = [(MONDAY.date(), page, "en") for page in ("times", "home")]
        with connection.cursor() as cursor:
            columns = [list(column) for column in zip(*sorted(keys), strict=True)]
            cursor.execute(page_view_counter.ADD_COUNTS_SQL, [*columns, [2, 2], [1, 0]])
        connection.close()

    with ThreadPoolExecutor(4) as processes:
        list(processes.map(write, range(20)))

    assert counted() == {("home", "en"): (40, 20), ("times", "en"): (40, 0)}


def test_counts_wait_for_a_database_that_is_away(person):
    person.get("/")
    with connection.cursor() as cursor, pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_view_counter, "ADD_COUNTS_SQL", "SELECT * FROM no_such_table")
        cursor.execute("SAVEPOINT away")
        page_view_counter.write_counts()
        cursor.execute("ROLLBACK TO SAVEPOINT away")

    assert counted() == {("home", "en"): (1, 1)}


def test_counts_are_written_by_themselves(real_commits, settings):
    settings.PAGE_VIEW_FLUSH_SECONDS = 0.01
    Client(headers={"user-agent": PHONE}).get("/")

    page_view_counter.TALLY.timer.join()

    assert PageViewCount.objects.get().views == 1


def look_at(**codes):
    return reporting_report.build_report(
        period.period_until_now(days=7, now=MONDAY, **codes), now=MONDAY
    )


@pytest.fixture
def week(db):
    """Forty visits of this week and some before it; two people asked, one of them by phone."""
    rows = [
        (0, "home", "en", 30, 28), (3, "home", "es", 10, 10), (6, "times", "en", 8, 2),
        (1, "form", "en", 4, 0), (7, "home", "en", 500, 500),
    ]  # fmt: skip
    PageViewCount.objects.bulk_create(
        PageViewCount(
            day=MONDAY.date() - timedelta(days=ago),
            page=page, language=language, views=views, entrances=entrances,
        )
        for ago, page, language, views, entrances in rows
    )  # fmt: skip
    ask(MONDAY - timedelta(days=1), source="booking")
    ask(MONDAY - timedelta(days=1), source="staff")


def told(table):
    return [(row.name, *row.cells) for row in table.rows]


def test_director_sees_the_steps_before_anyone_asks(week):
    report = look_at()

    assert told(tables.page_visits_table(report)) == [
        ("Came to the site", 40, "100"),
        ("Looked at times", 8, "20"),
        ("Opened a form", 4, "10"),
        ("Asked for us there", 1, "2"),
    ]
    assert told(tables.pages_table(report)) == [
        ("Home", "English", 30, 28),
        ("Home", "Spanish", 10, 10),
        ("Times to talk", "English", 8, 2),
        ("A form to book or be called", "English", 4, 0),
    ]


def test_visits_narrow_by_language_and_are_not_told_where_nobody_knows(week):
    spanish = look_at(language="es").page_views

    assert (spanish.entrances, spanish.asked) == (10, 0)
    assert [look_at(**each).page_views for each in ({"program": "iop"}, {"source": "staff"})] == [
        None,
        None,
    ]
