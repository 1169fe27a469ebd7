"""The page that compares requests, and the wall between a person and who loves them."""

import re

import pytest

from admissions.audit.models import AuditEvent
from admissions.intake.models import ConsultationRequest
from admissions.triage import duplicates
from tests.support import factories
from tests.support.desk import LIST, minutes, page_of, step_of

pytestmark = pytest.mark.django_db


def compare_of(request) -> str:
    return step_of(request, "duplicates")


def text_of(response) -> str:
    return response.content.decode()


def test_page_names_others_by_reference_time_and_stage_alone(client, coordinator):
    request = factories.make_request()
    other = factories.make_request(preferred_name="Zqx Canary", email="canary@example.com")

    html = text_of(client.get(page_of(request)))

    assert other.reference in html
    assert "Canary" not in html
    assert "canary@" not in html


def test_page_without_others_hints_at_nothing(client, coordinator):
    html = text_of(client.get(page_of(factories.make_request())))

    assert "The same phone or email" not in html


def test_comparing_is_one_look_at_every_side(client, coordinator):
    request, other = factories.make_request(), factories.make_request()

    client.get(compare_of(request))

    (event,) = AuditEvent.objects.all()
    assert (event.type, event.code, set(event.shown)) == (
        "desk_viewed", "duplicates", {request.pk, other.pk},
    )  # fmt: skip


def test_merge_leads_to_the_one_that_stays_with_both_histories(client, coordinator):
    old, new = factories.make_request(created_at=minutes(-60)), factories.make_request()
    client.post(step_of(new, "note"), {"text": "Rang from a train"})
    client.post(step_of(new, "log"), {"outcome": "call:no_answer"})
    sent = {"keep": old.pk, "end": [old.pk, new.pk], "is_same_person": "on"}

    response = client.post(compare_of(new), sent, follow=True)

    assert response.redirect_chain == [(page_of(old), 302)]
    told = {(each.what, each.reference) for each in response.context["timeline"]}
    assert {("Note", new.reference), ("Call: No answer", new.reference)} <= told
    assert ("Merged with another request", "") in told


def test_merge_without_the_tick_keeps_what_was_chosen(client, coordinator):
    old, new = factories.make_request(created_at=minutes(-60)), factories.make_request()

    response = client.post(compare_of(old), {"keep": new.pk, "end": [old.pk]})

    chosen = [(side["stays"], side["ends"]) for side in response.context["sides"]]
    assert (chosen, list(response.context["form"].errors)) == (
        [(False, True), (True, False)], ["is_same_person"],
    )  # fmt: skip


def test_merged_request_leads_to_the_other_and_is_not_reopened(client, coordinator):
    old, new = factories.make_request(created_at=minutes(-60)), factories.make_request()
    duplicates.merge_requests(keep_id=old.pk, end_ids=[new.pk], by=coordinator, is_same_person=True)

    response = client.get(page_of(new))

    assert f"Go to {old.reference}" in text_of(response)
    assert sorted(response.context["forms"]) == ["note"]


@pytest.mark.parametrize("role", ["VOB", "auditor", "content editor", None])
def test_comparing_is_for_who_works_on_requests(client, role):
    client.force_login(factories.make_user(role))
    request, _other = factories.make_request(), factories.make_request()

    assert client.get(compare_of(request)).status_code == 403


def test_page_costs_the_same_with_1_and_12_others(
    client, coordinator, django_assert_max_num_queries
):
    request = factories.make_request()
    factories.make_request()
    counts = []
    for _round in range(2):
        with django_assert_max_num_queries(80) as counted:
            client.get(compare_of(request))
        counts.append(len(counted))
        for _each in range(11):
            factories.make_request()

    assert counts[0] == counts[1]


# The wall: a mother and a son share a phone and an address, and both have asked


