"""The page of a call: who it may be, what is kept, and where it leads."""

import pytest
from django.urls import reverse

from admissions.audit.models import AuditEvent
from admissions.calls.models import Call, Ring
from admissions.intake.models import ConsultationRequest
from tests.support import factories
from tests.support.desk import NOW, booked, minutes, page_of, told
from tests.support.rows import everything
from tests.support.visitor import stamp

pytestmark = pytest.mark.django_db
NEW = "/admin/admissions/call/new/"
LIST = "/admin/admissions/call/"
TRIAGE = "/admin/admissions/consultationrequest/"
WEEK = "/admin/admissions/consultation/week/"
NUMBER = "(714) 555-0155"
# 3:00 pm in California on the same Tuesday.
THREE = "2026-11-24T15:00"


@pytest.fixture
def keep(client, coordinator):
    """Sends the form of a page that was really shown."""

    def send(**typed):
        shown = client.get(NEW)
        data = {"key": shown.context["key"], "language": "en", "is_in_danger": "no"}
        data |= {"number": NUMBER, "for_whom": "self", "outcome": "answered"}
        return client.post(NEW, data | typed)

    return send


def names_of(callers) -> list[str]:
    return [each.request.preferred_name for each in callers]


# Looking up


def test_look_up_tells_open_and_closed_requests_and_keeps_what_was_typed(client, coordinator):
    factories.make_request(preferred_name="Open One")
    factories.make_request(
        preferred_name="Closed One", stage="closed", disposition="withdrawn", closed_at=NOW
    )

    response = client.post(NEW, {"look": "1", "number": NUMBER, "note": "kept"})

    assert names_of(response.context["open_callers"]) == ["Open One"]
    assert names_of(response.context["closed_callers"]) == ["Closed One"]
    assert response.context["form"]["note"].value() == "kept"
    assert not response.context["form"].errors


def test_look_up_is_a_search_in_the_audit_and_names_no_number(client, coordinator):
    request = factories.make_request()

    client.post(NEW, {"look": "1", "number": NUMBER})

    event = AuditEvent.objects.get(type="searched")
    assert (event.actor, event.shown) == (coordinator, [request.pk])
    assert "0155" not in repr(vars(event))


def test_known_caller_is_told_without_a_note(client, coordinator):
    factories.make_request(for_whom="loved_one", note="My son drinks.")

    html = client.post(NEW, {"look": "1", "number": NUMBER}).content.decode()

    assert "for a loved one" in html
    assert "My son drinks." not in html


def test_sent_form_shows_its_own_side_of_the_wall(keep):
    factories.make_request(preferred_name="The Mother", for_whom="loved_one")
    factories.make_request(preferred_name="The Son", for_whom="self")

    response = keep(for_whom="loved_one", outcome="promised", promised_by=THREE)

    assert names_of(response.context["open_callers"]) == ["The Mother"]


def test_ring_fills_the_number_in_for_whom_it_rings(client, coordinator):
    ring = Ring.objects.create(staff=coordinator, number="+17145550155", signature="a")

    assert client.get(NEW, {"ring": ring.pk}).context["has_number"]


def test_ring_of_a_colleague_tells_nothing(client, coordinator):
    ring = Ring.objects.create(staff=factories.make_user(), number="+17145550155", signature="a")

    assert not client.get(NEW, {"ring": ring.pk}).context["has_number"]


@pytest.mark.parametrize("address", ["/admin/", "/admin/admissions/consultationrequest/"])
def test_desk_shows_who_rings_and_no_number_in_the_address(client, coordinator, address):
    factories.make_request()
    ring = Ring.objects.create(staff=coordinator, number="+17145550155", signature="a", at=NOW)

    html = client.get(address, headers={"X-Live-Refresh": "1"}).content.decode()

    assert f'href="{NEW}?ring={ring.pk}"' in html
    assert "555-0155</b>" in html


# Keeping


def test_answered_call_leads_back_to_today(keep, coordinator):
    response = keep(heard_from="friend", note="Asked about parking.")

    call = Call.objects.get()
    assert response.url == reverse("admin:index")
    assert (call.by, call.outcome, call.heard_from) == (coordinator, "answered", "friend")


def test_call_sent_twice_is_kept_once(client, coordinator, keep):
    key = client.get(NEW).context["key"]

    keep(key=key)
    keep(key=key)

    assert Call.objects.count() == 1


def test_promised_call_leads_to_its_request(keep):
    factories.make_counselor()

    response = keep(outcome="promised", promised_by=THREE, name="Jo")

    request = ConsultationRequest.objects.get()
    assert response.url == page_of(request)
    assert request.promised_call_by == minutes(49)


def test_promise_beyond_phone_hours_is_warned_of(client, keep):
    factories.make_counselor()

    response = keep(outcome="promised", promised_by="2026-11-24T19:30")

    assert "Nobody has phone hours" in " ".join(told(client.get(response.url)))


