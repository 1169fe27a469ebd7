"""`manage.py sync_roles`: the database has the roles of the table, and says what was changed."""

from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command

from admissions.accounts import roles
from tests.support import factories

pytestmark = pytest.mark.django_db


def sync() -> str:
    said = StringIO()
    call_command("sync_roles", stdout=said)
    return said.getvalue().strip()


def granted() -> dict[str, set[str]]:
    return {
        group.name: set(roles.names_of(group.permissions.select_related("content_type")))
        for group in Group.objects.all()
    }


def permission(codename):
    return Permission.objects.get(codename=codename, content_type__app_label="admissions")


def test_database_has_the_roles_of_the_table():
    assert granted() == roles.ROLES


def test_second_run_changes_nothing():
    assert sync() == "Every role is as the table says."


def test_role_that_is_missing_is_made():
    Group.objects.get(name="auditor").delete()

    assert sync() == "auditor: made; permissions: 6"
    assert granted() == roles.ROLES


def test_permission_that_is_missing_is_given():
    Group.objects.get(name="auditor").permissions.remove(permission("view_auditevent"))

    assert sync() == "auditor: may admissions.view_auditevent"
    assert granted() == roles.ROLES


def test_permission_that_the_table_lacks_is_taken():
    Group.objects.get(name="VOB").permissions.add(permission("view_auditevent"))

    assert sync() == "VOB: may no longer admissions.view_auditevent"
    assert granted() == roles.ROLES


def test_role_that_the_table_lacks_is_removed():
    gone = Group.objects.create(name="intern")
    gone.permissions.add(permission("view_auditevent"))
    factories.make_user("intern")

    assert sync() == "intern: removed; people who had it: 1"
    assert granted() == roles.ROLES


def test_people_keep_their_role():
    user = factories.make_user("auditor")
    Group.objects.get(name="auditor").permissions.clear()

    sync()

    assert user.has_perm("admissions.view_auditevent")


def test_slip_in_the_table_is_refused_and_changes_nothing(monkeypatch):
    Group.objects.get(name="auditor").delete()
    before = granted()
    monkeypatch.setitem(roles.ROLES, "VOB", {"admissions.view_benefit"})

    with pytest.raises(CommandError, match=r"no permission admissions\.view_benefit\."):
        sync()

    assert granted() == before
