"""The database roles of the web process and the worker: what they may do, and what not."""

import secrets
from datetime import timedelta

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from admissions import time_limits
from admissions.audit import archives, seal_chain
from admissions.audit.models import AuditEvent, AuditSeal
from admissions.management.commands.setup_roles import permanent_tables
from admissions.messaging import delivery
from admissions.messaging.models import Message
from admissions.triage import ownership
from programs import versioning
from programs.models import Article
from tests.support.factories import make_counselor, make_request, make_user
from tests.support.visitor import Visitor

PERMANENT = {
    "admissions_alarmring",
    "admissions_acknowledgment",
    "admissions_assessment",
    "admissions_auditarchive",
    "admissions_auditevent",
    "admissions_auditseal",
    "admissions_backuprecord",
    "admissions_call",
    "admissions_consentevent",
    "admissions_consentversion",
    "admissions_disclosure",
    "admissions_finding",
    "admissions_messagetemplate",
    "admissions_note",
    "admissions_recommendation",
    "admissions_removalcertificate",
}

REFUSED = "InsufficientPrivilege"


@pytest.fixture
def urls(monkeypatch):
    """Names and passwords of two roles that no other test has."""
    mark = secrets.token_hex(4)
    names = {"web": f"web_{mark}", "worker": f"worker_{mark}"}
    for kind, name in names.items():
        monkeypatch.setenv(f"{kind.upper()}_DATABASE_URL", f"postgres://{name}:p%40ss-{mark}@x/y")
    return names | {"password": f"p@ss-{mark}"}


@pytest.fixture
def roles(urls, db):
    """Both roles, within the transaction of the test."""
    call_command("setup_roles", verbosity=0)
    return urls


def test_each_role_has_its_time_limits_in_every_session(roles):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname, setconfig FROM pg_db_role_setting"
            " JOIN pg_roles ON pg_roles.oid = setrole WHERE rolname = ANY(%s)",
            [[roles["web"], roles["worker"]]],
        )
        found = dict(cursor.fetchall())

    wanted = {f"{name}={value}" for name, value in time_limits.SERVING_DEFAULTS.items()}
    assert {name.partition("_")[0]: set(limits) for name, limits in found.items()} == {
        "web": {each.replace("timezone", "TimeZone") for each in wanted},
        "worker": {each.replace("timezone", "TimeZone") for each in wanted},
    }


