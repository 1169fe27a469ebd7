"""Who changes what colleagues may do; each change leaves one event."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.urls import NoReverseMatch, reverse

from admissions.accounts import roles as roles_table
from admissions.accounts.models import AccountChange, AccountLink
from admissions.audit.models import AuditEvent
from admissions.messaging.models import Message
from tests.support import factories

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


def test_director_gives_alone_what_they_hold_themselves(client, director):
    new = make_staff(None)

    client.post(page_of(new), form(new, "coordinator"))

    assert names_of(new) == ["coordinator"]
    assert events() == [(TYPES.ROLE_CHANGED, director, "", "")]
    assert AuditEvent.objects.get(type=TYPES.ROLE_CHANGED).detail["roles"] == ["coordinator"]


def test_what_a_role_gives_alone_holds_no_more_than_itself():
    beyond = {
        (giver, given): roles_table.ROLES[given] - roles_table.ROLES[giver]
        for giver, alone in roles_table.GIVEN_ALONE.items()
        for given in alone
        if giver != roles_table.SUPERUSER
    }

    assert {pair: more for pair, more in beyond.items() if more} == {}
    assert "director" not in set().union(*roles_table.GIVEN_ALONE.values())


def test_plain_facts_are_another_kind_of_change(client, director, kim):
    client.post(page_of(kim), form(kim, "coordinator", first_name="Kimberly"))

    assert events() == [(TYPES.RECORD_CHANGED, director, "", "")]
    assert AuditEvent.objects.get(type=TYPES.RECORD_CHANGED).object_id == str(kim.pk)


def test_owner_hears_of_another_username_that_someone_gave_them(client, director, kim):
    client.post(page_of(kim), form(kim, "coordinator", first_name="Kim", username="mik"))
    client.post(page_of(director), form(director, username="me"))

    [letter] = Message.objects.all()
    assert (letter.colleague, letter.account_news) == (kim, "access_changed")


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


@pytest.mark.security(27)
def test_director_makes_nobody_a_superuser(client, director, kim):
    every = list(Permission.objects.values_list("pk", flat=True))
    told = form(kim, "coordinator", is_superuser="on", user_permissions=every)

    client.post(page_of(kim), told)

    kim.refresh_from_db()
    assert not kim.is_superuser
    assert kim.user_permissions.count() == 0


@pytest.mark.security(27)
def test_director_gives_no_role_above_their_own(client, director, kim):
    above = Group.objects.create(name="above")
    above.permissions.add(Permission.objects.get(codename="change_group"))

    answer = client.post(page_of(kim), form(kim, "coordinator", "above"))

    assert (answer.status_code, names_of(kim)) == (200, ["coordinator"])


def test_director_gives_themselves_no_role(client, director):
    client.post(page_of(director), form(director, "director", "clinician", "auditor"))

    assert names_of(director) == ["director"]


@pytest.mark.parametrize("step", ["change", "factor", "link", "delete"])
def test_director_reaches_no_superuser(client, director, step):
    boss = make_staff(None, is_superuser=True, first_name="Boss")
    factories.make_factor(boss)

    answer = client.post(page_of(boss, step), form(boss, first_name="Mine"))

    boss.refresh_from_db()
    assert (answer.status_code, boss.first_name) == (403, "Boss")
    assert Authenticator.objects.filter(user=boss).count() == 1
    assert AccountChange.objects.count() + AccountLink.objects.count() == 0


@pytest.mark.parametrize("role", ["coordinator", "counselor", "clinician", "VOB", "auditor"])
def test_others_keep_no_people(client, role, kim):
    client.force_login(make_staff(role))
    addresses = [LIST, f"{LIST}add/", page_of(kim), f"{LIST}changes/", "/admin/auth/group/"]

    assert {client.get(address).status_code for address in addresses} == {403}
    steps = [page_of(kim, "factor"), page_of(kim, "link"), f"{LIST}changes/1/"]
    assert {client.post(address).status_code for address in steps} == {403}


def test_nobody_removes_their_own_factor(client, director):
    assert client.post(page_of(director, "factor")).status_code == 403


@pytest.mark.parametrize("step", ["change", "factor", "link", "link/revoke"])
def test_people_are_changed_only_after_a_confirmation(client, director, kim, later, step):
    later(minutes=11)

    answer = client.post(page_of(kim, step), form(kim, "director"))

    assert answer.url.startswith("/admin/confirm/?next=")
    assert (names_of(kim), Authenticator.objects.filter(user=kim).count()) == (["coordinator"], 1)


def test_nobody_is_deleted(client, kim):
    client.force_login(make_staff(None, is_superuser=True))

    assert client.post(page_of(kim, "delete"), {"post": "yes"}).status_code == 403


def test_nobody_sets_the_password_of_another(client, kim):
    client.force_login(make_staff(None, is_superuser=True))
    new = "a-longer-walk-in-the-sun"
    told = {"password1": new, "password2": new, "usable_password": "true", "password": new}

    client.post(page_of(kim, "password"), told, follow=True)
    client.post(page_of(kim), form(kim, "coordinator", first_name="Kim") | told)

    kim.refresh_from_db()
    assert kim.check_password(factories.PASSWORD)
    with pytest.raises(NoReverseMatch):
        reverse("admin:auth_user_password_change", args=[kim.pk])


def test_superuser_gives_themselves_nothing(client):
    boss = make_staff(None, is_superuser=True)
    client.force_login(boss)

    client.post(page_of(boss), form(boss, "auditor"))

    assert names_of(boss) == []
