"""Who may open what: every role against every desk."""

import pytest
from django.contrib.auth.models import User

from admissions import privacy
from admissions.models import (
    AuditEvent,
    ConsentVersion,
    Counselor,
    Message,
    ModeRules,
    Suppression,
)
from tests import factories

from .desk_world import LIST, NOW, booked, minutes, page_of

pytestmark = pytest.mark.django_db

ROLES = ["coordinator", "counselor", "director", "content editor", None]
OK, NO = 200, 403

# One column per role, in the order of ROLES: what a GET of the address answers.
MATRIX = {
    "/admin/": (OK, OK, OK, OK, OK),
    LIST: (OK, OK, OK, NO, NO),
    LIST + "add/": (NO, NO, NO, NO, NO),
    LIST + "{request}/change/": (OK, OK, OK, NO, NO),
    LIST + "{request}/history/": (302, 302, 302, NO, NO),
    LIST + "{request}/delete/": (NO, NO, NO, NO, NO),
    "/admin/admissions/consultation/": (OK, OK, OK, NO, NO),
    "/admin/admissions/consultation/week/": (OK, OK, OK, NO, NO),
    "/admin/admissions/consultation/week/book/": (302, 302, 302, NO, NO),
    "/admin/admissions/consultation/week/move/": (404, 404, 404, NO, NO),
    "/admin/admissions/consultation/add/": (NO, NO, NO, NO, NO),
    "/admin/admissions/consultation/{consultation}/change/": (OK, OK, OK, NO, NO),
    "/admin/admissions/consultation/{consultation}/delete/": (NO, NO, NO, NO, NO),
    "/admin/admissions/message/": (OK, OK, OK, NO, NO),
    "/admin/admissions/message/add/": (NO, NO, NO, NO, NO),
    "/admin/admissions/message/{message}/change/": (OK, OK, OK, NO, NO),
    "/admin/admissions/message/{message}/delete/": (NO, NO, NO, NO, NO),
    "/admin/admissions/message/{message}/history/": (302, 302, 302, NO, NO),
    "/admin/admissions/message/{message}/html/": (404, 404, 404, NO, NO),
    "/admin/admissions/message/{message}/file/0/": (404, 404, 404, NO, NO),
    "/admin/admissions/suppression/": (OK, NO, OK, NO, NO),
    "/admin/admissions/suppression/add/": (NO, NO, NO, NO, NO),
    "/admin/admissions/suppression/{suppression}/change/": (OK, NO, OK, NO, NO),
    "/admin/admissions/suppression/{suppression}/delete/": (NO, NO, NO, NO, NO),
    "/admin/admissions/suppression/{suppression}/lift/": (OK, NO, OK, NO, NO),
    "/admin/admissions/messagerule/": (OK, NO, OK, NO, NO),
    "/admin/admissions/messagerule/moved/": (OK, NO, OK, NO, NO),
    "/admin/admissions/messagerule/no_show_2/": (OK, NO, OK, NO, NO),
    "/admin/admissions/messagerule/moved/en/": (OK, NO, OK, NO, NO),
    "/admin/admissions/messagerule/moved/en/letter/now/named/": (OK, NO, OK, NO, NO),
    "/admin/admissions/waiting/": (OK, OK, OK, NO, NO),
    "/admin/admissions/waiting/add/": (NO, NO, NO, NO, NO),
    "/admin/admissions/waiting/{waiting}/change/": (OK, OK, OK, NO, NO),
    "/admin/admissions/waiting/{waiting}/delete/": (NO, NO, NO, NO, NO),
    "/admin/admissions/earlieroffer/": (OK, OK, OK, NO, NO),
    "/admin/admissions/earlieroffer/add/": (NO, NO, NO, NO, NO),
    "/admin/admissions/earlieroffer/{offer}/change/": (OK, OK, OK, NO, NO),
    "/admin/admissions/earlieroffer/{offer}/delete/": (NO, NO, NO, NO, NO),
    "/admin/admissions/counselor/": (OK, OK, OK, NO, NO),
    "/admin/admissions/counselor/add/": (NO, NO, OK, NO, NO),
    "/admin/admissions/counselor/{counselor}/change/": (OK, OK, OK, NO, NO),
    "/admin/admissions/counselor/{counselor}/delete/": (NO, NO, NO, NO, NO),
    "/admin/admissions/closure/": (OK, OK, OK, NO, NO),
    "/admin/admissions/closure/add/": (NO, NO, OK, NO, NO),
    "/admin/admissions/closure/holidays/": (NO, NO, OK, NO, NO),
    "/admin/admissions/counselor/{counselor}/away/": (OK, NO, OK, NO, NO),
    "/admin/admissions/counselor/{counselor}/gaps/": (OK, NO, OK, NO, NO),
    "/admin/admissions/calendarfeed/": (NO, OK, OK, NO, NO),
    "/admin/admissions/calendarfeed/{counselor}/": (NO, NO, OK, NO, NO),
    "/admin/admissions/shortage/": (OK, NO, OK, NO, NO),
    "/admin/admissions/shortage/add/": (NO, NO, NO, NO, NO),
    "/admin/admissions/moderules/": (NO, NO, OK, NO, NO),
    "/admin/admissions/moderules/add/": (NO, NO, NO, NO, NO),
    "/admin/admissions/moderules/phone/change/": (NO, NO, OK, NO, NO),
    "/admin/admissions/moderules/phone/delete/": (NO, NO, NO, NO, NO),
    "/admin/admissions/consentversion/": (NO, NO, OK, NO, NO),
    "/admin/admissions/consentversion/add/": (NO, NO, OK, NO, NO),
    "/admin/admissions/consentversion/{consent}/change/": (NO, NO, OK, NO, NO),
    "/admin/admissions/consentversion/{consent}/delete/": (NO, NO, NO, NO, NO),
    "/admin/reports/": (NO, NO, OK, NO, NO),
    "/admin/reports/file/": (405, 405, 405, 405, 405),
    "/admin/programs/page/": (NO, NO, NO, OK, NO),
    "/admin/programs/credential/": (NO, NO, OK, OK, NO),
    "/admin/admissions/staffcredential/": (NO, NO, OK, NO, NO),
    "/admin/admissions/staffcredential/add/": (NO, NO, OK, NO, NO),
    "/admin/admissions/assessment/{request}/": (NO, OK, NO, NO, NO),
    "/admin/admissions/assessment/{request}/recommendation/": (NO, OK, NO, NO, NO),
    "/admin/admissions/assessment/{request}/acknowledge/": (405, 405, 405, 405, 405),
    "/admin/admissions/assessment/{request}/refer/": (405, 405, 405, 405, 405),
    "/admin/auth/user/": (NO, NO, OK, NO, NO),
    "/admin/auth/group/": (NO, NO, NO, NO, NO),
}


