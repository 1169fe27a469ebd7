"""Texts at rest: what the database holds, and what happens when keys change or are lost."""

import os
import re
import subprocess
import sys
from io import StringIO

import pytest
from django.apps import apps
from django.conf import settings as site_settings
from django.contrib import admin
from django.core.exceptions import FieldError
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import ProgrammingError, connection
from django.db.models import Count, F
from django.db.models.functions import Upper

from admissions.care.models import BenefitsVerification
from admissions.encryption import DecryptionError, fields_of
from admissions.intake.models import ConsultationRequest, Note
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

    with pytest.raises(ProgrammingError, match="Cannot update"):
        Note.objects.filter(pk=note.pk).update(text="changed")


@pytest.mark.parametrize(
    "use",
    [
        lambda rows: rows.filter(member_id=CANARY),
        lambda rows: rows.filter(member_id__icontains="x"),
        lambda rows: rows.filter(member_id__in=[CANARY]),
        lambda rows: rows.filter(member_id=F("note")),
        lambda rows: rows.filter(status=F("member_id")),
        lambda rows: rows.order_by("member_id"),
        lambda rows: rows.order_by("-member_id"),
        lambda rows: rows.order_by(F("member_id").desc()),
        lambda rows: rows.order_by(Upper("member_id")),
        lambda rows: rows.values("member_id").annotate(many=Count("pk")),
        lambda rows: Note.objects.order_by("request__preferred_name"),
    ],
)
def test_encrypted_text_is_not_compared_sorted_or_grouped(use):
    with pytest.raises(FieldError, match="is encrypted: it can be read"):
        list(use(BenefitsVerification.objects.all()))


def test_no_list_of_the_desk_searches_or_sorts_by_an_encrypted_column():
    """Django's lists take the order from the address."""
    for model, desk in admin.site._registry.items():
        encrypted = {each.name for each in fields_of(model)}
        shown = set(desk.list_display) if desk.sortable_by is None else set(desk.sortable_by)
        assert not encrypted & {*desk.search_fields, *(desk.ordering or ()), *shown}, model


def test_emptiness_of_an_encrypted_text_can_be_asked():
    empty, written = make_benefits(), make_benefits(member_id=CANARY)

    assert list(BenefitsVerification.objects.filter(member_id="")) == [empty]
    assert list(BenefitsVerification.objects.exclude(member_id="")) == [written]
    assert BenefitsVerification.objects.filter(member_id__isnull=True).count() == 0


def test_emptiness_can_be_asked_of_a_related_row():
    make_benefits(member_id=CANARY)

    assert Note.objects.filter(request__benefits__member_id="").count() == 0
    assert ConsultationRequest.objects.filter(benefits__isnull=False).count() == 1


def test_text_that_was_copied_to_another_column_is_refused():
    benefits = make_benefits(member_id=CANARY)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE admissions_benefitsverification SET policy_holder = member_id")

    with pytest.raises(DecryptionError):
        benefits.refresh_from_db()


@pytest.mark.parametrize("kept", ["plain", "e1.AAAAAAAA.AAAA", "{sealed}A", "{cut}"])
def test_text_that_is_no_ciphertext_of_ours_is_refused(kept):
    benefits = make_benefits(member_id=CANARY)
    sealed = at_rest(benefits)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE admissions_benefitsverification SET member_id = %s",
            [kept.format(sealed=sealed, cut=sealed[:30])],
        )

    with pytest.raises(DecryptionError):
        benefits.refresh_from_db()


def test_phone_is_a_number_again():
    make_request(phone="(714) 555-0155")

    (phone,) = ConsultationRequest.objects.values_list("phone", flat=True)
    assert phone.as_e164 == "+17145550155"


def test_change_of_the_secret_key_touches_no_data(settings):
    settings.FIELD_KEYS = [OLD]
    benefits = make_benefits(member_id=CANARY)

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, []

    benefits.refresh_from_db()
    assert benefits.member_id == CANARY


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
