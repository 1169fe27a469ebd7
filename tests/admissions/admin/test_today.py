"""The first page of the desk."""

from datetime import timedelta

import pytest
from django.utils import timezone

from admissions.models import ConsultationRequest, Message
from programs.models import Credential
from tests import factories

from .desk_world import NOW, booked, minutes

pytestmark = pytest.mark.django_db
Stage = ConsultationRequest.Stage


def today(client):
    return client.get("/admin/").context["today"]


def test_today_shows_the_six_most_urgent(client, coordinator):
    for number in range(8):
        factories.make_request(preferred_name=f"late{number}", due_at=minutes(number - 100))
    factories.make_request(preferred_name="danger", is_in_danger=True)

    seen = today(client)

    names = [card.request.preferred_name for card in seen.urgent]
    assert (names, seen.counts["now"], seen.has_more_urgent) == (
        ["danger", "late0", "late1", "late2", "late3", "late4"], 9, True,
    )  # fmt: skip


def test_today_leaves_out_what_can_wait(client, coordinator):
    factories.make_request(due_at=minutes(5))

    assert today(client).urgent == []


def test_today_shows_the_next_consultations_soonest_first(client, coordinator):
    counselor = factories.make_counselor()
    booked(minutes(1440), counselor=counselor)
    booked(minutes(49), counselor=counselor)
    booked(minutes(-120), counselor=counselor)

    assert [visit.when for visit in today(client).next] == ["today 3:00 pm", "tomorrow 2:11 pm"]


def test_today_shows_my_open_requests_only(client, coordinator):
    colleague = factories.make_user("coordinator")
    mine = factories.make_request(owner=coordinator, claimed_at=NOW)
    factories.make_request(owner=colleague, claimed_at=NOW)
    factories.make_request(
        owner=coordinator, claimed_at=NOW, stage=Stage.CLOSED, closed_at=NOW,
        disposition="withdrawn",
    )  # fmt: skip

    assert [card.request for card in today(client).mine] == [mine]


@pytest.mark.parametrize(
    ("state", "reason"), [("failed", "refused"), ("bounced", "no_such_address")]
)
def test_today_shows_lost_emails_of_open_requests(client, coordinator, state, reason):
    failed = {
        "kind": "moved", "state": state, "reason": reason, "due_at": NOW, "finished_at": NOW,
    }  # fmt: skip
    closed = factories.make_request(stage=Stage.CLOSED, closed_at=NOW, disposition="withdrawn")
    Message.objects.create(request=closed, **failed)
    request = factories.make_request(email_failed_at=NOW)
    message = Message.objects.create(request=request, **failed)

    assert today(client).failed == [message]


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (91, []),
        (90, ["90 days left"]),
        (1, ["1 day left"]),
        (0, ["last day"]),
        (-1, ["expired"]),
    ],
)
def test_today_warns_of_credentials_about_to_expire(client, days, words):
    client.force_login(factories.make_user("director"))
    Credential.objects.update(expires_on=timezone.localdate(NOW) + timedelta(days=days))

    warnings = client.get("/admin/").context["credential_warnings"]

    assert [warning.words for warning in warnings] == words


def test_today_of_a_content_editor_holds_no_request(client):
    client.force_login(factories.make_user("content editor"))
    factories.make_request(preferred_name="Zqx Canary", is_in_danger=True)

    response = client.get("/admin/")

    assert (response.context["today"], "Zqx" in response.content.decode()) == (None, False)
