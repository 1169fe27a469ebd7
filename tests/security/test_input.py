"""Numbers that are too large: number 90 of docs/security-cases.md."""

import pytest

from tests.support import factories
from tests.support.visitor import MONDAY

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]
# Python reads no number of more than 4,300 digits, and Postgres keeps none of more than 19.
HUGE = ["9" * 20, "9" * 3900, "-1", "0", "1e9", "٣", "0x10"]


@pytest.mark.security(90)
@pytest.mark.parametrize("number", HUGE, ids=lambda number: number[:6])
def test_number_of_any_size_is_no_fault_of_the_desk(client, number):
    client.force_login(factories.make_user(None, is_superuser=True))
    addresses = [
        f"/admin/admissions/consultation/{number}/change/",
        f"/admin/admissions/counselor/{number}/change/",
        f"/admin/admissions/message/{number}/change/",
        f"/admin/admissions/consultationrequest/{number}/change/",
        f"/admin/admissions/message/?p={number}",
        f"/admin/admissions/consultation/?p={number}",
        f"/admin/admissions/auditevent/?before={number}&at={number}",
        f"/admin/reports/?from={number}",
    ]

    found = {each: client.get(each).status_code for each in addresses}

    assert [each for each, status in found.items() if status >= 500] == []


@pytest.mark.security(90)
@pytest.mark.parametrize("number", HUGE, ids=lambda number: number[:6])
def test_number_of_any_size_is_no_fault_of_the_site(client, number):
    factories.make_counselor()
    addresses = ["/consultation/?mode=in_person&place=", "/consultation/details/?at="]

    found = [client.get(each + number).status_code for each in addresses]

    assert found[0] == 200
    assert found[1] == 409
