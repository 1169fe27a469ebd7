"""The outbox: what became of each email, what it says, and what staff do about it."""

import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from admissions.audit.models import AuditEvent
from admissions.intake import suppressions
from admissions.intake.models import ConsultationRequest, ManageToken, Suppression
from admissions.messaging import outbox, staff_actions
from admissions.messaging.models import Message
from tests.support import factories
from tests.support.desk import NOW, minutes, page_of, told

pytestmark = pytest.mark.django_db
OUTBOX = "/admin/admissions/message/"
Kind, State, Reason, Type = Message.Kind, Message.State, Message.Reason, AuditEvent.Type


def make(kind=Kind.CONFIRMATION, *, state=State.QUEUED, reason="", **columns) -> Message:
    """A message in this state, settled ten minutes ago if that is an end."""
    own = {
        name: columns.pop(name)
        for name in ("due_at", "tries", "provider_message_id")
        if name in columns
    }
    message = factories.make_due(kind, now=NOW, **columns)
    message.state, message.reason = state, reason
    message.finished_at = minutes(-10) if message.is_finished else None
    for name, value in own.items():
        setattr(message, name, value)
    message.save()
    return message


def one_of_each_state() -> dict:
    return {
        "owed": make(due_at=minutes(-1)),
        "stuck": make(due_at=minutes(-6)),
        "later": make(Kind.REMINDER_DAY, due_at=minutes(100)),
        "delayed": make(
            state=State.RETRYING, reason=Reason.UNREACHABLE, tries=3, due_at=minutes(4)
        ),
        "failed": make(state=State.FAILED, reason=Reason.REFUSED),
        "bounced": make(state=State.BOUNCED, reason=Reason.NO_SUCH_ADDRESS),
        "skipped": make(state=State.SKIPPED, reason=Reason.CANCELED),
        "sent": make(state=State.SENT),
        "staff": make(Kind.STAFF_NEW_REQUEST, state=State.SENT),
    }


def page(message) -> str:
    return reverse("admin:admissions_message_change", args=[message.pk])


def step(message, name) -> str:
    return reverse(f"admin:admissions_message_{name}", args=[message.pk])


def listed(client, **query) -> list[Message]:
    return [row.message for row in client.get(OUTBOX, query).context["rows"]]


# The list


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        ("", ["stuck", "owed", "delayed", "later"]),
        ("nonsense", ["stuck", "owed", "delayed", "later"]),
        ("delayed", ["delayed"]),
        ("failed", ["failed"]),
        ("bounced", ["bounced"]),
        ("skipped", ["skipped"]),
        ("sent", ["staff", "sent"]),
    ],
)
def test_outbox_shows_one_state_at_a_time(client, coordinator, show, expected):
    made = one_of_each_state()

    assert listed(client, show=show) == [made[name] for name in expected]


def test_outbox_shows_all_newest_first(client, coordinator):
    made = one_of_each_state()

    assert (listed(client, show="all")[0], len(listed(client, show="all"))) == (made["later"], 9)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"for": "staff"}, ["staff"]),
        ({"for": "requesters"}, ["sent"]),
        ({"kind": "confirmation"}, ["sent"]),
        ({"kind": "moved"}, []),
        ({"kind": "\u202e"}, ["staff", "sent"]),
    ],
)
def test_outbox_narrows_by_kind_and_audience(client, coordinator, query, expected):
    made = one_of_each_state()

    assert listed(client, show="sent", **query) == [made[name] for name in expected]


def test_outbox_refuses_to_filter_by_an_address(client, coordinator):
    assert client.get(OUTBOX, {"request__email__startswith": "j"}).status_code == 400


FATES = {
    "owed": ("Due today 2:10 pm, goes within a minute", "", ""),
    "stuck": ("Due today 2:05 pm, no worker has taken it yet", "", "warm"),
    "later": ("Goes today 3:51 pm", "", ""),
    "delayed": (
        "Not sent yet, try 4 today 2:15 pm",
        "The mail server could not be reached",
        "warm",
    ),
    "failed": ("Failed for good today 2:01 pm", "The mail server refused it for good", "hot"),
    "bounced": ("Came back today 2:01 pm", "The address does not take email", "hot"),
    "skipped": ("Not sent, today 2:01 pm", "Staff took it back", ""),
    "sent": ("Sent today 2:01 pm", "", ""),
}