@pytest.fixture
def both():
    """His own request, and hers about him."""
    his = factories.make_request(preferred_name="Canary Son", created_at=minutes(-90))
    hers = factories.make_request(
        preferred_name="Canary Mother", for_whom="loved_one", created_at=minutes(-60)
    )
    return his, hers


def traces(html, other) -> list[str]:
    """What of the other request a page gives away."""
    signs = [other.reference, str(other.pk), other.preferred_name, "The same phone or email"]
    return [sign for sign in signs if sign in html]


@pytest.mark.parametrize("working_on", [0, 1], ids=["his", "hers"])
def test_request_page_gives_nothing_of_the_other_side_away(client, coordinator, both, working_on):
    mine, other = both[working_on], both[1 - working_on]

    html = text_of(client.get(page_of(mine)))

    assert traces(html, other) == []


@pytest.mark.parametrize("working_on", [0, 1], ids=["his", "hers"])
@pytest.mark.security(22)
def test_comparing_gives_nothing_of_the_other_side_away(client, coordinator, both, working_on):
    mine, other = both[working_on], both[1 - working_on]
    twin = factories.make_request(for_whom=mine.for_whom)

    html = text_of(client.get(compare_of(mine)))

    assert twin.reference in html
    assert traces(html, other) == []


@pytest.mark.parametrize("working_on", [0, 1], ids=["his", "hers"])
@pytest.mark.security(24)
def test_merge_by_a_forged_id_is_not_found(client, coordinator, both, working_on):
    mine, other = both[working_on], both[1 - working_on]
    factories.make_request(for_whom=mine.for_whom)
    before = list(ConsultationRequest.objects.order_by("pk").values())

    for sent in ({"keep": mine.pk, "end": [other.pk]}, {"keep": other.pk, "end": [mine.pk]}):
        response = client.post(compare_of(mine), sent | {"is_same_person": "on"})
        assert response.status_code == 404

    assert list(ConsultationRequest.objects.order_by("pk").values()) == before


def test_comparing_with_only_the_other_side_is_as_with_nobody(client, coordinator, both):
    alone = factories.make_request(phone="+17145550177", email="alone@example.com")

    answers = [client.get(compare_of(each)) for each in (both[1], alone)]

    assert [each.url for each in answers] == [page_of(both[1]), page_of(alone)]


def test_booking_for_her_names_nothing_of_his(client, coordinator, both):
    his, hers = both
    factories.make_counselor()
    calendar = "/admin/admissions/consultation/week/"

    html = text_of(client.get(calendar, {"for": hers.pk}))

    assert traces(html, his) == []


def test_search_shows_both_apart_and_never_links_them(client, coordinator, both):
    """Whoever calls back is found by number; each line says for whom, and neither the other."""
    client.post(LIST + "search/", {"term": "0155"})

    html = text_of(client.get(LIST, {"show": "found"}))

    rows = dict(re.findall(r'data-reference="([^"]+)">(.*?)</tr>', html, re.DOTALL))
    his, hers = both
    assert set(rows) == {his.reference, hers.reference}
    assert [traces(rows[his.reference], hers), traces(rows[hers.reference], his)] == [[], []]


def test_banner_says_what_may_be_said(client, coordinator, both):
    html = text_of(client.get(page_of(both[1])))

    assert "You may listen and share general information" in html


@pytest.mark.security(15)
def test_merged_manage_link_shows_only_its_own_closed_page(client, coordinator):
    old = factories.make_request(created_at=minutes(-60), preferred_name="Canary Kept")
    new = factories.make_request()
    factories.make_consultation(starts_at=minutes(24 * 60), request=old)
    duplicates.merge_requests(keep_id=old.pk, end_ids=[new.pk], by=coordinator, is_same_person=True)
    session = client.session
    session["manages"] = str(new.pk)
    session.save()

    html = text_of(client.get("/consultation/manage/"))

    assert "Your request is closed" in html
    assert traces(html, old) == []
    assert "Canary" not in html
