"""The waiting list and the offers, as staff read them."""

from datetime import timedelta

import pytest

from admissions.audit.models import AuditEvent
from admissions.scheduling.models import EarlierOffer, WaitlistEntry
from tests.support import factories
from tests.support.desk import NOW, booked, minutes, page_of, step_of
from tests.support.queries import queries

pytestmark = pytest.mark.django_db
WAITING, OFFERS = "/admin/admissions/waitlistentry/", "/admin/admissions/earlieroffer/"
Type = AuditEvent.Type


def waiting(*, starts_at=None, **columns):
    consultation = booked(starts_at or minutes(3 * 24 * 60))
    return consultation.request.waitlist_entries.create(**columns)


def rows(client, address) -> list[str]:
    changelist = client.get(address).context["cl"]
    return [row.request.reference for row in changelist.result_list]


def test_list_shows_who_waits_now_first_come_first(client, coordinator):
    second, first = waiting(joined_at=minutes(-5)), waiting(joined_at=minutes(-9))
    waiting(left_at=NOW, left_because="asked")

    shown = rows(client, WAITING)

    assert shown == [first.request.reference, second.request.reference]


def test_history_shows_those_who_left_below(client, coordinator):
    gone = waiting(joined_at=minutes(-9), left_at=NOW, left_because="found")
    here = waiting(joined_at=minutes(-5))

    shown = rows(client, WAITING + "?who=all")
    html = client.get(WAITING + "?who=all").content.decode()

    assert shown == [here.request.reference, gone.request.reference]
    assert "Took an earlier time" in html


@pytest.mark.parametrize("address", [WAITING, OFFERS])
def test_lists_name_a_reference_and_never_a_person(client, coordinator, address):
    consultation = booked(minutes(3 * 24 * 60))
    factories.make_offer(consultation=consultation, offered_at=NOW)

    html = client.get(address).content.decode()

    assert f'<a href="{page_of(consultation.request)}">{consultation.request.reference}</a>' in html
    assert [
        word for word in (">Jo<", "jo@example.com", "5550155", "555-0155") if word in html
    ] == []


def test_offers_are_listed_newest_first_with_how_they_ended(client, coordinator):
    consultation = booked(minutes(3 * 24 * 60))
    old = factories.make_offer(consultation=consultation, offered_at=minutes(-300))
    old.end_as(EarlierOffer.State.EXPIRED)
    new = factories.make_offer(consultation=consultation, offered_at=NOW)

    listed = client.get(OFFERS).context["cl"].result_list

    assert [(each.pk, each.get_state_display()) for each in listed] == [
        (new.pk, "Open"), (old.pk, "No answer in time"),
    ]  # fmt: skip


@pytest.mark.parametrize("address", [WAITING, OFFERS])
def test_list_costs_the_same_with_1_and_30_rows(client, coordinator, address):
    counselor = factories.make_counselor()
    row_of_list(counselor, 0)
    client.get(address)
    with_one = queries(client, address)
    for place in range(1, 30):
        row_of_list(counselor, place)

    with_thirty = queries(client, address)

    assert (with_thirty, WaitlistEntry.objects.count()) == (with_one, 30)


def row_of_list(counselor, place):
    consultation = booked(minutes(3 * 24 * 60) + timedelta(hours=place), counselor=counselor)
    offer = factories.make_offer(consultation=consultation, offered_at=minutes(-place))
    if place:
        offer.end_as(EarlierOffer.State.DECLINED)


# The page of a request


def test_staff_put_a_person_on_the_list_from_the_request(client, coordinator):
    request = booked(minutes(3 * 24 * 60)).request

    response = client.post(step_of(request, "look_sooner"), follow=True)

    assert [str(each) for each in response.context["messages"]] == [
        "We write if something opens sooner."
    ]
    assert response.context["sooner"] == "Wants something sooner, since Tue, Nov 24, 2:11 pm."
    assert request.audit_events.filter(type=Type.WAITLIST_JOINED).get().actor == coordinator


def test_staff_take_a_person_off_the_list_from_the_request(client, coordinator):
    wait = waiting()

    response = client.post(step_of(wait.request, "stop_looking"), follow=True)

    wait.refresh_from_db()
    assert (wait.left_because, response.context["sooner"]) == ("by_staff", "")
    assert "Taken off by staff" in response.content.decode()


def test_step_for_someone_who_may_not_be_emailed_is_not_shown_and_refused(client, coordinator):
    request = booked(minutes(3 * 24 * 60)).request
    type(request).objects.update(may_email=False)

    shown = client.get(page_of(request)).context["forms"]
    response = client.post(step_of(request, "look_sooner"))

    assert "look_sooner" not in shown
    assert [str(each) for each in response.context["messages"]] == [
        "We offer earlier times by email, but we don't have permission to write."
    ]
    assert WaitlistEntry.objects.count() == 0


def test_page_says_what_is_on_offer(client, coordinator):
    consultation = booked(minutes(3 * 24 * 60))
    factories.make_offer(consultation=consultation, offered_at=NOW)

    page = client.get(page_of(consultation.request))

    assert page.context["sooner"] == (
        "Wants something sooner. Offered Thu, Nov 26, 2:11 pm, to answer by Tue, Nov 24, 4:11 pm."
    )


def test_timeline_tells_what_was_offered_and_how_it_ended(client, coordinator, time_machine):
    consultation = booked(minutes(3 * 24 * 60))
    offer = factories.make_offer(consultation=consultation, offered_at=minutes(-30))
    time_machine.move_to(minutes(-10), tick=False)
    offer.end_as(EarlierOffer.State.DECLINED)
    time_machine.move_to(NOW, tick=False)

    timeline = client.get(page_of(consultation.request)).context["timeline"]

    told = [(each.when, each.who, each.what, each.detail) for each in timeline]
    offered = "Phone with Dana, Thu, Nov 26, 2:11 pm"
    assert told[2:4] == [
        ("Tue, Nov 24, 2:01 pm", "The requester", "Offer of an earlier time: declined", offered),
        ("Tue, Nov 24, 1:41 pm", "The system", "Offered an earlier time", offered),
    ]
