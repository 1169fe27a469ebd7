"""The tests' databases: one process of a run migrates, the others copy what it made."""

from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection
from django.test.utils import setup_databases, teardown_databases

from admissions.installation.models import DatabaseIdentity, Installation

COPY_OF = "test_recovery_template"


def run_of(config):
    """The id that the processes of one run share; None where there is one process alone."""
    return getattr(config, "workerinput", {}).get("testrunuid")


def make_database(run, *, is_kept=False):
    """Create this process's database with what migrations and `sync_roles` seed.

    Return what `drop_database` needs.
    """
    if run is None:
        return migrate(is_kept=is_kept)
    with one_at_a_time() as cursor:
        if run_of_template(cursor) == run:
            connection.settings_dict["TEST"]["TEMPLATE"] = COPY_OF
            return migrate()
        made = migrate()
        connection.close()
        replace_template(cursor, run)
        return made


def migrate(*, is_kept=False):
    made = setup_databases(verbosity=0, interactive=False, keepdb=is_kept, serialized_aliases=())
    call_command("sync_roles", verbosity=0)
    # A copy is another database than the one it was made from, and would send no email.
    Installation.objects.update(sends_from=DatabaseIdentity())
    return made


def drop_database(made, run):
    """Drop this process's database, and the template: whoever still needs one makes it anew."""
    end_other_sessions()
    teardown_databases(made, verbosity=0)
    if run is not None:
        with one_at_a_time() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {COPY_OF}")


def end_other_sessions():
    """A worker that a test started and stopped may still be closing its connection."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@contextmanager
def one_at_a_time():
    """A cursor beside all test databases, and a lock that the processes of a run share."""
    with connection._nodb_cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [COPY_OF])
        yield cursor


def run_of_template(cursor):
    """The run that made the template, as its comment says: another run may have been killed."""
    cursor.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
        [COPY_OF],
    )
    row = cursor.fetchone()
    return row and row[0]


def replace_template(cursor, run):
    cursor.execute(f"DROP DATABASE IF EXISTS {COPY_OF}")
    cursor.execute(f"CREATE DATABASE {COPY_OF} TEMPLATE {connection.settings_dict['NAME']}")
    cursor.execute(f"COMMENT ON DATABASE {COPY_OF} IS '{run}'")
