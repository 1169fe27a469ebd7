"""Who sits at the desk, and when."""

import pytest
import time_machine
from django.db import ProgrammingError, connection

from tests.support import factories
from tests.support.desk import NOW


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def no_audit(db):
    """Has Postgres take no audit event; the error that this means."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no audit'; END $$;"
            "CREATE TRIGGER refuse BEFORE INSERT ON admissions_auditevent"
            " FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
    return ProgrammingError


@pytest.fixture
def coordinator(client, db):
    """A coordinator who is signed in."""
    user = factories.make_user("coordinator", first_name="Dana", last_name="Reyes")
    client.force_login(user)
    return user


@pytest.fixture
def director(client, db):
    """A director who is signed in."""
    user = factories.make_user("director")
    client.force_login(user)
    return user
