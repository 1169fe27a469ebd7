"""What roles may not do, and what their menus name; test_role_matrix walks every address."""

import pytest
from django.contrib.auth.models import Group

from admissions.accounts import roles
from admissions.audit.models import AuditEvent
from admissions.scheduling.models import Counselor, ModeRules
from tests.support import factories
from tests.support.desk import LIST, page_of
from users.models import User

pytestmark = pytest.mark.django_db

OK, NO = 200, 403


@pytest.mark.security(29)
def test_deactivated_user_is_out_on_the_next_click(client, coordinator):
    User.objects.filter(pk=coordinator.pk).update(is_active=False)

    response = client.get(LIST)

    assert response.url == f"/admin/login/?next={LIST}"


def test_refused_look_is_not_recorded(client):
    client.force_login(factories.make_user("content editor"))
    request = factories.make_request()

    client.get(page_of(request))

    assert AuditEvent.objects.count() == 0


@pytest.mark.parametrize("role", ["coordinator", "counselor"])
def test_hours_are_not_changed_without_the_directors_role(client, role):
    counselor = factories.make_counselor()
    client.force_login(factories.make_user(role))

    response = client.post(
        f"/admin/admissions/counselor/{counselor.pk}/change/", {"public_name": "Else"}
    )

    name = Counselor.objects.get(pk=counselor.pk).public_name
    assert (response.status_code, name) == (NO, "Dana")


def test_rules_are_not_changed_without_the_directors_role(client, coordinator):
    client.post("/admin/admissions/moderules/phone/change/", {"length": "5"})

    assert ModeRules.objects.get(mode="phone").length == 45


@pytest.mark.parametrize(
    ("role", "menu"),
    [
        ("coordinator", ["Today", "Triage", "Calls", "Calendar", "Hours", "Messages", "Privacy"]),
        ("counselor", ["Today", "Triage", "Calls", "Calendar", "Hours", "Messages"]),
        (
            "director",
            [
                *(
                    "Today",
                    "Triage",
                    "Calls",
                    "Calendar",
                    "Hours",
                    "Messages",
                    "Reports",
                    "Content",
                ),
                *("Privacy", "People"),
            ],
        ),
        ("clinician", ["Today", "Triage", "Calls", "Calendar", "Hours", "Messages"]),
        ("content editor", ["Today", "Content"]),
        ("auditor", ["Today", "Privacy", "Audit"]),
        ("VOB", ["Today", "Insurance"]),
        (None, ["Today"]),
    ],
)
def test_menu_names_only_what_opens(client, role, menu):
    client.force_login(factories.make_user(role))

    response = client.get("/admin/")

    assert [item["name"] for item in response.context["menu"]] == menu
    assert {client.get(item["url"]).status_code for item in response.context["menu"]} == {OK}


def test_superuser_reaches_people(client):
    client.force_login(factories.make_user(None, is_superuser=True))

    menu = client.get("/admin/").context["menu"]

    assert [item["name"] for item in menu][-1] == "People"


def test_roles_are_for_a_superuser_to_read_and_for_nobody_to_change(client):
    client.force_login(factories.make_user(None, is_superuser=True))
    auditor = Group.objects.get(name="auditor")
    page = f"/admin/auth/group/{auditor.pk}"

    assert client.get(f"{page}/change/").status_code == OK
    assert client.post(f"{page}/change/", {"name": "auditor"}).status_code == NO
    assert client.post("/admin/auth/group/add/", {"name": "above"}).status_code == NO
    assert client.post(f"{page}/delete/", {"post": "yes"}).status_code == NO
    assert sorted(Group.objects.values_list("name", flat=True)) == sorted(roles.ROLES)
    assert auditor.permissions.count() == len(roles.ROLES["auditor"])


def test_sign_out_is_a_post(client, coordinator):
    assert client.get("/admin/logout/").status_code == 405


def test_sign_in_page_says_nothing_of_who_is_known(client):
    factories.make_user(
        "coordinator",
    )

    replies = [
        client.post("/admin/login/", {"username": name, "password": "wrong"}).context["form"].errors
        for name in (User.objects.first().username, "nobody")
    ]

    assert replies[0] == replies[1]
