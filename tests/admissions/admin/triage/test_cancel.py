"""The page on which staff cancel a consultation: what it asks, and where it leads."""

import pytest

from admissions.intake.models import ConsultationRequest
from admissions.scheduling.models import Consultation
from admissions.triage import cancellations
from tests.support import factories
from tests.support.desk import booked, minutes, page_of, step_of, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(coordinator):
    return booked(minutes(24 * 60))


def send(client, talk, **changed):
    answers = {
        "reason": "they_asked", "telling": "known", "next_step": "check_in",
        "consultation_id": talk.pk,
    }  # fmt: skip
    return client.post(step_of(talk.request, "cancel"), answers | changed, follow=True)


def errors(response) -> dict:
    return {name: list(found) for name, found in response.context["form"].errors.items()}


def test_request_leads_to_the_page_that_cancels(client, talk):
    page = client.get(page_of(talk.request)).content.decode()

    assert step_of(talk.request, "cancel") in page


def test_new_time_leads_to_the_free_times_of_their_counselor_and_may_be_undone(client, talk):
    response = send(client, talk, next_step="new_time")

    (address, _status), *_rest = response.redirect_chain
    assert f"for={talk.request_id}&counselor={talk.counselor_id}&mode=phone" in address
    assert told(response) == ["The consultation is canceled."]
    assert "/undo/" in response.content.decode()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "other"}, "note"),
        ({"next_step": "promise"}, "promise_by"),
        ({"next_step": "close", "disposition": "withdrawn"}, "close_reason"),
        ({"next_step": "close", "close_reason": "cost"}, "disposition"),
    ],
)
def test_what_a_choice_needs_is_asked_for_and_nothing_is_canceled(client, talk, changed, field):
    response = send(client, talk, **changed)

    assert list(errors(response)) == [field]
    assert Consultation.objects.get().is_standing


def test_email_is_not_offered_to_whom_none_may_go(client, talk):
    ConsultationRequest.objects.filter(pk=talk.request_id).update(may_email=False)

    page = client.get(step_of(talk.request, "cancel"))

    assert [code for code, _name in page.context["form"].fields["telling"].choices] == [
        "call", "known",
    ]  # fmt: skip


def test_whoever_comes_after_a_colleague_is_told_on_the_request(client, talk):
    said = cancellations.Cancellation("counselor_away", "known", "check_in")
    cancellations.cancel_consultation(
        request_id=talk.request_id, consultation_id=talk.pk, by=factories.make_user(), said=said
    )

    response = send(client, talk)

    assert response.redirect_chain == [(page_of(talk.request), 302)]
    assert told(response) == ["It does not stand any more. Look at the request as it is now."]
