"""Plain lists and records in the look of the desk: found, empty, refused, without a script."""

import re

import pytest

from admissions.calls.models import Call
from admissions.scheduling.models import Closure
from tests.support import factories
from tests.support.desk import minutes

pytestmark = pytest.mark.django_db

CLOSURES = "/admin/admissions/closure/"
CALLS = "/admin/admissions/call/"


def words_of(response) -> str:
    """What a page says, in one line."""
    main = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def test_empty_list_says_what_to_do_with_the_button_for_it(client, director):
    page = client.get(CLOSURES)

    assert "Add the holidays of the next twelve months at once" in words_of(page)
    assert page.content.decode().count(f'href="{CLOSURES}add/"') == 2


def test_list_in_which_nothing_fits_leads_back_to_all(client, director):
    Closure.objects.create(starts_at=minutes(-60), ends_at=minutes(-30), reason="Flood")

    page = client.get(CLOSURES, {"when": "ahead"})

    assert "Nothing fits what you chose" in words_of(page)
    assert "No time is closed" not in words_of(page)
    assert "Flood" in words_of(client.get(CLOSURES, {"when": "over", "q": "floo"}))


def test_list_says_yes_and_no_in_words_and_names_each_cell(client, director):
    factories.make_counselor(public_name="Wren")

    page = client.get("/admin/admissions/counselor/").content.decode()

    assert re.search(r'data-name="Taking consultations"[^>]*><span class="tag">Yes</span>', page)
    assert "icon-yes" not in page


def test_record_is_drawn_with_the_pickers_of_the_browser(client, director):
    counselor = factories.make_counselor()

    page = client.get(f"/admin/admissions/counselor/{counselor.pk}/change/").content.decode()

    assert {"time", "date"} <= set(re.findall(r'<input type="(\w+)" name="\w+-0-', page))
    assert re.search(r"<template>.*?name=\"weekly_hours-__prefix__-opens\"", page, re.DOTALL)
    assert "related-widget-wrapper" not in page


@pytest.mark.parametrize("typed", ["{plain}", " {lower} ", "{spaced}"])
def test_calls_are_found_by_a_reference_however_it_is_typed(client, coordinator, typed):
    mine, other = factories.make_request(), factories.make_request()
    for each in (mine, other):
        Call.objects.create(by=coordinator, request=each, outcome="answered", for_whom="self")
    plain = mine.reference.replace("-", "")
    forms = {"plain": plain, "lower": plain.lower(), "spaced": f"{plain[:4]} {plain[4:]}"}

    answer = client.post(CALLS, {"reference": typed.format(**forms)})

    assert answer.url == f"{CALLS}?of={mine.pk}"
    assert [call.request for call in client.get(answer.url).context["cl"].result_list] == [mine]


@pytest.mark.parametrize("model", [
    "message", "waitlistentry", "earlieroffer", "suppression", "privacyrequest", "legalhold",
    "disclosure", "removalcertificate",
])  # fmt: skip
def test_list_of_rows_of_requests_is_found_by_reference(client, director, model):
    request = factories.make_request()
    address = f"/admin/admissions/{model}/"

    answer = client.post(address, {"reference": request.reference})

    assert answer.url == f"{address}?of={request.pk}"
    assert 'name="reference"' in client.get(answer.url).content.decode()


def test_reference_that_nobody_has_is_said_and_stands_in_no_address(client, coordinator):
    answer = client.post(CALLS, {"reference": "2345-BCDF"}, follow=True)

    assert answer.redirect_chain == [(CALLS, 302)]
    assert "There is no request with this reference." in words_of(answer)


def test_list_of_a_request_that_is_none_is_empty(client, coordinator):
    Call.objects.create(by=coordinator, outcome="answered", for_whom="self")

    assert client.get(CALLS, {"of": "x"}).context["cl"].result_count == 0


def test_page_of_somebody_else_says_whose_it_is_and_whom_to_ask(client, coordinator):
    factories.make_user("director", first_name="Lee", last_name="Ortiz")

    refused = client.get("/admin/users/user/")

    assert (refused.status_code, refused.headers["Cache-Control"]) == (403, "no-store, private")
    assert "It is open to: director" in words_of(refused)
    assert "Ask Lee O." in words_of(refused)
    assert 'aria-label="Desk"' in refused.content.decode()


def test_step_of_somebody_else_does_not_name_the_part_as_closed(client, coordinator):
    refused = client.get("/admin/admissions/closure/add/")

    assert refused.status_code == 403
    assert "this step is for someone else" in words_of(refused)
    assert "It is open to" not in words_of(refused)


def test_deleting_asks_first_and_leads_back(client, director):
    closure = Closure.objects.create(starts_at=minutes(60), ends_at=minutes(90))

    page = client.get(f"{CLOSURES}{closure.pk}/delete/").content.decode()

    assert f'href="{CLOSURES}{closure.pk}/change/">Go back, delete nothing' in page
    client.post(f"{CLOSURES}{closure.pk}/delete/", {"post": "yes"})
    assert not Closure.objects.exists()
