"""Who answers after hours: the director says it, the content editor reads it."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from admissions.audit.models import AuditEvent
from admissions.scheduling.models import AfterHours
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db
PAGE = "/admin/admissions/afterhours/1/change/"
GOOD = {"answered_by": "service", "task": "promise", "languages": ["en", "es"]}


@pytest.fixture
def director(client):
    user = make_user("director")
    client.force_login(user)
    return user


def kept():
    row = AfterHours.objects.load()
    return row.answered_by, row.task, row.languages


def test_new_site_claims_nobody():
    assert kept() == ("nobody", "", [])


def test_director_says_who_answers_and_it_is_recorded(client, director):
    answer = client.post(PAGE, GOOD)

    assert answer.status_code == 302
    assert kept() == ("service", "promise", ["en", "es"])
    event = AuditEvent.objects.without_views().get()
    assert (event.actor, event.object_type) == (director, "afterhours")


@pytest.mark.parametrize("missing", ["task", "languages"])
def test_whoever_answers_speaks_a_language_and_can_do_something(client, director, missing):
    answer = client.post(PAGE, {**GOOD, missing: ""})

    assert missing in answer.context["adminform"].form.errors
    assert kept() == ("nobody", "", [])


def test_nobody_can_do_nothing(client, director):
    client.post(PAGE, GOOD)

    client.post(PAGE, GOOD | {"answered_by": "nobody"})

    assert kept() == ("nobody", "", [])


@pytest.mark.parametrize(
    "columns",
    [
        {"answered_by": "nobody", "task": "book"},
        {"answered_by": "nobody", "languages": ["en"]},
        {"answered_by": "service", "languages": ["en"]},
        {"answered_by": "on_call", "task": "book"},
    ],
)
def test_database_refuses_a_half_answer(columns):
    with (
        pytest.raises(IntegrityError, match="after_hours_whoever_answers_can_do_something"),
        transaction.atomic(),
    ):
        AfterHours.objects.filter(pk=1).update(**columns)


def test_there_is_one_row():
    with pytest.raises(IntegrityError, match="after_hours_only_one"), transaction.atomic():
        AfterHours.objects.create(pk=2)


@pytest.mark.parametrize("role", ["director", "content editor"])
def test_menu_leads_there(client, role):
    client.force_login(make_user(role))
    place = reverse("admin:admissions_afterhours_changelist")

    page = client.get(reverse("admin:programs_credential_changelist"))

    assert place in page.content.decode()
    assert client.get(place).status_code == 200


def test_director_says_who_answers_while_the_rota_is_empty(client, director):
    client.post(PAGE, GOOD | {"answered_by": "on_call", "otherwise": "service"})

    assert AfterHours.objects.load().otherwise == "service"


def test_otherwise_counts_only_with_a_rota(client, director):
    client.post(PAGE, GOOD | {"otherwise": "service"})

    assert AfterHours.objects.load().otherwise == "nobody"


def test_database_refuses_otherwise_without_a_rota():
    with (
        pytest.raises(IntegrityError, match="after_hours_otherwise_only_with_a_rota"),
        transaction.atomic(),
    ):
        AfterHours.objects.filter(pk=1).update(otherwise="service")
