"""Makes the database roles of the web process and of the worker, and grants what each needs."""

import os
from typing import Any
from urllib.parse import unquote, urlsplit

import pgtrigger
from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, models, transaction
from psycopg import sql

from admissions import time_limits
from admissions.append_only import PermanentButForTexts
from admissions.audit.models import AuditArchive, AuditSeal

NO_RIGHTS = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
VARIABLES = {"web": "WEB_DATABASE_URL", "worker": "WORKER_DATABASE_URL"}
# The owner alone migrates, and puts parts of the audit away.
READ_ONLY = {"django_migrations", AuditArchive._meta.db_table}
MAKE_PARTITIONS = "FUNCTION admissions_make_audit_partitions()"


class Command(BaseCommand):
    help = (
        "Makes two roles in Postgres, by the names and passwords in WEB_DATABASE_URL and"
        " WORKER_DATABASE_URL, which may read and write but not change what is permanent, nor"
        " the tables themselves, and sets how long statements may take."
        " Run it as their owner, after each migrate; it is safe to repeat."
    )

    @transaction.atomic
    def handle(self, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            owner = cursor.fetchone()[0]
        names = {kind: self.make_role(variable, owner) for kind, variable in VARIABLES.items()}
        if names["web"] == names["worker"]:
            raise CommandError("The web process and the worker need a role each.")
        time_limits.set_role_defaults(owner, time_limits.OWNER_DEFAULTS)
        for kind, name in names.items():
            time_limits.set_role_defaults(name, time_limits.SERVING_DEFAULTS)
            grant(name, is_worker=kind == "worker")
            self.stdout.write(f"{kind}: the role {name} may read and write, and nothing more")

    def make_role(self, variable: str, owner: str) -> str:
        """The role that a URL names, made or renewed; its password goes to Postgres as a hash."""
        url = urlsplit(os.environ.get(variable, ""))
        name, password = unquote(url.username or ""), unquote(url.password or "")
        if not name or not password:
            raise CommandError(f"{variable} must be like postgres://role:password@host/database.")
        if name == owner:
            raise CommandError(f"{variable} names {owner}, who owns the tables: name another role.")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT rolsuper OR rolreplication OR rolbypassrls OR rolcreatedb OR rolcreaterole"
                " FROM pg_roles WHERE rolname = %s",
                [name],
            )
            found = cursor.fetchone()
            if found and found[0]:
                raise CommandError(f"{variable} names {name}, who may do more: name another role.")
            secret = cursor.connection.pgconn.encrypt_password(
                password.encode(), name.encode(), b"scram-sha-256"
            ).decode()
            # Who is no superuser may not even say again that a role is none.
            options = "" if found else f" {NO_RIGHTS}"
            cursor.execute(
                sql.SQL("{verb} ROLE {name} LOGIN PASSWORD {secret} NOINHERIT{options}").format(
                    verb=sql.SQL("ALTER" if found else "CREATE"),
                    name=sql.Identifier(name),
                    secret=sql.Literal(secret),
                    options=sql.SQL(options),
                )
            )
        return name


def grant(role: str, *, is_worker: bool) -> None:
    """What the role had is taken away first, so that nothing stays of an earlier release.

    The worker seals the audit, has partitions made for it, and empties what permanent rows say of
    people who are removed. Nobody but the owner reaches a partition by its own name.
    """
    for group in memberships(role):
        run(role, "REVOKE {table} FROM {role}", table=group)
    run(role, "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")
    run(role, "REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {role}")
    run(role, "REVOKE ALL ON SCHEMA public FROM {role}")
    # Where nobody may connect unless they are named.
    run(role, "GRANT CONNECT ON DATABASE {table} TO {role}", table=connection.settings_dict["NAME"])
    run(role, "GRANT USAGE ON SCHEMA public TO {role}")
    run(role, "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")
    permanent = permanent_tables()
    for table in connection.introspection.table_names():
        verbs = "SELECT, INSERT, UPDATE, DELETE"
        if table in permanent:
            verbs = "SELECT, INSERT"
        if table in READ_ONLY or (table == AuditSeal._meta.db_table and not is_worker):
            verbs = "SELECT"
        run(role, f"GRANT {verbs} ON {{table}} TO {{role}}", table=table)
    run(role, f"REVOKE ALL ON {MAKE_PARTITIONS} FROM {{role}}")
    if is_worker:
        run(role, f"GRANT EXECUTE ON {MAKE_PARTITIONS} TO {{role}}")
    changeable = erasable_columns() if is_worker else linkable_columns()
    for table, columns in changeable.items():
        run(role, f"GRANT UPDATE ({', '.join(columns)}) ON {{table}} TO {{role}}", table=table)


def memberships(role: str) -> list[str]:
    """The roles that this one belongs to, with all that those may do."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT roleid::regrole::text FROM pg_auth_members WHERE member = %s::regrole", [role]
        )
        return [name for (name,) in cursor.fetchall()]


def run(role: str, statement: str, *, table: str = "") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(statement).format(role=sql.Identifier(role), table=sql.Identifier(table))
        )


def permanent_tables() -> set[str]:
    """The tables of models whose triggers refuse UPDATE and DELETE of every row.

    Drafts of content change until they are published: those tables keep their triggers alone.
    """
    return {model._meta.db_table for model in apps.get_models() if is_permanent(model)}


def erasable_columns() -> dict[str, list[str]]:
    """Of permanent tables, what triggers let become empty, by table."""
    return {table: trigger.erasable for table, trigger in triggers_with_texts()}


def linkable_columns() -> dict[str, list[str]]:
    """Of permanent tables, what triggers let be filled in once, by table."""
    return {table: trigger.linkable for table, trigger in triggers_with_texts() if trigger.linkable}


def triggers_with_texts() -> list[tuple[str, PermanentButForTexts]]:
    return [
        (model._meta.db_table, trigger)
        for model in apps.get_models()
        for trigger in getattr(model._meta, "triggers", [])
        if isinstance(trigger, PermanentButForTexts)
    ]


def is_permanent(model: type[models.Model]) -> bool:
    return any(
        isinstance(trigger, pgtrigger.Protect)
        and trigger.condition is None
        and "UPDATE" in str(trigger.operation)
        and "DELETE" in str(trigger.operation)
        for trigger in getattr(model._meta, "triggers", [])
    )
