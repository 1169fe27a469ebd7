"""What the desk only reads: not even a superuser adds, changes or deletes it by a form."""

import pytest
from django.contrib import admin

from admissions.admin.read_only_admin import ReadOnlyAdmin
from users.models import User

READ_ONLY = {
    each.opts.model_name: each
    for each in admin.site._registry.values()
    if isinstance(each, ReadOnlyAdmin)
}


def test_desks_that_only_read():
    assert set(READ_ONLY) == {
        "auditevent",
        "calendarfeed",
        "call",
        "consultation",
        "consultationrequest",
        "disclosure",
        "earlieroffer",
        "group",
        "hoursproposal",
        "installation",
        "legalhold",
        "message",
        "oncallshift",
        "privacyrequest",
        "removalcertificate",
        "shortage",
        "suppression",
        "waitlistentry",
    }


@pytest.mark.parametrize("act", ["add", "change", "delete"])
@pytest.mark.parametrize("name", READ_ONLY)
def test_read_only_desk_refuses_even_a_superuser(rf, name, act):
    request = rf.get("/admin/")
    request.user = User(username="root", is_active=True, is_superuser=True)

    assert not getattr(READ_ONLY[name], f"has_{act}_permission")(request)