def as_role(name, act):
    """Whether a role may do this: "done", or the class of what Postgres says."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f'SET LOCAL ROLE "{name}"')
            act(cursor)
            # What is rolled back resets it by itself.
            cursor.execute("RESET ROLE")
    except Exception as refused:
        return type(refused.__cause__ or refused).__name__
    return "done"


def statement(text):
    return lambda cursor: cursor.execute(text)


@pytest.mark.parametrize("kind", ["web", "worker"])
@pytest.mark.parametrize("table", sorted(PERMANENT))
@pytest.mark.parametrize(
    "text",
    [
        "UPDATE {table} SET {key} = {key}",
        "DELETE FROM {table}",
        "TRUNCATE {table} CASCADE",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "DROP TABLE {table} CASCADE",
    ],
)
@pytest.mark.security(28)
def test_no_role_changes_what_is_permanent(roles, kind, table, text):
    # Postgres looks for GENERATED ALWAYS before it looks for rights.
    key = {"admissions_auditseal": "number", "admissions_auditevent": "type"}.get(table, "id")

    assert as_role(roles[kind], statement(text.format(table=table, key=key))) == REFUSED


@pytest.mark.parametrize(
    ("kind", "column", "answer"),
    [
        ("web", "request_id", "done"),
        ("web", "note", REFUSED),
        ("worker", "note", "done"),
        ("worker", "emptied_at", "done"),
        ("worker", "request_id", REFUSED),
    ],
)
def test_web_links_a_call_and_the_worker_empties_it(roles, kind, column, answer):
    change = "UPDATE admissions_call SET {column} = {column}"

    assert as_role(roles[kind], statement(change.format(column=column))) == answer


@pytest.mark.parametrize("kind", ["web", "worker"])
@pytest.mark.parametrize(
    "text",
    [
        "SELECT FROM {part}",
        "INSERT INTO {part} OVERRIDING SYSTEM VALUE SELECT * FROM {part}",
        "UPDATE {part} SET type = type",
        "DELETE FROM {part}",
        "TRUNCATE {part}",
        "ALTER TABLE admissions_auditevent DETACH PARTITION {part}",
        "DROP TABLE {part}",
        "INSERT INTO admissions_auditarchive (id) VALUES (1)",
        "SELECT admissions_add_audit_partition('2019-01-01 00:00+00')",
    ],
)
@pytest.mark.security(28)
def test_no_role_reaches_a_partition_of_the_audit_by_its_name(roles, kind, text):
    for part in ("admissions_auditevent_default", archives.list_quarters()[0].table):
        assert as_role(roles[kind], statement(text.format(part=part))) == REFUSED


def test_worker_alone_has_partitions_made(roles):
    make = statement("SELECT admissions_make_audit_partitions()")

    assert as_role(roles["worker"], make) == "done"
    assert as_role(roles["web"], make) == REFUSED


@pytest.mark.parametrize("kind", ["web", "worker"])
def test_no_role_passes_by_ignoring_the_triggers(roles, kind):
    AuditEvent.objects.create(type=AuditEvent.Type.SIGNED_IN, actor=make_user())

    def rewrite(cursor):
        cursor.execute("SET LOCAL pgtrigger.ignore = '{admissions_auditevent}'")
        cursor.execute("UPDATE admissions_auditevent SET type = type")

    assert as_role(roles[kind], rewrite) == REFUSED


def test_permanent_tables_are_those_whose_triggers_refuse_both():
    assert permanent_tables() == PERMANENT


@pytest.mark.parametrize("kind", ["web", "worker"])
@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE more (id int)",
        "CREATE ROLE more",
        "SET session_replication_role = replica",
        "DELETE FROM django_migrations",
        "COPY admissions_note TO PROGRAM 'cat'",
    ],
)
@pytest.mark.security(108)
def test_no_role_rules_the_database(roles, kind, text):
    assert as_role(roles[kind], statement(text)) == REFUSED


def test_only_the_worker_seals(roles):
    AuditEvent.objects.create(type=AuditEvent.Type.SIGNED_IN, actor=make_user())

    def seal(_cursor):
        seal_chain.seal_waiting_events()

    assert as_role(roles["web"], seal) == REFUSED
    assert as_role(roles["worker"], seal) == "done"
    assert AuditSeal.objects.exists()


def test_web_books_and_staff_work(roles):
    make_counselor()
    staff, request = make_user("counselor"), make_request()

    def work(_cursor):
        assert Visitor().book().status_code == 302
        ownership.claim_request(request_id=request.pk, by=staff)

    assert as_role(roles["web"], work) == "done"


def test_web_publishes_texts(roles):
    text = Article.objects.filter(is_published=True).first()
    editor = make_user("content editor")

    def publish(_cursor):
        versioning.save_draft(text=text, seen=text.changed_at, by=editor)

    assert as_role(roles["web"], publish) == "done"


def test_worker_delivers(roles, inbox):
    make_counselor()
    Visitor().book(email="jo@example.com")
    message = Message.objects.get(kind="confirmation")

    assert as_role(roles["worker"], lambda _cursor: delivery.deliver_message(message.pk)) == "done"
    message.refresh_from_db()
    assert message.state == "sent"
    assert timezone.now() - message.finished_at < timedelta(minutes=1)


def test_again_renews_the_password_and_changes_nothing_else(roles, monkeypatch):
    monkeypatch.setenv("WEB_DATABASE_URL", f"postgres://{roles['web']}:another@x/y")

    call_command("setup_roles", verbosity=0)

    assert as_role(roles["web"], statement("DELETE FROM admissions_note")) == REFUSED
    assert as_role(roles["web"], statement("SELECT FROM admissions_note")) == "done"


def test_role_signs_in_with_its_password(real_commits, urls):
    call_command("setup_roles", verbosity=0)
    known = connection.get_connection_params()
    known = {name: known[name] for name in ("host", "port", "dbname")}
    try:
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(**known, user=urls["web"], password="wrong")
        psycopg.connect(**known, user=urls["web"], password=urls["password"]).close()
    finally:
        with connection.cursor() as cursor:
            for kind in ("web", "worker"):
                cursor.execute(f'DROP OWNED BY "{urls[kind]}"; DROP ROLE "{urls[kind]}"')


def test_role_keeps_nothing_that_it_had_through_others(roles):
    with connection.cursor() as cursor:
        cursor.execute(f'GRANT pg_write_all_data TO "{roles["web"]}"')

    call_command("setup_roles", verbosity=0)

    assert as_role(roles["web"], statement("DELETE FROM admissions_note")) == REFUSED
    # It inherits nothing, but could still take up what it belonged to.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_auth_members JOIN pg_roles ON pg_roles.oid = member"
            " WHERE rolname = %s",
            [roles["web"]],
        )
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "url", "word"),
    [
        ("WEB_DATABASE_URL", "", "must be like"),
        ("WEB_DATABASE_URL", "postgres://web@x/y", "must be like"),
        ("WORKER_DATABASE_URL", "postgres://{owner}:p@x/y", "owns the tables"),
        ("WORKER_DATABASE_URL", "postgres://{web}:p@x/y", "a role each"),
    ],
)
def test_url_that_names_no_role_of_its_own_is_refused(urls, monkeypatch, name, url, word):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        owner = cursor.fetchone()[0]
    monkeypatch.setenv(name, url.format(owner=owner, web=urls["web"]))

    with pytest.raises(CommandError, match=word):
        call_command("setup_roles", verbosity=0)


@pytest.mark.django_db
def test_owner_of_the_tables_need_not_be_a_superuser(urls):
    owner = f"owner_{secrets.token_hex(4)}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {owner} CREATEROLE")
        cursor.execute(f"GRANT CREATE ON DATABASE {database()} TO {owner}")
        cursor.execute(f"ALTER DATABASE {database()} OWNER TO {owner}")
        for table, *_facts in connection.introspection.get_table_list(cursor):
            cursor.execute(f'ALTER TABLE "{table}" OWNER TO {owner}')
        cursor.execute(f"ALTER FUNCTION admissions_make_audit_partitions OWNER TO {owner}")
        cursor.execute(f"SET LOCAL ROLE {owner}")

    call_command("setup_roles", verbosity=0)
    call_command("setup_roles", verbosity=0)

    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    assert as_role(urls["web"], statement("SELECT FROM users_user")) == "done"


@pytest.mark.django_db
def test_roles_may_connect_where_nobody_else_may(urls):
    with connection.cursor() as cursor:
        cursor.execute(f"REVOKE ALL ON DATABASE {database()} FROM PUBLIC")

    call_command("setup_roles", verbosity=0)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_database_privilege(%s, current_database(), 'CONNECT')", [urls["web"]]
        )
        assert cursor.fetchone() == (True,)


def database():
    return connection.ops.quote_name(connection.settings_dict["NAME"])
