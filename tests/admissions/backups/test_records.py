"""What the site knows of its backups, and whom it tells when there is none."""

from datetime import timedelta

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from admissions.backups import records
from admissions.backups.models import BackupRecord
from admissions.exceptions import ActionNotAllowed
from tests.support import factories

pytestmark = pytest.mark.django_db
ALARM = 'id="backup-alarm"'


def make_record(kind="made", **ago):
    return BackupRecord.objects.create(
        kind=kind, name="recovery-x", release="abc", size=1, sha256="0" * 64,
        at=timezone.now() - timedelta(**ago),
    )  # fmt: skip


@pytest.fixture
def today(client, settings):
    """The first page of the desk of a production, as someone in this role sees it."""

    def show(role):
        client.force_login(factories.make_user(role))
        settings.PRODUCTION = True
        html = client.get("/admin/", secure=True).content.decode()
        settings.PRODUCTION = False
        return html

    return show


def test_newest_of_each_kind_counts():
    make_record(hours=50)
    newest = make_record(hours=20)
    restored = make_record("restored", days=9)

    state = records.read_state()

    assert state == records.BackupState(newest.at, None, restored.at)


@pytest.mark.parametrize(("hours", "is_late"), [(25, False), (27, True)])
def test_backup_is_late_after_26_hours(hours, is_late):
    make_record(hours=hours)

    assert records.read_state().is_late(timezone.now()) is is_late


def test_director_sees_on_today_that_no_backup_was_made(today):
    make_record(hours=27)

    html = today("director")

    assert ALARM in html
    assert "The last one was made yesterday 7:00 am." in html


def test_site_without_any_backup_says_so(today):
    assert "None was ever made." in today("director")


def test_backup_of_the_night_is_no_alarm(today):
    make_record(hours=8)

    assert ALARM not in today("director")


def test_operations_say_when_one_was_made_and_proved(client):
    client.force_login(factories.make_user("director"))
    make_record(hours=20)
    make_record("restored", days=9)

    html = client.get("/admin/admissions/installation/").content.decode()

    assert "was made Sun, Nov 22, 2:00 pm" in html
    assert "was restored and counted Sat, Nov 14, 10:00 am" in html


def test_others_are_not_alarmed(today):
    assert ALARM not in today("coordinator")


def test_laptop_is_not_alarmed(client):
    client.force_login(factories.make_user("director"))

    assert ALARM not in client.get("/admin/").content.decode()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE admissions_backuprecord SET at = now()",
        "DELETE FROM admissions_backuprecord",
        "TRUNCATE admissions_backuprecord",
    ],
)
def test_record_of_a_backup_stays(statement):
    make_record()

    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_check_of_a_strange_backup_is_refused():
    make_record()

    with pytest.raises(ActionNotAllowed):
        records.record_check("restored", name="recovery-x", sha256="1" * 64)

    assert BackupRecord.objects.count() == 1
