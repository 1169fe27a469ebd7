"""The page of one request: what it shows, what it offers, and the record of the look."""

import pytest
from django.contrib.auth.models import Permission

from admissions.audit.models import AuditEvent
from admissions.intake.models import ConsultationRequest
from admissions.messaging.models import Message
from admissions.scheduling.models import Consultation
from tests.support import factories
from tests.support.desk import LIST, NOW, booked, minutes, page_of

pytestmark = pytest.mark.django_db
Stage, Status, Type = ConsultationRequest.Stage, Consultation.Status, AuditEvent.Type


def offered(client, request) -> list[str]:
    return sorted(client.get(page_of(request)).context["forms"])


def test_look_is_recorded_once(client, coordinator):
    request = factories.make_request()

    client.get(page_of(request))

    events = [(event.type, event.actor) for event in request.audit_events.all()]
    assert events == [(Type.REQUEST_VIEWED, coordinator)]


@pytest.mark.parametrize(
    ("number", "link", "shown"),
    [
        ("+17145550155;ext=23", "tel:+1-714-555-0155;ext=23", "(714) 555-0155 ext. 23"),
        ("+525555550155", "tel:+52-55-5555-0155", "+52 55 5555 0155"),
    ],
)
def test_number_is_shown_and_dialed_whole(client, coordinator, number, link, shown):
    page = client.get(page_of(factories.make_request(phone=number)))

    assert f'<a href="{link}">{shown}</a>' in page.content.decode()


def test_page_says_until_when_the_person_is_with_who_asked(client, coordinator):
    request = factories.make_request(for_whom="professional", together_until=minutes(60))

    page = client.get(page_of(request))

    assert "The person is with them" in page.content.decode()


def test_look_changes_nothing_else(client, coordinator):
    request = factories.make_request()
    before = ConsultationRequest.objects.filter(pk=request.pk).values().get()

    client.get(page_of(request))

    assert ConsultationRequest.objects.filter(pk=request.pk).values().get() == before


def test_post_to_the_page_changes_nothing(client, coordinator):
    request = factories.make_request()
    before = ConsultationRequest.objects.filter(pk=request.pk).values().get()

    client.post(page_of(request), {"stage": "closed", "preferred_name": "Else"})

    assert ConsultationRequest.objects.filter(pk=request.pk).values().get() == before


ALWAYS = {
    "ask_insurance",
    "close",
    "escalate",
    "hand_over",
    "log",
    "note",
    "plan",
    "refer",
    "set_aside",
}


def test_new_request_offers_to_claim_it(client, coordinator):
    request = factories.make_request()

    assert set(offered(client, request)) == ALWAYS | {"claim"}


def test_claimed_request_may_be_given_back(client, coordinator):
    request = factories.make_request(owner=coordinator, claimed_at=NOW)

    assert set(offered(client, request)) == ALWAYS | {"give_back"}


def test_colleagues_request_is_handed_over_by_who_assigns_work_only(client):
    client.force_login(factories.make_user("counselor"))
    request = factories.make_request(owner=factories.make_user(), claimed_at=NOW)

    assert set(offered(client, request)) == ALWAYS - {"hand_over"}


def test_request_set_aside_may_be_taken_up(client, coordinator):
    request = factories.make_request(snoozed_until=minutes(60), due_at=minutes(60))

    assert set(offered(client, request)) == ALWAYS | {"claim", "take_up"}


@pytest.mark.parametrize(
    ("columns", "also"),
    [
        ({"is_in_danger": True}, {"take_alarm"}),
        ({"promised_call_by": NOW}, set()),
        ({"concern_opened_at": NOW}, set()),
    ],
)
def test_what_presses_cannot_be_set_aside(client, coordinator, columns, also):
    request = factories.make_request(**columns)

    assert set(offered(client, request)) == ALWAYS - {"set_aside"} | {"claim"} | also


def test_coming_consultation_offers_a_move(client, coordinator):
    request = booked(minutes(60)).request

    assert set(offered(client, request)) == ALWAYS | {"claim", "look_sooner", "move"}


def test_started_consultation_offers_its_outcome(client, coordinator):
    request = booked(minutes(0)).request

    assert set(offered(client, request)) == ALWAYS | {"claim", "complete", "move", "no_show"}


def test_no_show_can_still_be_completed(client, coordinator):
    consultation = booked(
        minutes(-60), status=Status.NO_SHOW, ended_at=minutes(-50), stage=Stage.ATTEMPTING_CONTACT
    )

    assert set(offered(client, consultation.request)) == ALWAYS | {"claim", "complete"}


def test_closed_request_may_be_reopened_and_noted(client, coordinator):
    request = factories.make_request(stage=Stage.CLOSED, closed_at=NOW, disposition="withdrawn")

    assert offered(client, request) == ["note", "reopen"]


def test_log_offers_permitted_channels_only(client, coordinator):
    request = factories.make_request(may_text=False, may_email=False, voicemail="no")

    channels = client.get(page_of(request)).context["forms"]["log"].channels

    values = [value for _channel, outcomes in channels for value, _label in outcomes]
    assert values == [
        "call:no_answer", "call:reached", "call:wrong_number", "call:asked_to_stop",
        "in_person:reached", "in_person:asked_to_stop",
        "call:replied", "text:replied", "email:replied", "in_person:replied",
    ]  # fmt: skip


