"""A content editor keeps the pages true, and can not break them."""

from datetime import date

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from programs.models import Credential, Facility, Location, Page, Program, Question
from tests.support.factories import make_user
from tests.support.queries import queries

pytestmark = pytest.mark.django_db

SCREENS = [
    model
    for model in apps.get_app_config("programs").get_models()
    if admin.site.is_registered(model)
]


@pytest.fixture
def editor(client):
    client.force_login(make_user("content editor"))
    return client


def screen(model, name, *args):
    return reverse(f"admin:programs_{model._meta.model_name}_{name}", args=args)


@pytest.mark.parametrize("model", SCREENS)
def test_editor_opens_every_list(editor, model):
    assert editor.get(screen(model, "changelist")).status_code == 200


@pytest.mark.parametrize("model", [model for model in SCREENS if model is not Facility])
def test_editor_opens_every_empty_form(editor, model):
    assert editor.get(screen(model, "add")).status_code == 200


@pytest.mark.parametrize("model", SCREENS)
def test_editor_opens_every_filled_form(editor, model):
    for row in model.objects.all()[:1]:
        assert editor.get(screen(model, "change", row.pk)).status_code == 200


def test_there_is_no_second_facility_to_add(editor):
    assert editor.get(screen(Facility, "add")).status_code == 403


def test_published_page_can_not_be_deleted(editor):
    page = Page.objects.get(slug="terms", language="en")

    assert editor.post(screen(Page, "delete", page.pk), {"post": "yes"}).status_code == 403
    assert Page.objects.filter(pk=page.pk).count() == 1


def test_question_list_asks_as_much_for_many_rows(editor):
    before = queries(editor, screen(Question, "changelist"))
    Question.objects.bulk_create(
        Question(slug=f"q{n}", question="?", answer="!") for n in range(30)
    )

    assert queries(editor, screen(Question, "changelist")) == before


def test_program_list_asks_as_much_for_many_rows(editor):
    before = queries(editor, screen(Program, "changelist"))
    level = Program.objects.get(slug="iop").level_of_care
    Program.objects.bulk_create(
        Program(slug=f"p{n}", name="P", level_of_care=level) for n in range(30)
    )

    assert queries(editor, screen(Program, "changelist")) == before


def test_credential_list_asks_as_much_for_many_rows(editor):
    before = queries(editor, screen(Credential, "changelist"))
    Credential.objects.bulk_create(
        Credential(
            kind="licensed",
            number=str(n),
            location=Location.objects.get(),
            expires_on=date(2027, 1, 1),
        )
        for n in range(30)
    )

    assert queries(editor, screen(Credential, "changelist")) == before


def test_editor_does_not_reach_where_alarms_go(editor):
    form = editor.get(screen(Facility, "change", 1)).context["adminform"].form

    # Where jobs and vendors write is on every page.
    found = [name for name in form.fields if "email" in name or "sender" in name]
    assert found == ["office_email"]
