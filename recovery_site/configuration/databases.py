"""How the site speaks to Postgres, directly or through a pooler in transaction mode.

Nothing here outlives a transaction: no `options` when a connection begins, which PgBouncer
refuses, no prepared statement, no cursor on the server. How long a statement may take and what
else a session begins with belongs to the database role (admissions.time_limits).
"""

from typing import Any

from environ import Env


def read_databases(env: Env) -> dict[str, dict[str, Any]]:
    """Return DATABASES from DATABASE_URL."""
    default = env.db_url("DATABASE_URL", default="postgres://127.0.0.1:1/recovery")
    default |= {
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # A cursor on the server lives in one connection, and a pooler gives another each time.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
    default.setdefault("OPTIONS", {}).update(
        connect_timeout=3,
        # Values travel beside a statement: neither pg_stat_activity nor a log of statements has
        # them. Django leaves prepare_threshold at None: no statement is prepared for a session.
        server_side_binding=True,
    )
    return {"default": default}
