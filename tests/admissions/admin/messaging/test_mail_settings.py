"""Senders and alarms: kept by a director, and guarded like all that others may see."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from admissions.audit.models import AuditEvent
from admissions.messaging import rendering
from admissions.messaging.models import MailSettings
from tests.support.factories import make_message, make_request, make_user

pytestmark = pytest.mark.django_db
PAGE = "/admin/admissions/mailsettings/1/change/"
GOOD = {
    "staff_email": "desk@example.org",
    "on_call_email": "lead@example.org",
    "discreet_sender_name": "Front office",
}


@pytest.fixture
def director(client):
    user = make_user("director")
    client.force_login(user)
    return user


def send(client, **changed):
    return client.post(PAGE, GOOD | changed)


def test_director_finds_the_page_before_anything_was_entered(client, director):
    found = client.get(reverse("admin:admissions_mailsettings_changelist"))

    assert PAGE in found.content.decode()
    assert b"Told when a promised call stays unanswered." in client.get(PAGE).content


def test_director_writes_where_alarms_go_and_it_is_recorded(client, director):
    assert send(client).status_code == 302

    assert MailSettings.objects.load().on_call_email == "lead@example.org"
    event = AuditEvent.objects.without_views().get()
    assert (event.actor, event.object_type) == (director, "mailsettings")


@pytest.mark.parametrize(
    "name",
    ["Experience Recovery", "Rehab office", "Admissions", "Treatment", "a@b", "<x>", "A\u200bB"],
)
def test_sender_that_tells_on_people_or_reads_as_an_address_is_refused(client, director, name):
    answer = send(client, discreet_sender_name=name)

    assert "discreet_sender_name" in answer.context["adminform"].form.errors
    assert MailSettings.objects.load().discreet_sender_name == ""


@pytest.mark.parametrize("role", ["content editor", "counselor", "coordinator", "auditor"])
def test_nobody_else_reaches_it(client, role):
    client.force_login(make_user(role))

    assert client.get(PAGE).status_code in (302, 403)
    assert send(client).status_code in (302, 403)
    assert MailSettings.objects.load().staff_email == ""


def test_without_an_inbox_coordinators_and_directors_are_told():
    director, coordinator = make_user("director"), make_user("coordinator")
    make_user("counselor")
    message = make_message("staff_new_request", request=make_request(), due_at=timezone.now())

    assert rendering.render_email(message).to == sorted([director.email, coordinator.email])


def test_there_is_one_row():
    with pytest.raises(IntegrityError, match="mail_settings_only_one"), transaction.atomic():
        MailSettings.objects.create(pk=2)


def test_menu_of_a_director_leads_there(client, director):
    page = client.get(reverse("admin:admissions_message_changelist"))

    assert reverse("admin:admissions_mailsettings_changelist") in page.content.decode()
