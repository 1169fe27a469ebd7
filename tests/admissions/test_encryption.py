"""Texts at rest: what the database holds, and what happens when keys change or are lost."""

import os
import re
import subprocess
import sys
from io import StringIO

import pytest
from django.apps import apps
from django.conf import settings as site_settings
from django.core.exceptions import FieldError
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import InternalError, connection

from admissions.care.models import BenefitsVerification
from admissions.encryption import DecryptionError, fields_of
from admissions.intake.models import Note
from tests.support.factories import make_request, make_user

pytestmark = pytest.mark.django_db

CANARY = "XZP-123-canary"
OLD, NEW = "o" * 50, "n" * 50


def make_benefits(**columns):
    return BenefitsVerification.objects.create(request=make_request(), **columns)


def at_rest(benefits):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT member_id FROM admissions_benefitsverification WHERE id = %s", [benefits.pk]
        )
        return cursor.fetchone()[0]


@pytest.mark.parametrize("text", ["", CANARY, "ñ 字 " * 500, "e1.AAAAAAAA.looks-sealed"])
def test_encrypted_text_comes_back_as_it_was_written(text):
    benefits = make_benefits(member_id=text)

    assert BenefitsVerification.objects.get(pk=benefits.pk).member_id == text


def test_database_holds_no_readable_text():
    held = at_rest(make_benefits(member_id=CANARY))

    assert CANARY not in held
    assert held != ""


def test_text_is_read_with_an_older_key(settings):
    settings.FIELD_KEYS = [OLD]
    benefits = make_benefits(member_id=CANARY)

    settings.FIELD_KEYS = [NEW, OLD]

    benefits.refresh_from_db()
    assert benefits.member_id == CANARY


def test_text_under_a_lost_key_is_refused_and_never_shown_sealed(settings):
    settings.FIELD_KEYS = [OLD]
    benefits = make_benefits(member_id=CANARY)

    settings.FIELD_KEYS = [NEW]

    with pytest.raises(DecryptionError):
        benefits.refresh_from_db()


def test_rotation_lets_the_old_key_go(settings):
    settings.FIELD_KEYS = [OLD]
    benefits = make_benefits(member_id=CANARY, note="kept")
    note = Note.objects.create(request=benefits.request, by=make_user(), text="permanent")
    settings.FIELD_KEYS = [NEW, OLD]

    call_command("rotate_keys", stdout=StringIO())

    settings.FIELD_KEYS = [NEW]
    benefits.refresh_from_db()
    note.refresh_from_db()
    assert (benefits.member_id, benefits.note, note.text) == (CANARY, "kept", "permanent")


def test_note_is_as_permanent_after_rotation_as_before():
    note = Note.objects.create(request=make_request(), by=make_user(), text="permanent")
    call_command("rotate_keys", stdout=StringIO())

    with pytest.raises(InternalError, match="Cannot update"):
        Note.objects.filter(pk=note.pk).update(text="changed")


def test_encrypted_text_cannot_be_compared():
    with pytest.raises(FieldError):
        BenefitsVerification.objects.filter(member_id=CANARY).exists()


def test_start_is_refused_while_the_keys_do_not_open_what_is_kept(settings):
    settings.FIELD_KEYS = [OLD]
    make_benefits(member_id=CANARY)
    settings.FIELD_KEYS = [NEW]

    with pytest.raises(SystemCheckError, match="FIELD_KEYS"):
        call_command("check", databases=["default"])


def test_check_without_a_database_is_one_warning():
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--database", "default"],
        cwd=site_settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": "postgres://127.0.0.1:1/recovery"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0
    assert re.findall(r"^\?: \((.+)\)", done.stderr, re.MULTILINE) == ["encrypted.W001"]
    assert "Traceback" not in done.stderr


def test_security_page_names_every_encrypted_column():
    page = (site_settings.BASE_DIR / "docs/security.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (`.+?) \|$", page, re.MULTILINE)

    told = {model: set(re.findall(r"`(\w+)`", columns)) for model, columns in rows}

    assert told == {
        model.__name__: {each.name for each in fields}
        for model in apps.get_models()
        if (fields := fields_of(model))
    }
