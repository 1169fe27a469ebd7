"""The page that Prometheus reads, and who may read it."""

import re
import time
from pathlib import Path

import pytest
from celery import current_app
from django.db import connection
from django.test import Client
from django.utils import timezone

from admissions.metrics import collector
from tests.security.traces import find_traces
from tests.support.factories import make_due, make_request
from tests.support.visitor import DETAILS

pytestmark = pytest.mark.django_db
TOKEN = "t" * 43 + "0123456"
RULES = Path(__file__).resolve().parents[3] / "deploy/prometheus/alerts.yaml"


@pytest.fixture(autouse=True)
def token(settings):
    settings.METRICS_TOKEN, settings.METRICS_KEPT_SECONDS = TOKEN, 0


def scrape(**headers):
    return Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"} | headers)


def value(text, line):
    found = re.search(rf"^{re.escape(line)} (\S+)$", text, re.M)
    return float(found[1]) if found else None


def test_whoever_knows_the_token_reads_figures():
    text = scrape().content.decode()

    assert value(text, "recovery_database_up") == 1
    assert value(text, "recovery_redis_up") == 1


@pytest.mark.security(107)
@pytest.mark.parametrize(
    "given",
    ["", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer ü"],
)
def test_whoever_does_not_know_it_finds_nothing(given):
    response = scrape(Authorization=given)

    assert response.status_code == 404
    assert b"recovery_" not in response.content


def test_without_a_token_nobody_reads(settings):
    settings.METRICS_TOKEN = ""

    assert scrape().status_code == scrape(Authorization="Bearer ").status_code == 404


def test_a_machine_may_ask_by_its_address(settings):
    assert scrape(Host="10.0.0.7:8001").status_code == 200


def test_redis_that_is_away_is_a_figure(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    text = scrape().content.decode()

    assert value(text, "recovery_redis_up") == 0
    assert value(text, "recovery_database_up") == 1
    assert "recovery_queue_depth{" not in text


def test_tasks_that_wait_are_counted_by_queue():
    before = value(scrape().content.decode(), 'recovery_queue_depth{queue="calendars"}')
    current_app.send_task("nobody.does.this", queue="calendars")

    assert value(scrape().content.decode(), 'recovery_queue_depth{queue="calendars"}') == before + 1


def test_database_that_refuses_is_a_figure():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE admissions_taskrun RENAME TO away")
    text = scrape().content.decode()

    assert value(text, "recovery_database_up") == 0
    assert value(text, "recovery_redis_up") == 1


@pytest.mark.security(74)
def test_nobody_stands_in_the_figures():
    canary = {
        "preferred_name": "Zqx Canary", "phone": "+17145550177", "email": "zqx.canary@example.com",
        "note": "Zqx Canary sings",
    }  # fmt: skip
    make_request(is_in_danger=True, **canary)
    make_due("confirmation", now=timezone.now())
    client = Client()
    client.get("/consultation/manage/canary/?name=canary")
    client.get("/feeds/canary.ics")
    client.get("/canary/")
    client.post("/consultation/callback/", DETAILS | canary)

    assert find_traces(scrape().content.decode()) == []


def test_every_metric_of_a_rule_is_on_the_page():
    Client().get("/")
    text = scrape().content.decode()
    told = set(re.findall(r"^# TYPE (\w+)", text, re.M))
    told |= {f"{name}_bucket" for name in told} | {f"{name}_count" for name in told}

    asked = set(re.findall(r"\brecovery_(?!site)\w+", RULES.read_text()))

    assert asked - told == set()
    assert len(asked) > 15


def test_scrape_gives_up_on_statements_that_take_too_long(monkeypatch):
    monkeypatch.setattr(collector, "LONGEST_STATEMENT_MS", 50)
    monkeypatch.setattr(collector.installation, "CONNECTIONS", "SELECT pg_sleep(20), 1")
    begun = time.monotonic()

    assert value(scrape().content.decode(), "recovery_database_up") == 0
    assert time.monotonic() - begun < 5
