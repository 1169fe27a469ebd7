"""One look at everything outside of the code that the site needs."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from admissions.backups import records
from admissions.backups.models import BackupRecord
from admissions.installation.models import Heartbeat, Installation
from admissions.operations import findings, preflight
from admissions.scheduling.models import WeeklyHours
from programs.models import Credential
from tests.support.factories import make_counselor, make_user

pytestmark = pytest.mark.django_db
REDIS_NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def usual_day():
    """Postgres goes by the true time."""


@pytest.fixture
def in_order(settings):
    """All that a center needs, but for the database role: the tests' own one may do anything."""
    settings.SITE_URL = "http://127.0.0.1:8000"
    make_counselor()
    Credential.objects.update(expires_on=date(2050, 1, 1))
    for _each in range(2):
        make_user("director")
    for role in ("beat", "worker"):
        Heartbeat.objects.create(name=role, role=role, seen_at=timezone.now())
    records.record_made(name="a.age", release="1", size=1, sha256="0" * 64)
    records.record_check(BackupRecord.Kind.RESTORED, name="a.age", sha256="0" * 64)


def problems() -> dict[str, str]:
    checks = [each for each in preflight.CHECKS if each is not preflight.check_database_role]
    found = findings.look(checks)
    return {each.name: each.problem for each in found if each.problem}


def run(**options):
    """The code it ends with, and what it said."""
    out = StringIO()
    try:
        call_command("preflight", stdout=out, **options)
    except SystemExit as ended:
        return ended.code, out.getvalue()
    return 0, out.getvalue()


def without_time_limit():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")


def test_nothing_is_found_where_all_is_in_order(in_order):
    assert problems() == {}


def test_backup_that_is_missing_and_one_that_was_never_proved_are_named():
    assert {"Backup of today", "Backup that was proved"} <= set(problems())


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("Demo accounts", lambda settings: make_user(is_demo=True)),
        ("Hours", lambda settings: WeeklyHours.objects.all().delete()),
        ("Beat at work", lambda settings: Heartbeat.objects.filter(role="beat").delete()),
        ("Sending", lambda settings: Installation.objects.update(sends_from="elsewhere")),
        (
            "Keys are this database's",
            lambda settings: Installation.objects.update(secret_key_mark="another"),
        ),
        ("redis", lambda settings: setattr(settings, "REDIS_URL", REDIS_NOWHERE)),
        ("SITE_URL", lambda settings: setattr(settings, "SITE_URL", "https://evil.example")),
        ("Migrations", lambda settings: forget_a_migration()),
    ],
)
def test_what_is_wrong_is_named(in_order, settings, name, harm):
    harm(settings)

    assert list(problems()) == [name]


def forget_a_migration():
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations)"
        )


def test_role_that_may_change_the_audit_is_named():
    without_time_limit()

    found = list(preflight.check_database_role())

    assert ["may change the audit" in found[0].problem, "no time limits" in found[1].problem] == [
        True,
        True,
    ]


def test_production_that_can_ring_no_phone_is_told(settings):
    settings.PRODUCTION = True

    [found] = preflight.check_pushes()

    assert found.is_warning
    assert "danger rings no phone" in found.problem


def test_command_ends_with_1_and_says_what_to_mend(in_order):
    make_user(is_demo=True)

    code, said = run()

    assert code == 1
    assert "MEND    Demo accounts are here" in said
    assert max(map(len, said.splitlines())) < 120
    assert len(said.splitlines()) < 45


def test_email_is_sent_to_the_named_address_alone(in_order, inbox):
    _code, said = run(mail_to="ops@example.com")

    assert [letter["To"] for letter in inbox] == ["ops@example.com"]
    assert "was taken for ops@example.com" in said


def test_refused_email_is_said(in_order, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    _code, said = run(mail_to="ops@example.com")

    assert "MEND    Mail was not taken" in said


def test_site_that_does_not_answer_outside_is_named(in_order):
    _code, said = run(url="http://127.0.0.1:1")

    assert "MEND    Site from outside /healthz/ answers URLError" in said
