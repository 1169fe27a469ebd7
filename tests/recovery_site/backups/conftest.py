"""One backup of a small database for the tests of a file, and the key that opens it."""

import pytest
import time_machine as clock
from django.core.management import call_command
from django.utils import timezone

from admissions.accounts.models import Session
from admissions.audit import seal_chain
from admissions.audit.models import AuditEvent
from recovery_site.backups import files, keys
from tests.conftest import USUAL_DAY, emptied_afterwards
from tests.support import factories


@pytest.fixture(autouse=True)
def no_key_at_hand(settings, tmp_path_factory, monkeypatch):
    """Whoever runs the tests may have keys of their own."""
    settings.VAR = tmp_path_factory.mktemp("var")
    for name in ("BACKUP_RECIPIENTS", "BACKUP_KEY_FILE", "BACKUP_FOLDER"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "key.txt"
    keys.make_key(path)
    return path


@pytest.fixture
def for_key(key, no_key_at_hand, monkeypatch):
    """Backups are made for this key."""
    monkeypatch.setenv("BACKUP_RECIPIENTS", str(keys.read_keys(key)[0].to_public()))


@pytest.fixture(scope="module")
def made(key, tmp_path_factory, django_db_setup, django_db_blocker):
    """The file of a backup with one person, one visit and one sealed event."""
    folder = tmp_path_factory.mktemp("backups")
    with (
        pytest.MonkeyPatch.context() as patch,
        django_db_blocker.unblock(),
        clock.travel(USUAL_DAY),
    ):
        patch.setenv("BACKUP_RECIPIENTS", str(keys.read_keys(key)[0].to_public()))
        with emptied_afterwards():
            factories.make_request(preferred_name="Marker")
            Session.objects.create(session_key="x", expire_date=timezone.now())
            AuditEvent.objects.create(
                type=AuditEvent.Type.AUDIT_VERIFIED, source=AuditEvent.Source.SYSTEM, code="whole"
            )
            seal_chain.seal_waiting_events()
            call_command("backup", folder=folder, verbosity=0)
    return files.find_backups(folder)[0]


@pytest.fixture
def copied(made, tmp_path):
    """A copy of that backup, to be spoiled."""
    for path in (made, made.with_suffix(files.NOTE)):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path / made.name
