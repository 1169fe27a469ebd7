"""The rows that belong to many requests, read at once and kept as plain lists.

Django's prefetch makes a manager and a query set for each request and relation, and another one
each time they are asked for: on a list of fifty requests that was a fourth of the page. So pages
that only show many requests read these rows in plain SQL, with the columns that a line goes by.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, cast
from uuid import UUID

from django.db import connection
from django.db.models import Manager, Model

from admissions.scheduling.models import Consultation, Counselor

from .models import ConsultationRequest, ContactAttempt

# Where the rows of a request stand on it; a query set that prefetches leaves this empty.
LOADED = "_loaded_rows"
# Most open requests have none of these; a line asks little more than whether there are any.
RARE = ("waitlist_entries", "referrals", "assessments")
ATTEMPT_COLUMNS = ("id", "request_id", "at", "channel", "result")
CONSULTATION_COLUMNS = (
    "id",
    "request_id",
    "counselor_id",
    "mode",
    "status",
    "starts_at",
    "ends_at",
    "booked_at",
    "ended_at",
)
Rows = dict[UUID, dict[str, list[Model]]]


def read_related(request: ConsultationRequest, name: str) -> Iterable[Any]:
    """Return what belongs to the request under this name of a relation, as it was loaded."""
    loaded: dict[str, list[Model]] | None = request.__dict__.get(LOADED)
    if loaded is None:
        return cast("Manager[Any]", getattr(request, name)).all()
    return loaded.get(name, ())


def load_related(requests: Sequence[ConsultationRequest]) -> None:
    """Read all that one line about each request needs to know: in four queries, and one for each
    kind of rare row that any of them has. They are read once: for pages that only show."""
    found: Rows = {request.pk: defaultdict(list) for request in requests}
    if found:
        load_rows(found, "attempts", ContactAttempt, ATTEMPT_COLUMNS)
        load_rows(found, "consultations", Consultation, CONSULTATION_COLUMNS)
        name_counselors(found)
    for name in find_rare(list(found)) if found else ():
        for row in related_model(name)._base_manager.filter(request__in=list(found)):
            found[cast("Any", row).request_id][name].append(row)
    for request in requests:
        request.__dict__[LOADED] = found[request.pk]


def load_rows(found: Rows, name: str, model: type[Model], columns: tuple[str, ...]) -> None:
    """Put under this name what belongs to each request, in the order it was made."""
    table, place = model._meta.db_table, columns.index("request_id")
    sql = f"SELECT {', '.join(columns)} FROM {table} WHERE request_id = ANY(%s) ORDER BY id"  # noqa: S608  our own names
    for row in ask(sql, found):
        found[row[place]][name].append(model.from_db(connection.alias, columns, row))


def name_counselors(found: Rows) -> None:
    """Give each consultation its counselor, of whom a line tells the name."""
    talks = [cast(Consultation, talk) for rows in found.values() for talk in rows["consultations"]]
    sql = "SELECT id, public_name FROM admissions_counselor WHERE id = ANY(%s)"
    columns = ("id", "public_name")
    named = {
        row[0]: Counselor.from_db(connection.alias, columns, row)
        for row in ask(sql, {talk.counselor_id for talk in talks})
    }
    for talk in talks:
        talk.counselor = named[talk.counselor_id]


def find_rare(keys: list[UUID]) -> list[str]:
    """Return the rare relations of which any of these requests has a row."""
    tables = {name: related_model(name)._meta.db_table for name in RARE}
    sql = " UNION ALL ".join(
        f"(SELECT '{name}' FROM {table}, asked WHERE request_id = ANY(keys) LIMIT 1)"  # noqa: S608  our own names
        for name, table in tables.items()
    )
    return [name for (name,) in ask(f"WITH asked AS (SELECT %s::uuid[] AS keys) {sql}", keys)]


def related_model(name: str) -> type[Model]:
    return cast("type[Model]", ConsultationRequest._meta.get_field(name).related_model)


def ask(sql: str, keys: Iterable[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(keys)])
        return cursor.fetchall()