@pytest.mark.parametrize("name", FATES)
def test_row_says_in_words_what_became_of_it(client, coordinator, name):
    message = one_of_each_state()[name]

    rows = client.get(OUTBOX, {"show": "all"}).context["rows"]

    [status] = [each.status for each in rows if each.message == message]
    assert (str(status.text), str(status.detail), status.urgency) == FATES[name]


def test_row_of_a_copy_says_who_had_it_sent_and_why(client, coordinator):
    message = make(state=State.SENT)
    staff_actions.resend_message(message_id=message.pk, copy=1, because="lost", by=coordinator)

    [row] = client.get(OUTBOX).context["rows"]

    assert row.resend_note == "Sent again by Dana R.: They have lost it"


def test_outbox_shows_neither_names_nor_addresses(client, coordinator):
    make(preferred_name="Zqx Canary", email="zqx@example.com", phone="+17145550199")

    html = client.get(OUTBOX).content.decode()

    assert [word for word in ("Zqx", "zqx", "0199", "Your appointment") if word in html] == []


def queries(client, address) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return [each["sql"] for each in captured]


@pytest.mark.parametrize("show", ["owed", "sent", "all"])
def test_outbox_costs_the_same_with_1_and_30_rows(client, coordinator, show):
    state = State.QUEUED if show == "owed" else State.SENT
    address = f"{OUTBOX}?show={show}"
    make(state=state)
    client.get(address)
    with_one = len(queries(client, address))
    for _each in range(29):
        again = make(state=State.SENT)
        staff_actions.resend_message(
            message_id=again.pk, copy=1, because="lost", by=factories.make_user()
        )

    assert len(queries(client, address)) == with_one


@pytest.mark.parametrize("query", ["", "?show=sent", "?show=all&kind=moved", "?for=staff"])
def test_outbox_never_counts_further_than_it_leads(client, coordinator, query):
    make(state=State.SENT)

    counts = [each for each in queries(client, OUTBOX + query) if "COUNT(" in each]

    assert [each for each in counts if "LIMIT 1000" not in each] == []


@pytest.mark.parametrize("query", ["", "?show=all", "?show=failed", "?show=all&kind=moved"])
def test_outbox_is_read_in_the_order_of_an_index(client, coordinator, query):
    make(state=State.SENT)
    [read] = [each for each in queries(client, OUTBOX + query) if '"message_uuid"' in each]

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("EXPLAIN " + read)
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "Seq Scan on admissions_message" not in plan
    assert "->  Sort" not in plan


# The page of one email


def test_page_previews_exactly_what_the_person_gets(client, coordinator, inbox):
    message = make(email="jo@example.com")

    context = client.get(page(message)).context
    letter = context["preview"].letter

    assert letter.subject == "Your appointment"
    assert context["preview"].files == ("appointment.ics",)
    assert context["preview"].to == "j•••@example.com"
    assert "/#link-of-the-person" in letter.body


def test_look_leaves_one_audit_event_and_no_link_that_opens_anything(client, coordinator):
    message = make()

    client.get(page(message))

    events = AuditEvent.objects.values_list("type", "actor", "request", "code")
    assert list(events) == [(Type.MESSAGE_SEEN, coordinator.pk, message.request.pk, message.kind)]
    assert ManageToken.objects.count() == 0


def frame_of(client, message, name="html", *args):
    look = client.get(page(message)).context["look"]
    path = reverse(f"admin:admissions_message_{name}", args=[message.pk, *args])
    return f"{path}?look={look}"


def test_frame_and_file_leave_no_second_audit_event(client, coordinator):
    message = make()
    frame = frame_of(client, message)

    assert [client.get(frame).status_code, AuditEvent.objects.count()] == [200, 1]


@pytest.mark.parametrize("address", [page, lambda m: OUTBOX])
def test_get_writes_nothing_but_the_look(client, coordinator, address):
    message = make()

    written = [
        each
        for each in queries(client, address(message))
        if each.startswith(("INSERT", "UPDATE", "DELETE")) and "accounts_session" not in each
    ]

    assert [each.split('"')[1] for each in written] == ["admissions_auditevent"]


