"""What `make run` and deployments do with a database before the site starts on it."""

import json

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from recovery_site.dev import prepare

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def var(settings, tmp_path):
    settings.VAR = tmp_path
    return tmp_path


@pytest.fixture
def other_version():
    """A database with a migration that the code does not have (any more)."""
    MigrationRecorder(connection).record_applied("admissions", "0048_guide_answers_start_empty")


def ended() -> str:
    with pytest.raises(SystemExit) as end:
        prepare.main()
    return end.value.code


def test_roles_are_brought_in_line_with_their_table(settings):
    settings.PRODUCTION = True
    auditor = Group.objects.get(name="auditor")
    before = auditor.permissions.count()
    auditor.permissions.clear()

    prepare.main()

    assert auditor.permissions.count() == before > 0


def test_database_of_another_version_is_refused(other_version):
    assert ended() == (
        "it was made by another version of this site. Name an empty one in DATABASE_URL and start"
        " again."
    )


def test_database_from_before_the_own_user_model_is_refused():
    MigrationRecorder(connection).record_unapplied("users", "0001_initial")

    assert ended().startswith("it was made by another version of this site.")


def test_database_from_before_texts_were_encrypted_is_refused():
    applied = MigrationRecorder(connection).migration_qs.filter(app="admissions")
    applied.filter(name__gte="0004").delete()

    assert ended().startswith("it was made by another version of this site.")


def test_folder_of_another_version_is_named(other_version, var, settings):
    port = settings.DATABASES["default"]["PORT"]
    (var / "kept.json").write_text(json.dumps({"postgres_port": port}))

    assert ended() == (
        f"it was made by another version of this site. Remove the folder {var / 'postgres'}, with"
        " all that was entered, and start again."
    )


def test_app_that_was_uninstalled_is_no_other_version(settings):
    settings.PRODUCTION = True
    MigrationRecorder(connection).record_applied("an_app_of_others", "0001_initial")

    prepare.main()

    assert Group.objects.filter(name="auditor").exists()