def test_promise_within_phone_hours_is_not(client, keep):
    factories.make_counselor()

    response = keep(outcome="promised", promised_by=THREE)

    assert "Nobody has phone hours" not in " ".join(told(client.get(response.url)))


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"is_in_danger": ""}, "is_in_danger"),
        ({"outcome": ""}, "outcome"),
        ({"for_whom": ""}, "for_whom"),
        ({"outcome": "promised", "promised_by": ""}, "promised_by"),
        ({"outcome": "promised", "promised_by": THREE, "number": ""}, "number"),
        ({"outcome": "under_18"}, "sent_to"),
        ({"outcome": "not_for_us"}, "sent_to"),
        ({"number": "12"}, "number"),
    ],
)
def test_fault_keeps_what_was_typed_and_saves_nothing(keep, typed, wrong):
    before = everything()

    response = keep(**{"note": "Kept words"} | typed)

    assert list(response.context["form"].errors) == [wrong]
    assert response.context["form"]["note"].value() == "Kept words"
    assert everything() == before


def test_known_caller_need_not_say_for_whom(keep):
    request = factories.make_request(for_whom="loved_one")

    keep(request=str(request.pk), for_whom="", outcome="promised", promised_by=THREE)

    assert Call.objects.get().request == request


def test_known_number_asks_whose_it_is(keep):
    request = factories.make_request()

    response = keep(outcome="promised", promised_by=THREE)

    assert [each.request for each in response.context["open_callers"]] == [request]
    assert "number" in response.context["form"].errors


def test_danger_without_a_number_rings_on_today(client, keep):
    response = keep(number="", is_in_danger="yes", note="By the pier in Newport.")

    request = ConsultationRequest.objects.get()
    page = client.get(response.url)
    assert "We have no number" in " ".join(told(page))
    assert "By the pier" in page.content.decode()
    assert [each.request for each in client.get("/admin/").context["today"].alarms] == [request]
    assert request.reference in client.get(TRIAGE).content.decode()


def test_call_that_a_colleague_kept_is_not_kept_again(client, coordinator, keep):
    ring = Ring.objects.create(staff=coordinator, number="+17145550155", signature="a")
    keep(ring=str(ring.pk))

    response = keep(ring=str(ring.pk))

    assert response.url == LIST
    assert Call.objects.count() == 1


# Booking


def test_booking_call_leads_to_a_time_with_what_was_noted(client, keep):
    counselor = factories.make_counselor(public_name="Mina")

    response = keep(outcome="booked", name="Jo")
    week = client.get(response.url)
    pick = {
        "mode": "phone",
        "at": stamp(NOW.replace(day=25, hour=17, minute=0)),
        "counselor": counselor.pk,
    }
    form = client.get(WEEK + "book/", pick | {"call": Call.objects.get().pk}).context["form"]

    assert f"call={Call.objects.get().pk}" in week.content.decode()
    assert (form["preferred_name"].value(), str(form["phone"].value())) == ("Jo", NUMBER)


def test_booking_call_of_a_known_caller_leads_to_a_time_for_their_request(keep):
    request = factories.make_request()

    response = keep(outcome="booked", request=str(request.pk))

    assert response.url == f"{WEEK}?for={request.pk}"


def test_known_caller_with_an_appointment_is_not_booked_a_second_time(client, keep):
    request = booked(minutes(60)).request

    response = keep(outcome="booked", request=str(request.pk))

    assert response.url == page_of(request)
    assert "They have an appointment on" in " ".join(told(client.get(response.url)))


# The list


def test_list_shows_a_corrected_call_once(client, keep):
    keep()
    keep(corrects=str(Call.objects.get().pk), outcome="not_for_us", sent_to="The city")

    (row,) = client.get(LIST).context["cl"].result_list

    assert row.outcome == "not_for_us"


@pytest.mark.parametrize(("day", "count"), [("today", 1), ("yesterday", 0), ("week", 1)])
def test_list_is_filtered_by_day(client, keep, day, count):
    keep()

    assert len(client.get(LIST, {"day": day}).context["cl"].result_list) == count


def test_list_is_filtered_by_who(client, coordinator, keep):
    keep()

    assert len(client.get(LIST, {"by": coordinator.pk}).context["cl"].result_list) == 1
    assert len(client.get(LIST, {"by": 0}).context["cl"].result_list) == 0


def test_timeline_tells_of_the_call(client, keep):
    response = keep(outcome="promised", promised_by=THREE, note="Asked about parking.")

    html = client.get(response.url).content.decode()

    assert "Call to us: promised a call" in html
    assert "Asked about parking." in html


@pytest.mark.parametrize(("role", "count"), [("VOB", 0), ("counselor", 1)])
def test_head_offers_a_new_call_to_who_takes_calls(client, role, count):
    client.force_login(factories.make_user(role))

    assert client.get("/admin/").content.decode().count('data-key="n"') == count
