"""What load balancers and monitors are told."""

import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from admissions.backups import records
from admissions.installation.models import Heartbeat, Installation
from admissions.messaging.models import Message
from admissions.operations import status
from tests.support.factories import make_due

pytestmark = pytest.mark.django_db
EVERY = ["/healthz/", "/readyz/", "/livez/", "/statusz/"]
REDIS_NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def at_work():
    for role in ("beat", "worker"):
        Heartbeat.objects.create(name=role, role=role, seen_at=timezone.now())


def refuse_writes_of(table):
    """As a full disk does: every new row of this table ends in SQLSTATE 53100."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS"
            " $$BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END$$"
        )
        cursor.execute(
            f"CREATE TRIGGER disk_is_full BEFORE INSERT OR UPDATE ON {table}"
            " EXECUTE FUNCTION disk_is_full()"
        )


def test_livez_is_200_while_redis_is_away(settings):
    settings.REDIS_URL = REDIS_NOWHERE

    assert (Client().get("/livez/").status_code, Client().get("/readyz/").status_code) == (200, 503)


def test_livez_is_503_on_a_full_disk():
    refuse_writes_of("admissions_heartbeat")

    response = Client().get("/livez/")

    assert (response.status_code, response.content) == (503, b"unavailable")


def test_livez_writes_once_in_a_while_however_often_it_is_asked(time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    for _each in range(3):
        Client().get("/livez/")
    first = Heartbeat.objects.get().seen_at
    time_machine.shift(6)
    Client().get("/livez/")

    assert Heartbeat.objects.get().seen_at == first + timedelta(seconds=6)


def test_statusz_is_200_when_all_is_well(at_work):
    answer = Client().get("/statusz/")

    assert answer.status_code == 200
    assert {part["state"] for part in answer.json().values()} == {"ok"}


def let_an_email_wait():
    make_due("confirmation", now=timezone.now())
    Message.objects.update(due_at=timezone.now() - timedelta(minutes=11))


@pytest.mark.parametrize(
    ("part", "state", "harm"),
    [
        ("beat", "silent", lambda: Heartbeat.objects.filter(role="beat").delete()),
        ("worker", "silent", lambda: Heartbeat.objects.filter(role="worker").delete()),
        ("mail", "late", let_an_email_wait),
        ("mail", "held", lambda: Installation.objects.update(sends_from="elsewhere")),
        ("keys", "foreign", lambda: Installation.objects.update(secret_key_mark="another")),
    ],
)
def test_statusz_is_503_and_names_the_part(at_work, part, state, harm):
    harm()

    answer = Client().get("/statusz/")

    assert answer.status_code == 503
    assert answer.json()[part]["state"] == state


def test_statusz_tells_of_redis(at_work, settings):
    settings.REDIS_URL = REDIS_NOWHERE

    answer = Client().get("/statusz/")

    assert (answer.status_code, answer.json()["redis"]) == (503, {"state": "away"})


def test_statusz_misses_a_backup_of_a_production_alone(at_work, settings, time_machine):
    assert Client().get("/statusz/").json()["backup"] == {"state": "ok"}
    settings.PRODUCTION = True
    assert status.describe_backup(timezone.now()) == {"state": "late"}

    records.record_made(name="a.age", release="1", size=1, sha256="0" * 64)
    assert status.describe_backup(timezone.now())["state"] == "ok"
    later = timezone.now() + records.LATE_AFTER + timedelta(minutes=1)
    assert status.describe_backup(later)["state"] == "late"


@pytest.mark.security(78)
def test_statusz_holds_words_and_numbers_alone(at_work):
    let_an_email_wait()

    parts = Client().get("/statusz/").json()

    assert set(parts) == {
        "beat", "worker", "mail", "keys", "disk", "backup", "postgres", "redis",
    }  # fmt: skip
    told = [value for part in parts.values() for value in part.values()]
    assert {type(each) for each in told} <= {str, int}
    assert {each for each in told if isinstance(each, str)} <= {"ok", "late"}


# Hosts


@pytest.mark.parametrize("address", EVERY)
def test_health_answers_who_asks_by_address(at_work, settings, caplog, address):
    settings.ALLOWED_HOSTS = [".admissions.example"]

    response = Client(headers={"host": "10.1.2.3:8000"}).get(address)

    assert response.status_code == 200
    assert caplog.records == []


@pytest.mark.security(96)
def test_other_pages_refuse_a_host_that_is_not_ours(settings):
    settings.ALLOWED_HOSTS = ["admissions.example"]

    assert Client(headers={"host": "10.1.2.3:8000"}).get("/").status_code == 400


@pytest.mark.parametrize("is_redirected", [False, True])
def test_wrong_hosts_leave_one_line_without_a_traceback(settings, caplog, is_redirected):
    settings.ALLOWED_HOSTS = ["admissions.example"]
    settings.SECURE_SSL_REDIRECT = is_redirected
    stranger = Client(headers={"host": "evil.example"})

    for _each in range(5):
        stranger.get("/")

    assert [(each.levelno, bool(each.exc_info)) for each in caplog.records] == [
        (logging.WARNING, False)
    ]


# A full disk


def test_full_disk_after_a_booking_is_503_and_not_a_bad_request(client):
    session = client.session
    session["anything"] = "kept"
    session.save()
    refuse_writes_of("accounts_session")

    response = client.get("/admin/login/")

    assert response.status_code == 503
