"""The triage list: its order, its queues, and what one row costs."""

from collections import Counter
from datetime import timedelta

import phonenumbers
import pytest
from django.contrib.auth.models import Permission

from admissions.admin import pagination
from admissions.admin.triage.requests import ConsultationRequestAdmin
from admissions.intake.models import ConsultationRequest
from admissions.triage import search
from tests.support import factories
from tests.support.desk import LIST, NOW, minutes, page_of
from tests.support.queries import queries

pytestmark = pytest.mark.django_db
Stage = ConsultationRequest.Stage


def names(response) -> list[str]:
    return [card.request.preferred_name for card in response.context["cards"]]


def booked(name, starts_at):
    request = factories.make_request(
        preferred_name=name,
        source="booking",
        stage=Stage.CONSULTATION_SCHEDULED,
        due_at=starts_at,
        created_at=minutes(-600),
    )
    factories.make_consultation(starts_at=starts_at, request=request)


def one_of_each(coordinator):
    """Eight open requests, made in an order unlike the list's, and a closed one."""
    factories.make_request(preferred_name="older", created_at=minutes(-10), due_at=minutes(50))
    factories.make_request(preferred_name="newer", created_at=minutes(-5), due_at=minutes(55))
    booked("tomorrow", minutes(1440))
    booked("today", minutes(120))
    factories.make_request(
        preferred_name="late",
        created_at=minutes(-60),
        due_at=minutes(-45),
        owner=coordinator,
        claimed_at=minutes(-50),
    )
    factories.make_request(
        preferred_name="promised", promised_call_by=minutes(4), due_at=minutes(4)
    )
    factories.make_request(preferred_name="danger", is_in_danger=True, due_at=NOW)
    factories.make_request(preferred_name="not reached", email_failed_at=NOW, due_at=NOW)
    factories.make_request(
        preferred_name="closed", stage=Stage.CLOSED, closed_at=NOW, disposition="withdrawn"
    )


def test_list_sorts_by_urgency(client, coordinator):
    one_of_each(coordinator)

    response = client.get(LIST)

    assert names(response) == [
        "danger", "promised", "late", "not reached", "today", "tomorrow", "newer", "older",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        ("now", ["danger", "promised", "late", "not reached"]),
        ("safety", ["danger"]),
        ("promised", ["promised"]),
        ("overdue", ["late"]),
        ("mine", ["late"]),
        (
            "unclaimed",
            ["danger", "promised", "not reached", "today", "tomorrow", "newer", "older"],
        ),
        ("closed", ["closed"]),
    ],
)
def test_list_shows_one_queue_at_a_time(client, coordinator, show, expected):
    one_of_each(coordinator)

    response = client.get(LIST, {"show": show})

    assert names(response) == expected


def test_list_unknown_queue_is_all_that_are_open(client, coordinator):
    one_of_each(coordinator)

    response = client.get(LIST, {"show": "everything"})

    assert (len(names(response)), chips(response)["open"]) == (8, (8, True))


def chips(response) -> dict:
    return {chip.key: (chip.count, chip.is_shown) for chip in response.context["chips"]}


def test_list_counts_each_queue(client, coordinator):
    one_of_each(coordinator)

    response = client.get(LIST, {"show": "now"})

    assert chips(response) == {
        "open": (8, False),
        "now": (4, True),
        "safety": (1, False),
        "promised": (1, False),
        "overdue": (1, False),
        "mine": (1, False),
        "unclaimed": (7, False),
        "aside": (0, False),
        "closed": (None, False),
    }


@pytest.mark.security(46)
def test_list_refuses_to_filter_by_a_column(client, coordinator):
    response = client.get(LIST, {"preferred_name__startswith": "d"})

    assert response.status_code == 400


@pytest.mark.security(46)
def test_list_refuses_to_filter_by_a_colleagues_password(client, coordinator):
    response = client.get(LIST, {"owner__password__startswith": "argon2"})

    assert response.status_code == 400


def with_history(number, *, owner, counselor):
    request = factories.make_request(
        preferred_name=f"n{number}",
        source="booking",
        stage=Stage.CONSULTATION_SCHEDULED,
        due_at=minutes(number),
        owner=owner,
        claimed_at=NOW,
    )
    factories.make_consultation(
        starts_at=NOW + timedelta(hours=number + 1), request=request, counselor=counselor
    )
    for channel in ("call", "email"):
        request.attempts.create(by=owner, channel=channel, result="no_answer")