@pytest.mark.security(66)
def test_frame_has_a_policy_of_its_own(client, coordinator):
    response = client.get(frame_of(client, make()))

    policy = response["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "style-src 'unsafe-inline'", "sandbox"} <= set(policy)
    assert "frame-ancestors 'self'" in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"


def test_page_around_the_frame_stays_unframed(client, coordinator):
    response = client.get(page(make()))

    assert response["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]


def test_file_is_the_calendar_entry(client, coordinator):
    response = client.get(frame_of(client, make(), "file", 0))

    assert response.content[:15] == b"BEGIN:VCALENDAR"
    assert response["Content-Disposition"] == 'attachment; filename="appointment.ics"'


def test_file_that_is_not_there_is_not_found(client, coordinator):
    assert client.get(frame_of(client, make(), "file", 7)).status_code == 404


@pytest.mark.parametrize("look", ["", "x", "other"])
def test_frame_without_a_recorded_look_is_not_found(client, coordinator, look):
    message = make()
    if look == "other":
        look = client.get(page(make())).context["look"]

    path = reverse("admin:admissions_message_html", args=[message.pk])

    assert client.get(path, {"look": look}).status_code == 404


def test_frame_of_a_colleagues_look_is_not_found(client, coordinator):
    frame = frame_of(client, make())
    client.force_login(factories.make_user("coordinator"))

    assert client.get(frame).status_code == 404


def test_frame_of_an_old_look_is_not_found(client, coordinator, time_machine):
    frame = frame_of(client, make())
    for later in (14, 28, 42, 56, 61):
        time_machine.move_to(minutes(later), tick=False)
        client.get("/admin/")

    assert client.get(frame).status_code == 404


@pytest.mark.parametrize("kind", list(Kind))
def test_page_opens_for_every_kind(client, kind):
    client.force_login(factories.make_user("director"))

    response = client.get(page(make(kind)))

    assert response.status_code == 200
    assert response.context["preview"].letter is not None


@pytest.mark.parametrize("state", ["owed", "delayed", "failed", "bounced", "skipped", "sent"])
def test_page_opens_in_every_state(client, coordinator, state):
    message = one_of_each_state()[state]

    title = client.get(page(message)).context["preview"].title

    expected = "What it says" if state in ("owed", "delayed") else "What it would say now"
    assert title == expected


def test_page_of_a_letter_that_cannot_be_written_says_so(client, coordinator, caplog):
    message = make(Kind.HANDED_OVER)
    Message.objects.update(consultation=None)
    caplog.set_level(logging.WARNING)

    html = client.get(page(message)).content.decode()

    assert "This email can't be written any more." in html
    assert "jo@example.com" not in caplog.text


def test_page_tells_what_the_provider_reported(client, coordinator):
    message = make(state=State.BOUNCED, reason=Reason.NO_SUCH_ADDRESS)
    message.provider_events.create(provider="postmark", sha256="0", type="bounced")

    facts = client.get(page(message)).context["facts"]

    assert facts[-1] == ("postmark reported", "bounced, Tue, Nov 24, 2:11 pm")


def test_page_never_shows_the_whole_address(client, coordinator):
    message = make(email="zqx@example.com")

    html = client.get(page(message)).content.decode()

    assert "zqx@" not in html
    assert "z•••@example.com" in html


# What staff do


def test_resend_makes_a_copy_and_leads_to_it(client, coordinator):
    message = make(state=State.SENT)

    response = client.post(step(message, "resend"), {"because": "lost", "copy": "1"})

    copy = Message.objects.get(copy=1)
    assert (response.url, copy.resent_by) == (page(copy), coordinator)


@pytest.mark.parametrize("data", [{}, {"copy": "1"}, {"because": "boredom", "copy": "1"}])
def test_resend_without_a_reason_changes_nothing(client, coordinator, data):
    message = make(state=State.SENT)

    response = client.post(step(message, "resend"), data)

    assert (response.status_code, Message.objects.count()) == (200, 1)
    assert told(response) == ["Nothing is changed yet. Look at the words in red."]


def test_resend_that_is_refused_says_why(client, coordinator):
    message = make(state=State.SENT)
    ConsultationRequest.objects.update(may_email=False)

    response = client.post(step(message, "resend"), {"because": "lost", "copy": "1"}, follow=True)

    assert told(response) == ["It may not go: The contact plan does not permit email."]
    assert Message.objects.count() == 1


def test_page_offers_no_resend_where_it_would_be_refused(client, coordinator):
    message = make(state=State.SENT)
    ConsultationRequest.objects.update(may_email=False)

    html = client.get(page(message)).content.decode()

    assert 'id="resend"' not in html
    assert "The contact plan does not permit email" in html


def test_take_back_skips_it_and_comes_back_to_its_page(client, coordinator):
    message = make()

    response = client.post(step(message, "take_back"))

    message.refresh_from_db()
    assert (response.url, message.reason) == (page(message), Reason.CANCELED)


def test_take_back_from_the_request_comes_back_to_it(client, coordinator):
    message = make()

    response = client.post(step(message, "take_back"), {"from_request": "1"})

    assert response.url == page_of(message.request) + "#emails"


def test_came_back_puts_the_person_on_the_desk(client, coordinator):
    message = make(state=State.SENT)

    client.post(step(message, "came_back"))

    message.request.refresh_from_db()
    assert message.request.email_failed_at == NOW
    assert ConsultationRequest.objects.needing_someone(now=NOW).get() == message.request


STEPS = ["resend", "take_back", "came_back"]


@pytest.mark.parametrize("name", STEPS)
def test_step_is_never_a_get(client, coordinator, name):
    message = make(state=State.SENT)

    assert client.get(step(message, name)).status_code == 405


@pytest.mark.parametrize("role", ["content editor", None])
@pytest.mark.parametrize("name", STEPS)
def test_step_without_the_role_changes_nothing(client, role, name):
    message = make(state=State.QUEUED if name == "take_back" else State.SENT)
    client.force_login(factories.make_user(role))

    response = client.post(step(message, name), {"because": "lost", "copy": "1"})

    rows = Message.objects.values_list("state", flat=True)
    assert (response.status_code, list(rows)) == (403, [message.state])


@pytest.mark.parametrize("role", ["coordinator", "counselor", "director"])
def test_step_is_open_to_everyone_who_works_on_requests(client, role):
    message = make()
    client.force_login(factories.make_user(role))

    client.post(step(message, "take_back"))

    message.refresh_from_db()
    assert message.state == State.SKIPPED


@pytest.mark.parametrize("name", ["html", "file"])
def test_frame_and_file_are_closed_without_the_role(client, coordinator, name):
    frame = frame_of(client, make(), name, *([0] if name == "file" else []))
    client.force_login(factories.make_user("content editor"))

    assert client.get(frame).status_code == 403


# On the page of the request


def test_request_page_lists_what_goes_next_by_both_clocks(client, coordinator):
    message = make(Kind.REMINDER_DAY, due_at=minutes(100), time_zone="America/New_York")
    make(Kind.STAFF_NEW_REQUEST)

    [ahead] = client.get(page_of(message.request)).context["emails_ahead"]

    said = (ahead.message, ahead.when, ahead.recipient_time)
    assert said == (message, "Goes today 3:51 pm", "Tue 6:51 pm (EST)")


def test_request_page_says_no_second_clock_where_it_is_the_same(client, coordinator):
    message = make(due_at=minutes(100))

    [ahead] = client.get(page_of(message.request)).context["emails_ahead"]

    assert ahead.recipient_time == ""


def test_request_page_names_the_email_that_failed_last_and_why(client, coordinator):
    message = make(state=State.FAILED, reason=Reason.REFUSED)

    lost = client.get(page_of(message.request)).context["email_lost"]

    assert (lost.message, lost.status.detail) == (message, "The mail server refused it for good")


def test_request_page_says_that_we_do_not_write_to_the_address(client, coordinator):
    message = make()
    suppressions.suppress_email(message.request, Suppression.Cause.BOUNCED)

    words = client.get(page_of(message.request)).context["suppressed"]

    assert words == "We don't write to this address: Email to it came back, today 2:11 pm."


def test_request_page_without_the_role_offers_no_take_back(client):
    message = make()
    user = factories.make_user("counselor")
    user.groups.first().permissions.filter(codename="answer_for_messages").delete()
    client.force_login(user)

    html = client.get(page_of(message.request)).content.decode()

    assert "Take back" not in html


def test_timeline_leads_to_the_email(client, coordinator):
    message = make(state=State.SENT)

    html = client.get(page_of(message.request)).content.decode()

    assert html.count(f'href="{page(message)}"') == 1


def test_request_page_costs_the_same_with_1_and_30_emails(client, coordinator):
    message = make(due_at=minutes(100))
    address = page_of(message.request)
    client.get(address)
    with_one = len(queries(client, address))
    Message.objects.bulk_create(
        outbox.build_message(
            Kind.CALLBACK_MADE,
            request=message.request,
            round=number,
            due_at=NOW + timedelta(days=number),
        )
        for number in range(1, 30)
    )

    assert len(queries(client, address)) == with_one
