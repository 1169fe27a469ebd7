"""The bar with its button after a step, and where pressing that leads."""

import re

import pytest

from admissions.audit.models import AuditEvent
from admissions.intake.models import ConsultationRequest
from admissions.undo.models import UndoableAction
from tests.support import factories
from tests.support.desk import LIST, minutes, page_of, step_of, told

pytestmark = pytest.mark.django_db
Type = AuditEvent.Type


def undo(client, page):
    """Press the button of the bar on this page, as a browser without JavaScript does."""
    form = re.search(r'action="([^"]+/undo/[^"]+)".+?name="page" value="([^"]*)"', page, re.S)
    address, back = form.groups()
    return client.post(address, {"page": back.replace("&amp;", "&")}, follow=True)


def test_step_from_the_list_is_undone_on_the_list(client, coordinator):
    request = factories.make_request()
    page = client.post(
        step_of(request, "log"), {"outcome": "call:no_answer", "query": "show=unclaimed"},
        follow=True,
    ).content.decode()  # fmt: skip

    response = undo(client, page)

    assert (response.redirect_chain, told(response)) == (
        [(f"{LIST}?show=unclaimed", 302)], ["Undone. It stands as it did before."],
    )  # fmt: skip
    assert request.attempts.count() == 0


def test_undo_too_late_says_so_on_the_page_of_the_request(client, coordinator, frozen):
    request = factories.make_request()
    page = client.post(step_of(request, "claim"), follow=True).content.decode()
    frozen.move_to(minutes(1))

    response = undo(client, page)

    assert response.redirect_chain == [(page_of(request), 302)]
    assert told(response) == ["The 30 seconds are over, so it stands. Change it on this page."]


def test_page_tells_what_was_undone(client, coordinator):
    request = factories.make_request()
    page = client.post(step_of(request, "log"), {"outcome": "call:no_answer"}, follow=True)

    page = undo(client, page.content.decode()).content.decode()

    assert "Undid: Logged a contact attempt" in page
    assert "Call: No answer" not in page


def test_what_cannot_be_undone_has_no_button(client, coordinator):
    request = factories.make_request()

    page = client.post(step_of(request, "escalate"), follow=True).content.decode()

    assert "/undo/" not in page


def test_undo_leads_to_no_other_site(client, coordinator):
    request = factories.make_request()
    client.post(step_of(request, "claim"))
    action = UndoableAction.objects.get()
    address = f"{LIST}undo/{action.pk}/"

    response = client.post(address, {"page": "https://example.org/admin/"})

    assert response.url == LIST
    assert ConsultationRequest.objects.get(pk=request.pk).owner is None
