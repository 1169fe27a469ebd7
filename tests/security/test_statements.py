"""What Postgres tells of a statement that is running: its form, and no value."""

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test import Client
from psycopg import ClientCursor

from recovery_site.dev import processes
from tests.support.factories import make_counselor, make_request
from tests.support.visitor import MONDAY, Visitor, url
from users.models import User

CANARY = "Zqx Canary"
POSTGRES_LOG = settings.VAR / "log" / "postgres.log"

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]


@pytest.fixture
def onlooker():
    """Someone else's connection to the same Postgres."""
    named = connection.settings_dict
    other = psycopg.connect(
        host=named["HOST"], port=named["PORT"], user=named["USER"], password=named["PASSWORD"],
        dbname=named["NAME"], autocommit=True,
    )  # fmt: skip
    yield other
    other.close()


def seen(onlooker):
    """The text of the newest statement of our own connection."""
    pid = connection.connection.info.backend_pid
    asked = onlooker.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid])
    return asked.fetchone()[0]


# Columns of staff are not encrypted: what is typed of requesters is, before Postgres sees it.
ACTS = {
    "looked for": lambda: User.objects.filter(first_name=CANARY).exists(),
    "written": lambda: User.objects.create(username="zqx", first_name=CANARY),
    "changed": lambda: User.objects.update(first_name=CANARY),
    "in plain SQL": lambda: connection.cursor().execute("SELECT %s::text", [CANARY]),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_running_statement_shows_no_value(onlooker, act):
    act()

    assert "$1" in seen(onlooker)
    assert CANARY not in seen(onlooker)


def test_no_statement_of_a_booking_shows_a_value(onlooker):
    """Each is looked at while the transaction that it belongs to is open."""
    make_counselor()
    texts = []

    def look(execute, *asked):
        answer = execute(*asked)
        texts.append(seen(onlooker))
        return answer

    visitor = Visitor()
    values = visitor.open_details() | {"preferred_name": CANARY, "note": CANARY}
    with connection.execute_wrapper(look):
        visitor.send_details(values)

    assert any("admissions_consultationrequest" in each for each in texts)
    assert [each for each in texts if CANARY in each or "5550155" in each] == []


def test_value_that_is_bound_by_us_is_seen(onlooker):
    """The eye of these tests is open."""
    with ClientCursor(connection.connection) as cursor:
        cursor.execute("SELECT %s::text", [CANARY])

    assert CANARY in seen(onlooker)


def test_no_statement_stays_prepared():
    """One that did would be unknown to the next connection of a pool in transaction mode."""
    make_counselor()
    for _page in range(8):
        Client().get(url("choose_time"))

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        assert cursor.fetchone() == (0,)


def test_refused_value_stays_out_of_the_log():
    begun = POSTGRES_LOG.stat().st_size

    make_request(reference="ZQZQ-ZQZQ", preferred_name=CANARY)
    with pytest.raises(DatabaseError), transaction.atomic():
        make_request(reference="ZQZQ-ZQZQ", preferred_name=CANARY)

    def told():
        with POSTGRES_LOG.open("rb") as log:
            log.seek(begun)
            return log.read().decode(errors="replace")

    assert processes.wait_until(lambda: "ERROR" in told(), within=10)
    assert CANARY not in told()