@pytest.mark.parametrize(
    "address", [LIST, f"{LIST}?show=found", "/admin/", "/admin/admissions/consultation/"]
)
def test_list_costs_the_same_with_1_and_30_rows(client, coordinator, address):
    client.post(LIST + "search/", {"term": "example"})
    people = {"owner": coordinator, "counselor": factories.make_counselor()}
    with_history(12, **people)
    client.get(address)
    with_one = queries(client, address)
    for number in [*range(12), *range(13, 30)]:
        with_history(number, **people)

    with_thirty = queries(client, address)

    assert with_thirty == with_one


def test_claim_button_of_a_row_is_a_form(client, coordinator):
    request = factories.make_request()

    html = client.get(LIST).content.decode()

    assert f'action="{page_of(request).replace("change", "claim")}"' in html


def test_list_without_triage_shows_no_steps(client):
    user = factories.make_user(None)
    permit(user, "view_consultationrequest")
    client.force_login(user)
    factories.make_request()

    html = client.get(LIST).content.decode()

    assert 'data-act="claim"' not in html
    assert 'data-act="log"' not in html


def permit(user, codename):
    permission = Permission.objects.get(codename=codename)
    user.user_permissions.add(permission)


def test_search_finds_without_a_name_in_the_address(client, coordinator):
    factories.make_request(preferred_name="Marisol")
    factories.make_request(preferred_name="Jo")

    response = client.post(LIST + "search/", {"term": "mariso"}, follow=True)

    assert (names(response), response.request["QUERY_STRING"]) == (["Marisol"], "show=found")


@pytest.mark.parametrize("term", ["0117", "(714) 555-0117", "5550117", "ANA@", "ana@example.com"])
def test_search_finds_by_phone_or_email(client, coordinator, term):
    factories.make_request(preferred_name="Ana", phone="+17145550117", email="ana@example.com")
    factories.make_request(preferred_name="Jo", phone="+12135550155")

    response = client.post(LIST + "search/", {"term": term}, follow=True)

    assert names(response) == ["Ana"]


def test_search_finds_closed_requests_by_reference(client, coordinator):
    closed = factories.make_request(stage=Stage.CLOSED, closed_at=NOW, disposition="withdrawn")
    factories.make_request()

    response = client.post(LIST + "search/", {"term": closed.reference.lower()}, follow=True)

    assert [card.request for card in response.context["cards"]] == [closed]


@pytest.mark.parametrize("term", ["", "\x00", "x" * 81])
def test_search_for_nothing_shows_the_list(client, coordinator, term):
    factories.make_request(preferred_name="Jo")

    response = client.post(LIST + "search/", {"term": term}, follow=True)

    assert names(response) == ["Jo"]


def test_search_is_never_a_get(client, coordinator):
    assert client.get(LIST + "search/", {"term": "Jo"}).status_code == 405


def test_search_for_too_little_says_what_is_missing(client, coordinator):
    factories.make_request(preferred_name="Jo")

    response = client.post(LIST + "search/", {"term": "(-)"}, follow=True)

    assert "a word, or the last four digits" in response.content.decode()
    assert response.context["found"] is None


def test_search_that_finds_too_many_says_that_there_are_more(client, coordinator, monkeypatch):
    monkeypatch.setattr(search, "MAX_RESULTS", 1)
    factories.make_request(preferred_name="Jo Ann")
    factories.make_request(preferred_name="Jo Ann")

    response = client.post(LIST + "search/", {"term": "jo ann"}, follow=True)

    assert (len(names(response)), chips(response)["open"]) == (1, (2, False))
    assert "Only 1 are shown, the open ones first." in response.content.decode()


@pytest.mark.parametrize("show", ["open", "closed"])
def test_list_counts_no_further_than_it_leads(client, coordinator, monkeypatch, show):
    monkeypatch.setattr(pagination, "MAX_COUNT", 2)
    monkeypatch.setattr(ConsultationRequestAdmin, "list_per_page", 1)
    for _each in range(3):
        factories.make_request()
        factories.make_request(stage=Stage.CLOSED, closed_at=NOW, disposition="withdrawn")

    response = client.get(LIST, {"show": show})

    assert (len(names(response)), response.context["most"]) == (1, 2)


def test_what_rows_have_alike_is_rendered_once(client, coordinator):
    for _each in range(3):
        factories.make_request()

    drawn = Counter(each.name for each in client.get(LIST).templates)

    assert drawn["admin/admissions/consultationrequest/_outcome_buttons.html"] == 1
    assert drawn["admin/admissions/consultationrequest/_tags.html"] == 2


def test_library_is_asked_once_a_row_whether_its_phone_is_valid(client, coordinator, monkeypatch):
    factories.make_request(phone="+17145550134")
    asked, look_up = [], phonenumbers.is_valid_number
    monkeypatch.setattr(
        phonenumbers, "is_valid_number", lambda number: asked.append(1) or look_up(number)
    )

    client.get(LIST)

    assert len(asked) == 1