@pytest.fixture
def places():
    """Something to open at every desk."""
    consultation = booked(minutes(60))
    message = Message.objects.create(request=consultation.request, kind="moved", due_at=NOW)
    offer = factories.make_offer(
        consultation=consultation, offered_at=minutes(-60), starts_at=minutes(30),
        expires_at=minutes(20),
    )  # fmt: skip
    privacy.suppress(consultation.request, Suppression.Cause.BOUNCED)
    return {
        "suppression": Suppression.objects.get().pk,
        "request": consultation.request.pk,
        "waiting": offer.waiting.pk,
        "offer": offer.pk,
        "consultation": consultation.pk,
        "counselor": consultation.counselor.pk,
        "message": message.pk,
        "consent": ConsentVersion.objects.first().pk,
    }


@pytest.mark.parametrize("role", ROLES)
def test_role_opens_what_the_matrix_says(client, places, role):
    client.force_login(factories.make_user(role))

    answers = {address: client.get(address.format(**places)).status_code for address in MATRIX}

    assert answers == {address: row[ROLES.index(role)] for address, row in MATRIX.items()}


@pytest.mark.parametrize("address", MATRIX)
def test_without_a_session_everything_leads_to_sign_in(client, places, address):
    address = address.format(**places)

    response = client.get(address)

    assert response.url == f"/admin/login/?next={address}"


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
        ("coordinator", ["Today", "Triage", "Calendar", "Hours", "Messages"]),
        ("counselor", ["Today", "Triage", "Calendar", "Hours", "Messages"]),
        (
            "director",
            ["Today", "Triage", "Calendar", "Hours", "Messages", "Reports", "Content", "People"],
        ),
        ("content editor", ["Today", "Content"]),
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
