"""What narrows the triage list, the views that staff keep, and how it refreshes itself."""

import pytest

from admissions.audit.models import AuditEvent
from admissions.intake.models import ConsultationRequest
from admissions.triage import saved_views
from admissions.triage.models import SavedView
from programs.models import Program
from tests.support import factories
from tests.support.desk import LIST, NOW, minutes

pytestmark = pytest.mark.django_db
Stage = ConsultationRequest.Stage
SAVE = LIST + "views/save/"
REFRESH = {"HTTP_X_LIVE_REFRESH": "1"}


def names(client, query) -> list[str]:
    response = client.get(LIST + query)
    return sorted(card.request.preferred_name for card in response.context["cards"])


@pytest.fixture
def people(coordinator):
    """Three who differ in everything that narrows."""
    program = Program.objects.first()
    mine = {"owner": coordinator, "claimed_at": NOW}
    factories.make_request(preferred_name="mine", program_interest=program, **mine)
    factories.make_request(preferred_name="spanish", language="es", for_whom="loved_one")
    factories.make_request(preferred_name="tried", stage=Stage.ATTEMPTING_CONTACT, **mine)
    return program


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?owner=me", ["mine", "tried"]),
        ("?owner=nobody", ["spanish"]),
        ("?program={program}", ["mine"]),
        ("?program=unsure", ["spanish", "tried"]),
        ("?language=es", ["spanish"]),
        ("?whom=loved_one", ["spanish"]),
        ("?stage=attempting_contact", ["tried"]),
        ("?owner=me&stage=new", ["mine"]),
        ("?show=unclaimed&language=en", []),
        ("?owner=12345&program=x&language=%27", ["mine", "spanish", "tried"]),
    ],
)
def test_list_narrows_by_codes_that_combine(client, people, query, expected):
    assert names(client, query.format(program=people.pk)) == expected


def test_set_aside_is_a_list_of_its_own(client, coordinator):
    factories.make_request(preferred_name="aside", due_at=minutes(60), snoozed_until=minutes(60))
    factories.make_request(preferred_name="back", due_at=minutes(-1), snoozed_until=minutes(-1))

    assert names(client, "?show=aside") == ["aside"]


def test_list_that_is_named_is_found_again(client, coordinator):
    client.post(SAVE, {"name": "Spanish", "query": "show=now&language=es&preferred_name=Jo"})

    [(view, is_shown, is_mine)] = client.get(LIST + "?show=now&language=es").context["views"]
    assert view.name == "Spanish"
    assert view.query == "show=now&language=es"
    assert is_shown
    assert is_mine


def test_named_list_is_ones_own_unless_a_director_shares_it(client, coordinator):
    director = factories.make_user("director")
    saved_views.create_saved_view(by=director, name="Ours", query="show=now", is_shared=True)
    saved_views.create_saved_view(by=director, name="Mine", query="show=mine")

    assert [view.name for view, *_rest in client.get(LIST).context["views"]] == ["Ours"]


def test_only_a_director_shares(client, coordinator):
    client.post(SAVE, {"name": "Ours", "query": "show=now", "is_shared": "on"})

    assert SavedView.objects.count() == 0


def test_named_list_is_deleted_by_its_owner_alone(client, coordinator):
    theirs = saved_views.create_saved_view(
        by=factories.make_user("director"), name="Ours", query="show=now", is_shared=True
    )
    mine = saved_views.create_saved_view(by=coordinator, name="Mine", query="show=mine")

    for view in (theirs, mine):
        client.post(f"{LIST}views/{view.pk}/delete/")

    assert list(SavedView.objects.all()) == [theirs]


def test_naming_and_deleting_a_list_are_recorded_once(client, coordinator):
    client.post(SAVE, {"name": "Mine", "query": "show=mine"})
    view = SavedView.objects.get()
    for _twice in range(2):
        client.post(f"{LIST}views/{view.pk}/delete/")

    types = AuditEvent.objects.filter(object_type="savedview").values_list("type", "actor")
    assert list(types) == [("record_added", coordinator.pk), ("record_deleted", coordinator.pk)]


def test_refresh_answers_with_the_living_part_alone(client, coordinator):
    request = factories.make_request()

    html = client.get(LIST, **REFRESH).content.decode()

    assert request.reference in html
    assert "<html" not in html
    assert "<script" not in html


def test_refresh_of_an_unchanged_list_is_304(client, coordinator):
    factories.make_request()
    mark = client.get(LIST, **REFRESH).headers["ETag"]

    again = client.get(LIST, **REFRESH, HTTP_IF_NONE_MATCH=mark)
    factories.make_request()
    changed = client.get(LIST, **REFRESH, HTTP_IF_NONE_MATCH=mark)

    assert (again.status_code, changed.status_code) == (304, 200)


@pytest.mark.parametrize("address", [LIST, "/admin/"])
def test_refresh_of_what_nobody_touched_costs_a_few_queries(
    client, coordinator, django_assert_max_num_queries, address
):
    for _each in range(3):
        factories.make_request()
    first = client.get(address, **REFRESH)
    known = {"HTTP_IF_NONE_MATCH": first["ETag"], "HTTP_X_LOOK": first["X-Look"]}

    with django_assert_max_num_queries(8):
        again = client.get(address, **REFRESH, **known)

    assert (again.status_code, again["X-Look"]) == (304, first["X-Look"])


@pytest.mark.parametrize("address", [LIST, "/admin/"])
def test_refresh_shows_what_the_time_alone_changed(client, coordinator, time_machine, address):
    factories.make_request(due_at=minutes(1), preferred_name="Quentin")
    first = client.get(address, **REFRESH)
    known = {"HTTP_IF_NONE_MATCH": first["ETag"], "HTTP_X_LOOK": first["X-Look"]}
    time_machine.move_to(minutes(3), tick=False)

    assert client.get(address, **REFRESH, **known).status_code == 200


def test_unchanged_page_without_its_event_is_recorded_anew(client, coordinator):
    first = client.get(LIST, **REFRESH)

    again = client.get(LIST, **REFRESH, HTTP_IF_NONE_MATCH=first["ETag"], HTTP_X_LOOK="0")

    assert again["X-Look"] != first["X-Look"]


def test_shortcuts_can_be_turned_off(client, coordinator):
    was = client.get(LIST).context["has_keys"]

    client.post("/admin/keys/", {"keys": "off", "next": LIST})

    assert was
    assert not client.get(LIST).context["has_keys"]


@pytest.mark.security(59)
def test_turning_shortcuts_off_leads_nowhere_else(client, coordinator):
    response = client.post("/admin/keys/", {"keys": "off", "next": "https://evil.example/"})

    assert response.url == "/admin/"


def test_log_menu_offers_only_what_the_plan_permits(client, coordinator):
    factories.make_request(may_call=False, may_text=False, voicemail="no")

    html = client.get(LIST).content.decode()

    offered = {name for name in ("call:no_answer", "text:sent", "email:sent") if name in html}
    assert offered == {"email:sent"}


def test_list_says_when_we_open_again(client, coordinator):
    factories.make_counselor(days=[2])

    assert client.get(LIST).context["opens_at"] == "tomorrow at 9:00 am"
