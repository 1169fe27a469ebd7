"""How the site speaks to Postgres, directly or through a pooler in transaction mode.

Nothing here outlives a transaction: no `options` when a connection begins, which PgBouncer
refuses, no prepared statement, no cursor on the server. How long a statement may take and what
else a session begins with belongs to the database role (admissions.time_limits).
"""

from typing import Any

from environ import Env

# A statement on its way to a machine that vanished ends after some seconds, not hours.
VANISHED = {
    "tcp_user_timeout": 5000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
}


def read_databases(env: Env) -> dict[str, dict[str, Any]]:
    """Return DATABASES from DATABASE_URL, and from DATABASE_REPLICA_URL where that is set."""
    default = env.db_url("DATABASE_URL", default="postgres://127.0.0.1:1/recovery")
    found = {"default": speak_plainly(default)}
    if env.str("DATABASE_REPLICA_URL", default=""):
        replica = speak_plainly(env.db_url("DATABASE_REPLICA_URL"))
        replica["OPTIONS"].update(connect_timeout=2, **VANISHED)
        # Tests read their own database under both names.
        replica["TEST"] = {"MIRROR": "default"}
        found["replica"] = replica
    return found


def speak_plainly(database: dict[str, Any]) -> dict[str, Any]:
    """The database with all that makes it safe behind a pooler."""
    database |= {
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # A cursor on the server lives in one connection, and a pooler gives another each time.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
    database.setdefault("OPTIONS", {}).update(
        connect_timeout=3,
        # Values travel beside a statement: neither pg_stat_activity nor a log of statements has
        # them. Django leaves prepare_threshold at None: no statement is prepared for a session.
        server_side_binding=True,
    )
    return database
