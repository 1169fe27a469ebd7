"""The week calendar: look, book for someone on the phone, move by click, close time."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from admissions.audit.models import AuditEvent
from admissions.calls.models import Call
from admissions.intake.models import ConsentEvent, ConsultationRequest
from admissions.scheduling.models import Closure, Consultation
from tests.support import factories
from tests.support.desk import NOW, acts_on, booked, minutes, page_of, told
from tests.support.rows import everything
from tests.support.visitor import stamp

pytestmark = pytest.mark.django_db
WEEK = "/admin/admissions/consultation/week/"
BOOK, MOVE = WEEK + "book/", WEEK + "move/"
CLOSURE = "/admin/admissions/closure/add/"
Stage, Status, Type = ConsultationRequest.Stage, Consultation.Status, AuditEvent.Type
# Wednesday, November 25, 9:00 am and 1:00 pm in California.
NINE = NOW.replace(day=25, hour=17, minute=0)
ONE = NOW.replace(day=25, hour=21, minute=0)


@pytest.fixture
def counselor():
    return factories.make_counselor(public_name="Mina")


def pick(counselor, at=NINE, **extra):
    return {"mode": "phone", "at": stamp(at), "counselor": counselor.pk, **extra}


def entries(response, kind):
    return [
        entry
        for band in response.context["bands"]
        for column in band.columns
        for entry in column.entries
        if entry.kind == kind
    ]


# Looking


def test_week_of_a_counselor_is_seven_days_from_today(client, coordinator, counselor):
    response = client.get(WEEK, {"counselor": counselor.pk})

    (band,) = response.context["bands"]
    assert [column.name for column in band.columns] == [
        "Tue, Nov 24", "Wed, Nov 25", "Thu, Nov 26", "Fri, Nov 27",
        "Sat, Nov 28", "Sun, Nov 29", "Mon, Nov 30",
    ]  # fmt: skip


def test_day_of_all_counselors_has_a_column_for_each(client, coordinator, counselor):
    factories.make_counselor(public_name="Adam")

    response = client.get(WEEK, {"from": "2026-11-25"})

    (band,) = response.context["bands"]
    assert [column.name for column in band.columns] == ["Adam", "Mina"]
    assert "Wednesday, November 25" in response.content.decode()


def test_held_time_names_the_request_and_leads_to_it(client, coordinator, counselor):
    request = booked(NINE, counselor=counselor).request

    html = client.get(WEEK, {"counselor": counselor.pk}).content.decode()

    assert f'href="{page_of(request)}">{request.preferred_name}</a>' in html
    assert request.reference in html


def test_names_of_people_and_counselors_are_escaped(client, coordinator):
    counselor = factories.make_counselor(public_name="Mina <i>")
    request = booked(NINE, counselor=counselor).request
    request.preferred_name = "Jo <b>"
    request.save(update_fields=["preferred_name"])

    html = client.get(WEEK, {"from": "2026-11-25"}).content.decode()

    assert "Jo &lt;b&gt;</a>" in html
    assert ", Mina &lt;i&gt;</span>" in html
    assert "Jo <b>" not in html
    assert "Mina <i>" not in html


def test_free_start_leads_to_its_form(client, coordinator, counselor):
    response = client.get(WEEK, {"counselor": counselor.pk})

    address = f"{BOOK}?mode=phone&amp;at={stamp(NINE)}&amp;counselor={counselor.pk}"
    assert address in response.content.decode()
    assert client.get(address.replace("&amp;", "&")).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {"from": "soon"}, {"from": "9999-12-31"}, {"from": "0001-01-01"}, {"counselor": "x"},
        {"counselor": "999999999999999999999"}, {"mode": "pigeon"}, {"move": "x"},
        {"move": "99999999999999999999"}, {"for": "x"}, {"move": "\u0661"},
    ],
    ids=str,
)  # fmt: skip
def test_week_of_an_odd_address_is_that_of_today(client, coordinator, counselor, query):
    response = client.get(WEEK, query)

    assert response.status_code == 200
    assert response.context["when"] == "Tuesday, November 24"


def queries(client, query) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(WEEK, query).status_code == 200
    return len(captured)


@pytest.mark.parametrize("whose", ["all", "one"])
def test_week_costs_the_same_with_1_and_30(client, coordinator, counselor, whose):
    query = {"from": "2026-11-25"} | ({"counselor": counselor.pk} if whose == "one" else {})
    booked(NINE, counselor=counselor)
    client.get(WEEK, query)
    with_one = queries(client, query)
    for number in range(1, 30):
        more = counselor if whose == "one" else factories.make_counselor()
        booked(NINE + number * timedelta(hours=5 if whose == "one" else 0), counselor=more)
        Closure.objects.create(counselor=more, starts_at=ONE, ends_at=ONE + timedelta(hours=1))

    assert queries(client, query) == with_one


def test_menu_and_index_lead_to_the_week(client, coordinator):
    menu = client.get("/admin/").context["menu"]
    index = client.get("/admin/admissions/").context["app_list"][0]["models"]

    (calendar,) = [item["url"] for item in menu if item["name"] == "Calendar"]
    (model,) = [each["admin_url"] for each in index if each["object_name"] == "Consultation"]
    assert (calendar, model) == (WEEK, WEEK)


@pytest.mark.parametrize(
    ("address", "name"), [(WEEK, "Week"), ("/admin/admissions/consultation/", "List")]
)
def test_calendar_marks_the_one_place_where_staff_are(client, coordinator, address, name):
    context = client.get(address).context

    assert [item["name"] for item in context["submenu"] if item["is_here"]] == [name]
    assert [item["name"] for item in context["menu"] if item["is_here"]] == ["Calendar"]


# Booking for someone on the phone


OTHER = {"phone": "714 555 0156", "email": "other@example.com"}


def spoken(counselor, at=NINE, **typed):
    """What the browser posts for a caller who may be called and emailed."""
    return pick(counselor, at) | {
        "is_in_danger": "no", "for_whom": "self", "is_adult": "yes", "preferred_name": "Jo",
        "phone": "714 555 0155", "email": "jo@example.com", "may_call": "on", "may_email": "on",
        "voicemail": "no", "is_discreet": "on", "good_time": "any", "language": "en",
        "time_zone": "America/Los_Angeles", "agrees_to_contact": "on", "note": "Kept words",
    } | typed  # fmt: skip


def with_key(client, counselor, data):
    """The data with the key of a form that was really shown."""
    return data | {"key": client.get(BOOK, pick(counselor)).context["key"]}


def test_booking_lands_on_the_request_with_its_consultation(client, coordinator, counselor):
    response = client.post(BOOK, with_key(client, counselor, spoken(counselor)))

    request = ConsultationRequest.objects.get()
    held = request.standing_consultation()
    assert response.url == page_of(request)
    assert (request.source, request.note, request.email) == (
        "staff", "Kept words", "jo@example.com",
    )  # fmt: skip
    assert (held.counselor, held.starts_at, held.booked_by) == (counselor, NINE, coordinator)
    assert acts_on(request) == [(Type.CONSULTATION_REQUESTED, coordinator)]


def test_booking_keeps_consents_as_read_out(client, coordinator, counselor):
    client.post(BOOK, with_key(client, counselor, spoken(counselor)))

    kept = ConsentEvent.objects.values_list("version__key", "is_granted", "channel", "actor")
    assert sorted(kept) == [
        ("contact", True, "phone", coordinator.pk),
        ("email", True, "phone", coordinator.pk),
        ("text", False, "phone", coordinator.pk),
    ]


def test_booking_sent_twice_counts_once(client, coordinator, counselor):
    data = with_key(client, counselor, spoken(counselor))

    first, second = client.post(BOOK, data), client.post(BOOK, data)

    assert (second.url, ConsultationRequest.objects.count()) == (first.url, 1)


def test_two_tabs_are_two_callers(client, coordinator, counselor):
    first = with_key(client, counselor, spoken(counselor))
    second = with_key(
        client, counselor, spoken(counselor, ONE, phone="714 555 0156", email="", may_email="")
    )

    client.post(BOOK, first)
    client.post(BOOK, second)

    assert ConsultationRequest.objects.count() == 2


def test_caller_with_an_appointment_is_not_booked_a_second_time_unwarned(
    client, coordinator, counselor
):
    standing = booked(ONE, counselor=counselor)
    data = with_key(client, counselor, spoken(counselor))
    before = everything()

    response = client.post(BOOK, data)

    assert everything() == before
    assert response.context["appointment"] == standing
    assert "Wed, Nov 25, 1:00 pm" in response.context["appointment_when"]


def test_caller_with_an_appointment_is_booked_once_staff_were_told(client, coordinator, counselor):
    standing = booked(ONE, counselor=counselor)
    data = with_key(client, counselor, spoken(counselor))

    client.post(BOOK, data | {"anyway": standing.pk})

    assert ConsultationRequest.objects.filter(source="staff").count() == 1


def test_appointment_on_the_other_side_of_the_wall_is_not_told(client, coordinator, counselor):
    request = booked(ONE, counselor=counselor).request
    ConsultationRequest.objects.filter(pk=request.pk).update(for_whom="loved_one")

    client.post(BOOK, with_key(client, counselor, spoken(counselor)))

    assert ConsultationRequest.objects.filter(source="staff").count() == 1


def test_booking_of_a_call_is_linked_to_it(client, coordinator, counselor):
    call = Call.objects.create(by=coordinator, outcome="booked", for_whom="self", at=NOW)

    client.post(BOOK, with_key(client, counselor, spoken(counselor, call=call.pk)))

    call.refresh_from_db()
    assert call.request == ConsultationRequest.objects.get()


def test_booking_promises_a_call_before_the_talk(client, coordinator, counselor):
    data = spoken(counselor, promise_by="2026-11-24T15:00")

    client.post(BOOK, with_key(client, counselor, data))

    request = ConsultationRequest.objects.get()
    assert request.promised_call_by == request.due_at == minutes(49)
    assert request.messages.filter(kind="staff_promise_broken").exists()


@pytest.mark.parametrize(
    "typed", [{"promise_by": "2026-11-24T21:00"}, {"promise_by": "2026-11-23T15:00"}]
)
def test_booking_promises_no_call_at_night_or_in_the_past(client, coordinator, counselor, typed):
    response = client.post(BOOK, with_key(client, counselor, spoken(counselor, **typed)))

    assert list(response.context["form"].errors) == ["promise_by"]


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"preferred_name": ""}, ["preferred_name"]),
        ({"phone": ""}, ["phone"]),
        ({"is_adult": "no"}, ["is_adult"]),
        ({"agrees_to_contact": ""}, ["agrees_to_contact"]),
        ({"may_email": ""}, ["may_email"]),
        ({"language": "tlh"}, ["language"]),
        ({"time_zone": "Mars/Crater"}, ["time_zone"]),
    ],
)
def test_booking_with_a_fault_keeps_what_was_typed(client, coordinator, counselor, typed, wrong):
    data = with_key(client, counselor, spoken(counselor, **typed))
    before = everything()

    response = client.post(BOOK, data)

    form = response.context["form"]
    assert (list(form.errors), form["note"].value()) == (wrong, "Kept words")
    assert everything() == before


def test_booking_of_a_lost_time_offers_the_nearest_and_saves_nothing(
    client, coordinator, counselor
):
    data = with_key(client, counselor, spoken(counselor, **OTHER))
    booked(NINE, counselor=counselor)
    before = everything()

    response = client.post(BOOK, data)

    context = response.context
    assert (response.status_code, everything()) == (409, before)
    assert [each.words for each in context["nearest"]] == [
        "Wed, Nov 25, 10:00 am with Mina",
        "Wed, Nov 25, 10:30 am with Mina",
        "Wed, Nov 25, 11:00 am with Mina",
    ]
    assert (context["form"]["note"].value(), context["key"]) == ("Kept words", data["key"])


def test_booking_takes_the_nearest_time_with_one_click(client, coordinator, counselor):
    data = with_key(client, counselor, spoken(counselor, **OTHER))
    booked(NINE, counselor=counselor)
    nearest = client.post(BOOK, data).context["nearest"]

    client.post(BOOK, data | {"instead": nearest[0].value})

    request = ConsultationRequest.objects.get(source="staff")
    assert request.standing_consultation().starts_at == NINE + timedelta(hours=1)


def test_booking_in_a_language_the_counselor_lacks_offers_who_speaks_it(
    client, coordinator, counselor
):
    factories.make_counselor(public_name="Rosa", languages=("es",))

    response = client.post(BOOK, with_key(client, counselor, spoken(counselor, language="es")))

    assert response.status_code == 409
    assert "Wed, Nov 25, 9:00 am with Rosa" in [each.words for each in response.context["nearest"]]


def foreign_key(client, counselor):
    colleague = factories.make_user("coordinator")
    me = client.session["_auth_user_id"]
    client.force_login(colleague)
    key = client.get(BOOK, pick(counselor)).context["key"]
    client.force_login(type(colleague).objects.get(pk=me))
    return key


@pytest.mark.parametrize("key", ["", "forged", "of a colleague"])
def test_booking_without_a_key_of_ones_own_saves_nothing(client, coordinator, counselor, key):
    key = foreign_key(client, counselor) if key == "of a colleague" else key
    before = everything()

    response = client.post(BOOK, spoken(counselor, key=key))

    assert response.context["is_stale"]
    assert everything() == before
    assert response.context["form"]["note"].value() == "Kept words"


@pytest.mark.parametrize(
    "query",
    [
        {}, {"mode": "pigeon"}, {"at": "soon"}, {"counselor": "x"},
        {"at": stamp(NINE - timedelta(days=9))}, {"counselor": "999999999"},
    ],
    ids=str,
)  # fmt: skip
def test_booking_page_of_no_free_time_leads_back(client, coordinator, counselor, query):
    data = pick(counselor) | query if query else {}

    response = client.get(BOOK, data, follow=True)

    assert urlsplit(response.redirect_chain[0][0]).path == WEEK
    assert told(response) == ["That time is no longer open. Choose another."]


def test_booking_page_changes_nothing(client, coordinator, counselor):
    before = everything()

    client.get(BOOK, pick(counselor))

    assert everything() == before


# A time for a request


def test_request_without_a_consultation_leads_to_the_calendar(client, coordinator, counselor):
    request = factories.make_request()

    address = client.get(page_of(request)).context["calendar"]

    assert address == f"{WEEK}?for={request.pk}"
    assert f"{BOOK}?mode=phone&amp;for={request.pk}" in client.get(address).content.decode()


def test_booking_for_a_request_schedules_it(client, coordinator, counselor):
    request = factories.make_request()
    data = pick(counselor, **{"for": request.pk})
    data["key"] = client.get(BOOK, data).context["key"]

    response = client.post(BOOK, data)

    request.refresh_from_db()
    assert (response.url, request.stage) == (page_of(request), Stage.CONSULTATION_SCHEDULED)
    assert request.standing_consultation().starts_at == NINE


def test_booking_for_a_request_of_a_lost_time_offers_the_nearest(client, coordinator, counselor):
    request = factories.make_request()
    data = pick(counselor, **{"for": request.pk})
    data["key"] = client.get(BOOK, data).context["key"]
    booked(NINE, counselor=counselor)
    before = everything()

    response = client.post(BOOK, data)

    assert (response.status_code, len(response.context["nearest"])) == (409, 3)
    assert everything() == before


def test_booking_for_a_request_that_has_one_is_told_kindly(client, coordinator, counselor):
    request = booked(ONE, counselor=counselor).request
    data = pick(counselor, **{"for": request.pk})
    data["key"] = client.get(BOOK, data).context["key"]

    response = client.post(BOOK, data, follow=True)

    assert told(response) == ["A consultation stands already. Move it instead."]
    assert request.consultations.count() == 1


def test_booking_for_a_closed_request_leads_back(client, coordinator, counselor):
    request = factories.make_request(
        stage=Stage.CLOSED, closed_at=NOW, disposition="withdrawn", due_at=None
    )

    response = client.get(BOOK, pick(counselor, **{"for": request.pk}), follow=True)

    assert told(response) == ["This request is closed."]


# Moving by click


def test_move_is_offered_on_held_time(client, coordinator, counselor):
    consultation = booked(NINE, counselor=counselor)

    html = client.get(WEEK, {"counselor": counselor.pk}).content.decode()

    assert f"&amp;move={consultation.pk}" in html


def test_move_shows_free_starts_that_lead_to_it(client, coordinator, counselor):
    consultation = booked(NINE, counselor=counselor)

    response = client.get(WEEK, {"counselor": counselor.pk, "move": consultation.pk})

    assert [each.consultation for each in entries(response, "moving")] == [consultation]
    address = f"{MOVE}?consultation={consultation.pk}&amp;at={stamp(ONE)}"
    assert address in response.content.decode()


def test_move_page_shows_old_and_new(client, coordinator, counselor):
    consultation = booked(NINE, counselor=counselor)

    context = client.get(MOVE, pick(counselor, ONE, consultation=consultation.pk)).context

    assert (context["old_when"], context["when"]) == (
        "Wed, Nov 25, 9:00 am PST", "Wed, Nov 25, 1:00 pm PST",
    )  # fmt: skip
    consultation.refresh_from_db()
    assert consultation.is_standing


def test_move_takes_the_new_time_with_the_counselor_clicked(client, coordinator, counselor):
    consultation = booked(NINE, counselor=counselor)
    other = factories.make_counselor()

    response = client.post(MOVE, pick(other, ONE, consultation=consultation.pk))

    moved = consultation.request.standing_consultation()
    assert (moved.counselor, moved.starts_at, moved.moved_from) == (other, ONE, consultation)
    assert parse_qs(urlsplit(response.url).query)["counselor"] == [str(other.pk)]
    assert consultation.request.messages.filter(kind="moved").count() == 1


def test_move_within_the_requesters_cut_off_is_for_staff(client, coordinator, counselor):
    consultation = booked(minutes(10), counselor=counselor)

    client.post(MOVE, pick(counselor, NINE, consultation=consultation.pk))

    assert consultation.request.standing_consultation().starts_at == NINE


def test_move_sent_twice_counts_once(client, coordinator, counselor):
    consultation = booked(NINE, counselor=counselor)
    data = pick(counselor, ONE, consultation=consultation.pk)

    first, second = client.post(MOVE, data), client.post(MOVE, data)

    assert (second.url, consultation.request.consultations.count()) == (first.url, 2)


def test_move_of_what_changed_meanwhile_is_told_kindly(client, coordinator, counselor):
    consultation = booked(NINE, counselor=counselor, status="canceled_by_person")
    before = everything()

    response = client.post(MOVE, pick(counselor, ONE, consultation=consultation.pk))

    assert (response.url, everything()) == (page_of(consultation.request), before)


def test_move_of_what_a_colleague_moved_meanwhile_leaves_their_time(client, coordinator, counselor):
    consultation = booked(NINE, counselor=counselor)
    client.post(MOVE, pick(counselor, ONE, consultation=consultation.pk))
    before = everything()

    later = ONE + timedelta(hours=2)
    response = client.post(MOVE, pick(counselor, later, consultation=consultation.pk), follow=True)

    assert told(response)[-1] == "This consultation has changed meanwhile."
    assert before[Consultation] == everything()[Consultation]


def test_move_to_a_lost_time_does_neither_and_offers_the_nearest(client, coordinator, counselor):
    consultation = booked(NINE, counselor=counselor)
    booked(ONE, counselor=counselor)
    before = everything()

    response = client.post(MOVE, pick(counselor, ONE, consultation=consultation.pk))

    assert (response.status_code, everything()) == (409, before)
    assert [each.words for each in response.context["nearest"]] == [
        "Wed, Nov 25, 11:30 am with Mina",
        "Wed, Nov 25, 12:00 pm with Mina",
        "Wed, Nov 25, 2:00 pm with Mina",
    ]


def test_move_of_no_consultation_is_not_found(client, coordinator, counselor):
    for number in ["", "x", "0", "99999999999999999999", "\u0661"]:
        response = client.get(MOVE, pick(counselor, consultation=number))
        assert response.status_code == 404


# Closing time


def closing(response, place=0):
    """Where the link of a column leads to."""
    column = response.context["bands"][0].columns[place]
    return f"/admin/admissions/counselor/{column.counselor.pk}/away/?{column.closure_query}"


def test_column_leads_to_time_away_filled_with_its_hours(client, coordinator, counselor):
    response = client.get(WEEK, {"counselor": counselor.pk})

    address = closing(response, 1)
    assert address.replace("&", "&amp;") in response.content.decode()
    assert str(client.get(address).context["span"]) == "Wed, Nov 25, 9:00 am to 5:00 pm"


def test_time_away_leads_back_to_the_calendar(client, coordinator, counselor):
    address = closing(client.get(WEEK, {"counselor": counselor.pk}), 1)
    shown = client.get(address).context["hidden"]

    response = client.post(address, {**dict(shown), "reason": "Dentist"})

    assert response.url == f"{WEEK}?from=2026-11-25&counselor={counselor.pk}"
    assert [each.words for each in entries(client.get(response.url), "closed")] == [
        "Closed: Dentist"
    ]


def test_closure_of_the_center_leads_back_to_the_day_of_all(client):
    client.force_login(factories.make_user("director"))
    factories.make_counselor()
    query = client.get(WEEK, {"from": "2026-11-25"}).context["closure_query_for_all"]

    typed = {"counselor": "", "first_day": "2026-11-25", "reason": "Holiday"}
    response = client.post(f"{CLOSURE}?{query}", typed)

    assert parse_qs(urlsplit(response.url).query) == {"from": ["2026-11-25"]}
    assert [each.words for each in entries(client.get(response.url), "closed")] == [
        "Closed: Holiday"
    ]


@pytest.mark.parametrize(
    ("role", "is_all", "may_close_center"),
    [("coordinator", True, False), ("director", True, True), ("counselor", False, False)],
)
def test_columns_that_may_be_closed_follow_the_role(client, role, is_all, may_close_center):
    mine = factories.make_counselor(user=factories.make_user(role))
    other = factories.make_counselor()
    client.force_login(mine.user)

    context = client.get(WEEK).context

    closable = {mine.pk, other.pk} if is_all else {mine.pk}
    assert (context["closable"], context["may_close_all"]) == (closable, may_close_center)


# Who may


@pytest.mark.parametrize("role", [None, "content editor"])
@pytest.mark.parametrize("address", [BOOK, MOVE])
def test_without_the_role_nothing_is_changed(client, counselor, role, address):
    consultation = booked(NINE, counselor=counselor)
    client.force_login(factories.make_user(role))
    before = everything()

    response = client.post(address, spoken(counselor, ONE, consultation=consultation.pk))

    assert (response.status_code, everything()) == (403, before)


@pytest.mark.parametrize("role", [None, "content editor"])
def test_without_the_role_no_name_is_seen(client, counselor, role):
    booked(NINE, counselor=counselor)
    client.force_login(factories.make_user(role))

    response = client.get(WEEK, {"counselor": counselor.pk})

    assert response.status_code == 403
    assert b"Jo" not in response.content


@pytest.mark.parametrize("address", [BOOK, MOVE])
def test_act_needs_a_csrf_token(client, coordinator, counselor, address):
    client.handler.enforce_csrf_checks = True
    consultation = booked(NINE, counselor=counselor)

    response = client.post(address, spoken(counselor, ONE, consultation=consultation.pk))

    assert (response.status_code, Consultation.objects.count()) == (403, 1)
