"""Who changes what colleagues may do; each change leaves one event."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission

from admissions.audit.models import AuditEvent
from tests.support import factories
from users.models import User

from .conftest import TYPES, events, make_staff

LIST = "/admin/users/user/"


@pytest.fixture
def director(client):
    user = make_staff("director")
    client.force_login(user)
    return user


def page_of(user, step="change"):
    return f"{LIST}{user.pk}/{step}/"


def roles(*names):
    return [Group.objects.get(name=name).pk for name in names]


def form(user, *names, **more):
    """What the page of a colleague sends."""
    told = {"username": user.username, "first_name": "", "last_name": "", "email": user.email}
    return told | {"is_active": "on", "is_staff": "on", "groups": roles(*names)} | more


def names_of(user):
    return sorted(user.groups.values_list("name", flat=True))


def test_director_gives_a_role_that_sees_more_than_they_do(client, director, kim):
    client.post(page_of(kim), form(kim, "clinician"))

    assert names_of(kim) == ["clinician"]
    assert events() == [(TYPES.ROLE_CHANGED, director, "", "")]
    assert AuditEvent.objects.get(type=TYPES.ROLE_CHANGED).detail["roles"] == ["clinician"]


def test_plain_facts_are_another_kind_of_change(client, director, kim):
    client.post(page_of(kim), form(kim, "coordinator", first_name="Kimberly"))

    assert events() == [(TYPES.RECORD_CHANGED, director, "", "")]
    assert AuditEvent.objects.get(type=TYPES.RECORD_CHANGED).object_id == str(kim.pk)


def test_nothing_changed_is_nothing_recorded(client, director, kim):
    client.post(page_of(kim), form(kim, "coordinator", first_name="Kim"))

    assert events() == []


def test_taking_access_away_is_recorded(client, director, kim):
    told = form(kim, "coordinator", first_name="Kim")
    del told["is_active"]

    client.post(page_of(kim), told)

    kim.refresh_from_db()
    assert not kim.is_active
    assert events() == [(TYPES.ROLE_CHANGED, director, "", "")]
    assert AuditEvent.objects.get(type=TYPES.ROLE_CHANGED).detail["has_access"] is False


def test_director_makes_nobody_a_superuser(client, director, kim):
    every = list(Permission.objects.values_list("pk", flat=True))
    told = form(kim, "coordinator", is_superuser="on", user_permissions=every)

    client.post(page_of(kim), told)

    kim.refresh_from_db()
    assert not kim.is_superuser
    assert kim.user_permissions.count() == 0


def test_director_gives_no_role_above_their_own(client, director, kim):
    above = Group.objects.create(name="above")
    above.permissions.add(Permission.objects.get(codename="change_group"))

    answer = client.post(page_of(kim), form(kim, "coordinator", "above"))

    assert (answer.status_code, names_of(kim)) == (200, ["coordinator"])


def test_director_gives_themselves_no_role(client, director):
    client.post(page_of(director), form(director, "director", "clinician", "auditor"))

    assert names_of(director) == ["director"]


@pytest.mark.parametrize("step", ["change", "password", "factor", "delete"])
def test_director_reaches_no_superuser(client, director, step):
    boss = make_staff(None, is_superuser=True, first_name="Boss")
    factories.make_factor(boss)
    new = "a-longer-walk-in-the-sun"
    told = form(boss, first_name="Mine") | {"password1": new, "password2": new}

    answer = client.post(page_of(boss, step), told | {"usable_password": "true"})

    boss.refresh_from_db()
    assert (answer.status_code, boss.first_name) == (403, "Boss")
    assert not boss.check_password(new)
    assert Authenticator.objects.filter(user=boss).count() == 1


@pytest.mark.parametrize("role", ["coordinator", "counselor", "clinician", "VOB", "auditor"])
def test_others_keep_no_people(client, role, kim):
    client.force_login(make_staff(role))
    addresses = [LIST, f"{LIST}add/", page_of(kim), page_of(kim, "password"), "/admin/auth/group/"]

    assert {client.get(address).status_code for address in addresses} == {403}
    assert client.post(page_of(kim, "factor")).status_code == 403


def test_director_adds_a_colleague_who_then_sets_up_an_app(client, director):
    told = {
        "username": "new",
        "usable_password": "true",
        "password1": factories.PASSWORD,
        "password2": factories.PASSWORD,
    }

    answer = client.post(f"{LIST}add/", told)

    new = User.objects.get(username="new")
    assert answer.url == page_of(new)
    assert not new.is_staff
    assert not new.is_superuser
    assert events() == [(TYPES.RECORD_ADDED, director, "", "")]
    assert AuditEvent.objects.get(type=TYPES.RECORD_ADDED).object_id == str(new.pk)


def test_director_gives_a_new_password(client, director, kim):
    new = "a-longer-walk-in-the-sun"
    theirs = factories.StaffClient()
    theirs.force_login(kim)
    told = {"password1": new, "password2": new, "usable_password": "true"}

    client.post(page_of(kim, "password"), told)

    kim.refresh_from_db()
    assert kim.check_password(new)
    assert theirs.get("/admin/").status_code == 302
    assert events() == [(TYPES.PASSWORD_CHANGED, director, "", "")]


def test_director_removes_the_factor_of_who_lost_it(client, director, kim):
    client.post(page_of(kim, "factor"))

    assert Authenticator.objects.filter(user=kim).count() == 0
    assert events() == [(TYPES.FACTOR_REMOVED, director, "", "")]


def test_nobody_removes_their_own_factor(client, director):
    assert client.post(page_of(director, "factor")).status_code == 403


@pytest.mark.parametrize("step", ["change", "password", "factor"])
def test_people_are_changed_only_after_a_confirmation(client, director, kim, later, step):
    later(minutes=11)

    answer = client.post(page_of(kim, step), form(kim, "director"))

    assert answer.url.startswith("/admin/confirm/?next=")
    assert (names_of(kim), Authenticator.objects.filter(user=kim).count()) == (["coordinator"], 1)


def test_nobody_is_deleted(client, kim):
    client.force_login(make_staff(None, is_superuser=True))

    assert client.post(page_of(kim, "delete"), {"post": "yes"}).status_code == 403


def test_every_role_of_a_person_is_recorded(client, director, kim):
    many = ["auditor", "clinician", "content editor", "coordinator", "counselor"]

    client.post(page_of(kim), form(kim, *many))

    assert AuditEvent.objects.get(type=TYPES.ROLE_CHANGED).detail["roles"] == many
