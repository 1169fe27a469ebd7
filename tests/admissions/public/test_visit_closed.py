"""A personal page whose visit is over, or never was: it says so, and leads back."""

import pytest
from django.test import Client

from admissions.intake import manage_links
from tests.support.factories import make_consultation
from tests.support.visitor import MONDAY, TOMORROW_AT_TEN, browser, url

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]
PERSONAL = [
    "booked", "callback_requested", "manage", "change_contact_plan", "move_consultation",
    "cancel_consultation", "rebook", "see_appointment", "unsubscribe",
]  # fmt: skip


@pytest.fixture
def booked():
    return make_consultation(starts_at=TOMORROW_AT_TEN).request


@pytest.mark.parametrize("name", PERSONAL)
def test_page_whose_visit_is_over_says_so_and_leads_back(name):
    page = Client().get(url(name))

    text = page.content.decode()
    assert page.status_code == 410
    assert (page["Cache-Control"], page["X-Robots-Tag"]) == (
        "no-store, private",
        "noindex, nofollow",
    )
    assert f'href="{url("find_appointment")}"' in text
    assert f'href="{url("choose_time")}"' in text


@pytest.mark.parametrize("name", ["calendar_file", "call_now"])
def test_step_of_the_receipt_without_its_visit_leads_to_the_closed_page(name):
    method = "post" if name == "call_now" else "get"

    page = getattr(Client(), method)(url(name), follow=True)

    assert page.status_code == 410


def test_form_sent_after_the_visit_is_told_that_it_was_not_done():
    said = "t do what you just asked"

    assert said in Client().post(url("cancel_consultation"), {"key": "x"}).content.decode()
    assert said not in Client().get(url("cancel_consultation")).content.decode()


def test_closed_page_is_the_same_whether_there_is_a_request_or_not(booked):
    before = Client().get(url("manage")).content
    client = browser(booked)
    client.post(url("finish"))

    assert client.get(url("manage")).content == before


def test_link_that_opens_nothing_is_no_closed_visit(booked):
    token = manage_links.issue_tokens(booked)[0]

    page = Client().get(f"/consultation/manage/{token}x/")

    assert page.status_code == 404
    assert f'href="{url("find_appointment")}"' in page.content.decode()


def test_end_of_a_visit_claims_no_appointment():
    page = Client().get(url("finished")).content.decode()

    assert "Your appointment stands" not in page
    assert "If you made an appointment or asked for a call, it still stands." in page
