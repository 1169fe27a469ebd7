"""A statement that takes long leaves a line, without its values."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from recovery_site.observing import slow_queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def reported(caplog):
    """The lines that statements left."""
    return lambda: [each for each in caplog.records if each.name == slow_queries.__name__]


def test_slow_statement_is_written_without_its_values(settings, reported):
    settings.SLOW_QUERY_MS = 100
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.15), 'canary', %s", ["canary"])

    (line,) = reported()
    assert line.statement == "SELECT pg_sleep(?), ?, %s"
    assert "canary" not in line.getMessage()


def test_quick_statement_leaves_none(settings, reported):
    settings.SLOW_QUERY_MS = 5000
    get_user_model().objects.exists()

    assert reported() == []


def test_zero_switches_it_off(settings, reported):
    settings.SLOW_QUERY_MS = 0
    get_user_model().objects.exists()

    assert reported() == []


def test_lists_of_any_length_are_one_statement():
    short = slow_queries.remove_values("SELECT 1 WHERE id IN (%s, %s)")

    assert slow_queries.remove_values("SELECT 2 WHERE id IN (%s, %s, %s)") == short


def test_connection_that_connects_again_is_timed_once():
    slow_queries.watch(connection=connection)
    slow_queries.watch(connection=connection)

    assert connection.execute_wrappers.count(slow_queries.time_statement) == 1
