"""Addresses that we do not write to, and writing to one again."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from admissions.audit.models import AuditEvent
from admissions.intake import suppressions
from admissions.intake.models import Suppression
from tests.support import factories
from tests.support.desk import NOW, told

pytestmark = pytest.mark.django_db
LIST = "/admin/admissions/suppression/"
Cause = Suppression.Cause


def suppressed(cause=Cause.BOUNCED) -> Suppression:
    suppressions.suppress_email(factories.make_request(email="zqx@example.com"), cause)
    return Suppression.objects.get()


def page(suppression) -> str:
    return reverse("admin:admissions_suppression_lift", args=[suppression.pk])


def listed(client, **query) -> list[Suppression]:
    return list(client.get(LIST, query).context["cl"].result_list)


def test_list_shows_why_and_the_request_but_no_address(client, coordinator):
    suppression = suppressed()

    html = client.get(LIST).content.decode()

    assert "Email to it came back" in html
    assert suppression.request.reference in html
    assert "zqx" not in html
    assert suppression.sha256 not in html


def test_list_hides_what_was_lifted_unless_asked(client, coordinator):
    suppression = suppressed()
    Suppression.objects.update(lifted_at=NOW)

    assert (listed(client), listed(client, which="all")) == ([], [suppression])


def test_list_offers_no_way_around_their_own_stop(client, coordinator):
    suppression = suppressed(Cause.STOPPED)

    assert page(suppression) not in client.get(LIST).content.decode()


def test_look_at_the_question_changes_nothing(client, coordinator):
    suppression = suppressed()

    client.get(page(suppression))

    suppression.refresh_from_db()
    assert suppression.lifted_at is None


@pytest.mark.parametrize("cause", [Cause.BOUNCED, Cause.COMPLAINED])
def test_click_lifts_it_and_is_recorded(client, coordinator, cause):
    suppression = suppressed(cause)

    response = client.post(page(suppression), follow=True)

    suppression.refresh_from_db()
    assert told(response) == ["We may write to this address again."]
    assert (suppression.lifted_at, suppression.lifted_by) == (NOW, coordinator)
    assert AuditEvent.objects.without_views().get().type == AuditEvent.Type.SUPPRESSION_LIFTED


def test_click_on_their_own_stop_is_refused(client, coordinator):
    suppression = suppressed(Cause.STOPPED)

    response = client.post(page(suppression), follow=True)

    suppression.refresh_from_db()
    assert told(response) == ["They asked us to stop. Only they can change that."]
    assert suppression.lifted_at is None


@pytest.mark.parametrize("role", ["counselor", "content editor", None])
def test_others_may_not_lift_it(client, role):
    suppression = suppressed()
    client.force_login(factories.make_user(role))

    response = client.post(page(suppression))

    suppression.refresh_from_db()
    assert (response.status_code, suppression.lifted_at) == (403, None)


def queries(client) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get(LIST)
    return len(captured)


def test_list_costs_the_same_with_1_and_30_rows(client, coordinator):
    suppressed()
    client.get(LIST)
    with_one = queries(client)
    for number in range(29):
        suppressions.suppress_email(
            factories.make_request(email=f"n{number}@example.com"), Cause.BOUNCED
        )

    assert queries(client) == with_one