def test_close_never_offers_an_admission(client, coordinator):
    request = factories.make_request()

    form = client.get(page_of(request)).context["forms"]["close"]

    assert [value for value, _label in form.fields["disposition"].choices] == [
        "", "referred_out", "declined_by_person", "not_appropriate_here", "unable_to_reach",
        "withdrawn", "duplicate", "spam_or_test",
    ]  # fmt: skip


def test_move_offers_open_times_but_not_its_own(client, coordinator):
    consultation = booked(minutes(109))

    form = client.get(page_of(consultation.request)).context["forms"]["move"]

    _blank, (today, times), *_days = form.fields["starts_at"].choices
    assert (today, [label for _stamp, label in times]) == (
        "Tuesday, November 24", ["3:00 pm", "3:30 pm"],
    )  # fmt: skip


def test_someone_who_may_only_look_is_offered_nothing(client):
    client.force_login(watcher())
    request = factories.make_request()

    assert offered(client, request) == []


def watcher():
    user = factories.make_user(None)
    user.user_permissions.add(Permission.objects.get(codename="view_consultationrequest"))
    return user


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"is_in_danger": True}, "Someone may be in danger."),
        ({"for_whom": "loved_one"}, "confirm nothing about the person"),
        ({"is_adult": False}, "The person who needs help is under 18."),
    ],
)
def test_banner_stands_only_where_it_applies(client, coordinator, columns, words):
    pages = [
        client.get(page_of(factories.make_request(**each))).content.decode()
        for each in ({}, columns)
    ]

    assert [words in page for page in pages] == [False, True]


def test_timeline_holds_everything_newest_first(client, coordinator):
    consultation = booked(minutes(120))
    request = consultation.request
    request.audit_events.create(
        type=Type.CONSULTATION_REQUESTED,
        source="requester",
        consultation=consultation,
        at=minutes(-600),
    )
    factories.make_message(
        Message.Kind.CONFIRMATION,
        consultation=consultation,
        state=Message.State.FAILED,
        reason=Message.Reason.REFUSED,
        due_at=minutes(-600),
        finished_at=minutes(-599),
    )
    factories.make_message(
        Message.Kind.REMINDER_HOURS,
        consultation=consultation,
        due_at=minutes(60),
    )
    request.attempts.create(
        by=coordinator, channel="call", result="reached", note="Prefers mornings", at=minutes(-5)
    )

    timeline = client.get(page_of(request)).context["timeline"]

    booking = "Phone with Dana, Tue, Nov 24, 4:11 pm"
    assert [(entry.when, entry.who, entry.what, entry.detail) for entry in timeline] == [
        ("Tue, Nov 24, 4:11 pm", "Dana", "Consultation, scheduled", booking),
        (
            "Tue, Nov 24, 3:11 pm", "The system",
            "Email “Reminder, shortly before”: promised", "",
        ),
        ("Tue, Nov 24, 2:11 pm", "Dana R.", "Opened the request", ""),
        ("Tue, Nov 24, 2:06 pm", "Dana R.", "Call: Reached", "Prefers mornings"),
        (
            "Tue, Nov 24, 4:12 am", "The system", "Email “Confirmation”: failed for good",
            "The mail server refused it for good",
        ),
        ("Tue, Nov 24, 4:11 am", "The requester", "Booked a consultation", booking),
    ]  # fmt: skip


def test_timeline_counts_looks_in_a_row_as_one(client, coordinator):
    request = factories.make_request()
    client.get(page_of(request))
    client.get(page_of(request))

    timeline = client.get(page_of(request)).context["timeline"]

    assert [(entry.what, entry.detail) for entry in timeline] == [("Opened the request", "3 times")]


def test_page_names_nobody_in_its_title(client, coordinator):
    request = factories.make_request(preferred_name="Zqx Canary")

    html = client.get(page_of(request)).content.decode()

    title = " ".join(html.partition("<title>")[2].partition("</title>")[0].split())
    assert title == f"{request.reference} | Admissions"


@pytest.mark.security(53)
def test_page_escapes_what_people_typed(client, coordinator):
    request = factories.make_request(preferred_name="<b>Jo</b>", note="<script>x</script>")

    html = client.get(page_of(request)).content.decode()

    assert [bad in html for bad in ("<b>Jo</b>", "<script>x")] == [False, False]


def test_page_is_never_kept_by_the_browser(client, coordinator):
    response = client.get(page_of(factories.make_request()))

    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    "pk", ["1", "x", "00000000-0000-4000-8000-000000000000", "9" * 3000, "a/b", "..", "é"]
)
@pytest.mark.parametrize("ending", ["", "change/", "history/", "delete/", "claim/"])
def test_unknown_request_is_not_an_error(client, coordinator, pk, ending):
    response = client.get(f"{LIST}{pk}/{ending}")

    assert response.status_code in {302, 301, 403, 404, 405}


def test_history_is_the_timeline(client, coordinator):
    request = factories.make_request()

    response = client.get(f"{LIST}{request.pk}/history/")

    assert response.url == page_of(request) + "#timeline"


def test_page_tells_what_they_told_the_guide(client, coordinator):
    told = '[["Is anyone in danger right now?", "No"]]'
    asked = factories.make_request(guide_answers=told)

    pages = [client.get(page_of(each)) for each in (asked, factories.make_request())]

    assert [page.context["guided"] for page in pages] == [
        [("Is anyone in danger right now?", "No")],
        [],
    ]
    assert ["What they told the guide" in page.content.decode() for page in pages] == [True, False]
