"""What staff look at and change is written into the audit, once each, before they see it."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.urls import reverse

from admissions.audit import access_log
from admissions.audit.models import AuditEvent
from admissions.intake.models import ConsultationRequest
from admissions.scheduling.models import Counselor
from programs.models import SocialLink
from tests.support import factories
from tests.support.desk import LIST, NOW, booked, minutes, page_of, step_of

pytestmark = pytest.mark.django_db
Type = AuditEvent.Type
SEARCH = "/admin/admissions/consultationrequest/search/"
COUNSELORS = "/admin/admissions/counselor/"


def events() -> list[tuple]:
    return [(each.type, each.code, set(each.shown)) for each in AuditEvent.objects.order_by("pk")]


def every(*requests) -> set:
    return {each.pk for each in requests}


# Lists


def test_today_says_whom_it_showed(client, coordinator):
    urgent = factories.make_request(is_in_danger=True, created_at=NOW)
    talk = booked(minutes(60))

    client.get("/admin/")

    assert events() == [(Type.DESK_VIEWED, "today", every(urgent, talk.request))]


@pytest.mark.parametrize(
    ("query", "code"),
    [("", "triage:open"), ("?show=unclaimed", "triage:unclaimed"), ("?show=odd", "triage:open")],
)
def test_list_says_which_queue_and_whom_it_showed(client, coordinator, query, code):
    asked = factories.make_request(created_at=NOW)

    client.get(LIST + query)

    assert events() == [(Type.DESK_VIEWED, code, every(asked))]


def test_search_keeps_how_many_were_found_and_never_the_term(client, coordinator):
    jo = factories.make_request(preferred_name="Quentin", created_at=NOW)
    factories.make_request(preferred_name="Alex", created_at=NOW)

    client.post(SEARCH, {"term": "Quentin"}, follow=True)

    assert events() == [(Type.SEARCHED, "1", every(jo))]


@pytest.mark.parametrize(
    ("found", "words"),
    [(0, "none"), (1, "1"), (2, "2 to 9"), (9, "2 to 9"), (10, "10 to 49"), (50, "50 or more")],
)
def test_search_tells_about_how_many(found, words):
    assert access_log.result_count_band(found) == words


@pytest.mark.parametrize(
    ("name", "query", "code"),
    [
        ("consultation_calendar", {"from": "2026-11-27"}, "calendar"),
        ("consultation_changelist", {}, "consultation_changelist"),
        ("waitlistentry_changelist", {}, "waitlistentry_changelist"),
        ("earlieroffer_changelist", {}, "earlieroffer_changelist"),
        ("message_changelist", {}, "message_changelist"),
    ],
)
def test_every_list_says_whom_it_showed(client, coordinator, name, query, code):
    talk = booked(minutes(3 * 24 * 60))
    factories.make_offer(consultation=talk, offered_at=NOW)
    factories.make_message("moved", request=talk.request, due_at=NOW)

    client.get(reverse(f"admin:admissions_{name}"), query)

    assert events() == [(Type.DESK_VIEWED, code, every(talk.request))]


def test_page_that_shows_nobody_is_recorded_by_its_name(client, coordinator):
    client.get(COUNSELORS)

    assert events() == [(Type.DESK_VIEWED, "counselor_changelist", set())]


def test_time_away_says_whose_consultations_it_showed(client, coordinator):
    talk = booked(minutes(24 * 60))
    number = talk.counselor_id

    client.get(f"{COUNSELORS}{number}/away/", {"first_day": "2026-11-25"})

    assert events() == [(Type.DESK_VIEWED, f"away {number}", every(talk.request))]


# Pages of one request


def test_page_that_comes_back_with_a_fault_is_a_look_of_its_own(client, coordinator):
    asked = factories.make_request(created_at=NOW)

    client.post(step_of(asked, "log"), {"outcome": "nothing"})

    assert [(each.type, each.request) for each in AuditEvent.objects.all()] == [
        (Type.REQUEST_VIEWED, asked)
    ]


def test_look_and_step_leave_one_event_each(client, coordinator):
    asked = factories.make_request(created_at=NOW)

    client.post(step_of(asked, "claim"))
    client.get(page_of(asked))

    assert [each[0] for each in events()] == [Type.REQUEST_CLAIMED, Type.REQUEST_VIEWED]


# Pages that refresh themselves


@pytest.fixture
def seen(rf, coordinator):
    """Refreshes a page that shows these requests, and says which event stands for it."""

    def refresh(*requests, since=None, by=coordinator, **known):
        request = rf.get("/admin/")
        request.user = by
        ids = [each.pk for each in requests]
        return access_log.log_refreshed_view(
            request, since=since, shown=ids, **{"code": "today"} | known
        )

    return refresh


@pytest.fixture
def pair():
    return [factories.make_request(created_at=NOW) for _ in range(2)]


def test_refresh_that_shows_nobody_new_writes_nothing(seen, pair):
    first = seen(*pair)

    again = seen(pair[0], since=str(first.pk))

    assert (again, AuditEvent.objects.count()) == (first, 1)


def test_refresh_that_shows_someone_new_is_a_look(seen, pair):
    first = seen(pair[0])

    second = seen(*pair, since=str(first.pk))

    assert second.pk > first.pk
    assert set(second.shown) == every(*pair)


@pytest.mark.parametrize(
    "since", ["", "0", "x", "²", "-1", "9" * 40], ids=["none", "0", "word", "odd", "-1", "huge"]
)
def test_refresh_without_an_event_of_its_own_is_a_look(seen, pair, since):
    seen(*pair)

    seen(*pair, since=since)

    assert AuditEvent.objects.count() == 2


def test_refresh_does_not_count_for_another_page_or_colleague(seen, pair):
    first = seen(*pair)

    seen(*pair, since=str(first.pk), code="triage:open")
    seen(*pair, since=str(first.pk), found=2)
    seen(*pair, since=str(first.pk), by=factories.make_user())

    assert AuditEvent.objects.count() == 4


def test_page_left_open_is_recorded_again_after_an_hour(seen, pair, frozen):
    first = seen(*pair)

    frozen.move_to(minutes(61))
    seen(*pair, since=str(first.pk))

    assert AuditEvent.objects.count() == 2


def test_list_left_open_writes_only_when_someone_new_appears(client, coordinator):
    factories.make_request(created_at=NOW)
    look = client.get(LIST).context["look"]
    asks = {"X-Live-Refresh": "1", "X-Look": str(look)}

    unchanged = client.get(LIST, headers=asks)
    factories.make_request(created_at=NOW)
    news = client.get(LIST, headers=asks)

    assert [unchanged["X-Look"], AuditEvent.objects.count()] == [str(look), 2]
    assert news["X-Look"] == str(AuditEvent.objects.last().pk)


# Plain forms


def counselor_form(counselor, **changes):
    row = {
        "user": counselor.user_id, "public_name": counselor.public_name, "modes": ["phone"],
        "languages": ["en"], "location": counselor.location_id, "share": counselor.share,
        "is_taking_consultations": "on",
        "meeting_link": counselor.meeting_link,
    }  # fmt: skip
    empty = {
        f"{name}-{part}_FORMS": "0"
        for name in ("weekly_hours", "extra_hours")
        for part in ("TOTAL", "INITIAL")
    }
    return row | empty | changes


def test_change_is_kept_by_names_of_fields_alone(client, director):
    counselor = factories.make_counselor(days=[], modes=["phone"])

    client.post(
        f"{COUNSELORS}{counselor.pk}/change/", counselor_form(counselor, public_name="Quentin")
    )

    (event,) = AuditEvent.objects.all()
    assert event.type == Type.RECORD_CHANGED
    assert (event.object_type, event.object_id) == ("counselor", str(counselor.pk))
    assert (event.actor, event.fields) == (director, ["public_name"])
    assert LogEntry.objects.count() == 0


def test_hours_are_named_with_their_fields(client, director):
    counselor = factories.make_counselor(days=[], modes=["phone"])
    hours = {
        "weekly_hours-TOTAL_FORMS": "1", "weekly_hours-0-weekday": "0",
        "weekly_hours-0-opens": "09:00", "weekly_hours-0-closes": "12:00",
    }  # fmt: skip

    client.post(f"{COUNSELORS}{counselor.pk}/change/", counselor_form(counselor, **hours))

    assert AuditEvent.objects.get().fields == [
        "weeklyhours closes", "weeklyhours opens", "weeklyhours weekday",
    ]  # fmt: skip


def test_record_is_added_and_deleted_with_one_event_each(client, director):
    client.post("/admin/admissions/closure/add/", {"first_day": "2026-12-24", "reason": "Party"})
    number = AuditEvent.objects.get().object_id
    client.post(f"/admin/admissions/closure/{number}/delete/", {"post": "yes"})

    recorded = AuditEvent.objects.order_by("pk").values_list("type", "object_type", "object_id")
    assert list(recorded) == [
        (Type.RECORD_ADDED, "closure", number),
        (Type.RECORD_DELETED, "closure", number),
    ]


def test_change_and_its_event_are_saved_together_or_not_at_all(client, director, no_audit):
    counselor = factories.make_counselor(days=[], modes=["phone"])

    with pytest.raises(no_audit), transaction.atomic():
        client.post(
            f"{COUNSELORS}{counselor.pk}/change/", counselor_form(counselor, public_name="Quentin")
        )

    assert Counselor.objects.get().public_name == "Dana"


def test_many_are_deleted_with_their_events_or_not_at_all(client, no_audit):
    client.force_login(factories.make_user("content editor"))
    link = SocialLink.objects.create(name="temporary", url="https://example.com/")
    action = {"action": "delete_selected", "_selected_action": [link.pk], "post": "yes"}

    with pytest.raises(no_audit), transaction.atomic():
        client.post("/admin/programs/sociallink/", action)

    assert SocialLink.objects.filter(pk=link.pk).exists()


def test_history_of_a_record_tells_who_changed_which_fields(client, director):
    counselor = factories.make_counselor(days=[], modes=["phone"])
    client.post(
        f"{COUNSELORS}{counselor.pk}/change/", counselor_form(counselor, public_name="Mina")
    )

    response = client.get(f"{COUNSELORS}{counselor.pk}/history/")

    (change,) = response.context["changes"]
    assert (change["who"], change["fields"]) == (director.username, ["public_name"])


@pytest.mark.security(28)
def test_nobody_sees_what_could_not_be_recorded(client, coordinator, no_audit):
    factories.make_request(created_at=NOW)

    with pytest.raises(no_audit), transaction.atomic():
        client.get(LIST)

    assert ConsultationRequest.objects.count() == 1
