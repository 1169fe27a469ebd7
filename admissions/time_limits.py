"""How long Postgres lets us take, as defaults of the database role.

A connection could ask for them as it begins, but a pooler in transaction mode refuses that, and
would give what is set later to whoever has the connection next. Every session of a role begins
with its defaults, through whatever it comes.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import connection, transaction
from psycopg import sql

# Migrations and changes of keys take as long as they take; nobody may wait for them long.
OWNER_DEFAULTS = {
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
    # Compiling a query for a page takes longer than the page.
    "jit": "off",
    # Django would otherwise set it for the session.
    "timezone": "UTC",
}
SERVING_DEFAULTS = OWNER_DEFAULTS | {"statement_timeout": "10s"}


def default_statements(role: str, defaults: Mapping[str, str]) -> Iterator[sql.Composed]:
    """The statements that make these the defaults of a role's next sessions."""
    for name, value in defaults.items():
        yield sql.SQL("ALTER ROLE {role} SET {name} = {value}").format(
            role=sql.Identifier(role), name=sql.Identifier(name), value=sql.Literal(value)
        )


def set_role_defaults(role: str, defaults: Mapping[str, str]) -> None:
    with connection.cursor() as cursor:
        for statement in default_statements(role, defaults):
            cursor.execute(statement)


def has_statement_timeout() -> bool:
    """Whether this session ends statements that take too long; its role may lack the defaults."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        return cursor.fetchone()[0] != "0"


@contextmanager
def without_statement_timeout() -> Iterator[None]:
    """One transaction whose statements take as long as they take."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        yield
