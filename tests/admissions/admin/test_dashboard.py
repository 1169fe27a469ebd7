"""The first page of the desk."""

from datetime import timedelta

import pytest
from django.utils import timezone

from admissions.care.models import BenefitsVerification, StaffCredential
from admissions.intake.models import ConsultationRequest
from programs.models import Credential
from tests.support import factories
from tests.support.desk import NOW, booked, minutes, step_of
from tests.support.queries import queries

pytestmark = pytest.mark.django_db
Stage = ConsultationRequest.Stage


def today(client):
    return client.get("/admin/").context["today"]


def names_of(lines):
    return [each["card"].request.preferred_name for each in lines]


def test_today_never_cuts_danger_nor_promises_and_shows_the_six_latest_others(client, coordinator):
    for number in range(8):
        factories.make_request(preferred_name=f"late{number}", due_at=minutes(number - 100))
        factories.make_request(
            preferred_name=f"promised{number}",
            promised_call_by=minutes(number),
            due_at=minutes(number),
        )
    factories.make_request(preferred_name="danger", is_in_danger=True)

    seen = today(client)

    assert names_of(seen.now_and_next) == ["danger", *(f"promised{each}" for each in range(8))]
    assert names_of(seen.late) == [f"late{each}" for each in range(6)]
    assert seen.counts["now"] == 17
    assert seen.has_more_late


def test_own_talk_comes_first_while_it_runs_and_again_where_it_is_next(client):
    user = factories.make_user("counselor")
    client.force_login(user)
    counselor, colleague = factories.make_counselor(user=user), factories.make_counselor()
    for at, name in ((-11, "runs"), (49, "next"), (13 * 60, "tomorrow"), (-90, "over")):
        talk = booked(minutes(at), counselor=counselor)
        talk.request.preferred_name = name
        talk.request.save()
    running = booked(minutes(-11), counselor=colleague)
    factories.make_request(preferred_name="danger", is_in_danger=True)

    seen = today(client)

    assert names_of(seen.now_and_next) == ["runs", "danger", "next"]
    others = [(each.consultation.request_id, each.when) for each in seen.upcoming]
    assert others[0] == (running.request_id, "since today 2:00 pm")
    assert [when for _pk, when in others[1:]] == ["tomorrow 3:11 am"]


def test_calls_promised_for_later_are_counted_not_listed(client, coordinator):
    factories.make_request(promised_call_by=minutes(119), preferred_name="soon")
    factories.make_request(promised_call_by=minutes(121), preferred_name="later")

    seen = today(client)

    assert names_of(seen.now_and_next) == ["soon"]
    assert seen.promised_later_count == 1


def test_lines_of_today_cost_no_query_each(client, coordinator):
    asked = []
    for number in range(6):
        factories.make_request(promised_call_by=minutes(number), due_at=minutes(number))
        factories.make_request(due_at=minutes(-number - 1))
        asked.append(queries(client, "/admin/"))

    assert asked[1:] == [asked[-1]] * 5


def test_log_and_claim_on_today_lead_back_to_its_line(client, coordinator):
    request = factories.make_request(
        promised_call_by=minutes(5), phone="+17145550155", may_call=True
    )

    html = client.get("/admin/").content.decode()
    answer = client.post(step_of(request, "log"), {"query": "today", "outcome": "call:no_answer"})

    assert 'href="tel:+1-714-555-0155"' in html
    assert html.count('data-act="log"') == html.count('data-act="claim"') == 1
    assert answer.url == f"/admin/#{request.reference}"


def test_number_that_may_not_be_called_is_no_button(client, coordinator):
    factories.make_request(is_in_danger=True, phone="+17145550155", may_call=False)

    assert "tel:+1-714-555-0155" not in client.get("/admin/").content.decode()


def test_today_escapes_what_people_typed(client, coordinator):
    factories.make_request(preferred_name="<b>Jo</b>", is_in_danger=True)

    html = client.get("/admin/").content.decode()

    assert "<b>Jo</b>" not in html
    assert "&lt;b&gt;Jo&lt;/b&gt;" in html


def test_today_leaves_out_what_can_wait(client, coordinator):
    factories.make_request(due_at=minutes(5))

    assert today(client).late == []


def test_today_shows_the_next_consultations_soonest_first(client, coordinator):
    counselor = factories.make_counselor()
    booked(minutes(1440), counselor=counselor)
    booked(minutes(49), counselor=counselor)
    booked(minutes(-120), counselor=counselor)

    assert [visit.when for visit in today(client).upcoming] == ["today 3:00 pm", "tomorrow 2:11 pm"]


def test_today_shows_my_open_requests_only(client, coordinator):
    colleague = factories.make_user("coordinator")
    mine = factories.make_request(owner=coordinator, claimed_at=NOW)
    factories.make_request(owner=colleague, claimed_at=NOW)
    factories.make_request(
        owner=coordinator, claimed_at=NOW, stage=Stage.CLOSED, closed_at=NOW,
        disposition="withdrawn",
    )  # fmt: skip

    assert [each["card"].request for each in today(client).mine] == [mine]


@pytest.mark.parametrize(
    ("state", "reason"), [("failed", "refused"), ("bounced", "no_such_address")]
)
def test_today_shows_lost_emails_of_open_requests(client, coordinator, state, reason):
    failed = {
        "kind": "moved", "state": state, "reason": reason, "due_at": NOW, "finished_at": NOW,
    }  # fmt: skip
    closed = factories.make_request(stage=Stage.CLOSED, closed_at=NOW, disposition="withdrawn")
    factories.make_message(request=closed, **failed)
    request = factories.make_request(email_failed_at=NOW)
    message = factories.make_message(request=request, **failed)

    assert today(client).failed == [message]


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (91, []),
        (90, ["90 days left"]),
        (1, ["1 day left"]),
        (0, ["last day"]),
        (-1, ["expired"]),
    ],
)
def test_today_warns_of_credentials_about_to_expire(client, days, words):
    client.force_login(factories.make_user("director"))
    Credential.objects.update(expires_on=timezone.localdate(NOW) + timedelta(days=days))

    warnings = client.get("/admin/").context["credential_warnings"]

    assert [warning.label for warning in warnings] == words


def test_today_of_a_content_editor_holds_no_request(client):
    client.force_login(factories.make_user("content editor"))
    factories.make_request(preferred_name="Zqx Canary", is_in_danger=True)

    response = client.get("/admin/")

    assert response.context["today"] is None
    assert "Zqx" not in response.content.decode()


def test_today_puts_calls_before_what_is_late(client, coordinator):
    factories.make_request(preferred_name="late", due_at=minutes(-100))
    factories.make_request(preferred_name="promised", promised_call_by=minutes(4))
    factories.make_request(preferred_name="danger", is_in_danger=True)

    seen = today(client)

    assert names_of(seen.now_and_next) == ["danger", "promised"]
    assert names_of(seen.late) == ["late"]


def test_today_says_when_we_open(client, coordinator):
    factories.make_counselor(days=[2])

    assert today(client).opens_at == "tomorrow at 9:00 am"


@pytest.mark.parametrize(("role", "count"), [("clinician", 1), ("counselor", 0)])
def test_today_shows_high_concerns_to_clinicians(client, role, count):
    client.force_login(factories.make_user(role))
    factories.make_request(concern_opened_at=minutes(-10))

    assert len(today(client).concerns) == count


def test_today_shows_referrals_until_somebody_there_has_confirmed(client, coordinator):
    columns = {"stage": Stage.CLOSED, "closed_at": NOW, "disposition": "referred_out"}
    request = factories.make_request(**columns)
    request.referrals.create(to_whom="County line", made_by=coordinator, made_at=minutes(-60))
    request.referrals.create(
        to_whom="Clinic", made_by=coordinator, confirmed_by=coordinator, confirmed_at=NOW
    )

    [pending] = today(client).referrals

    assert (pending.what, pending.since) == ("County line", "since today 1:11 pm")


def test_today_of_who_verifies_insurance_names_nobody(client):
    client.force_login(factories.make_user("VOB"))
    request = factories.make_request(preferred_name="Zqx Canary")
    BenefitsVerification.objects.create(request=request, asked_at=minutes(-60))
    BenefitsVerification.objects.create(request=factories.make_request(), status="verified")

    response = client.get("/admin/")

    assert [each.request for each in response.context["insurance"]] == [request]
    assert response.context["today"] is None
    assert "Zqx" not in response.content.decode()


@pytest.mark.parametrize(
    ("role", "mine", "days", "count"),
    [
        ("counselor", True, 90, 1),
        ("counselor", True, 91, 0),
        ("counselor", False, 30, 0),
        ("director", False, 30, 1),
    ],
)
def test_today_warns_of_staff_credentials(client, role, mine, days, count):
    user = factories.make_user(role)
    client.force_login(user)
    StaffCredential.objects.create(
        user=user if mine else factories.make_user("counselor"),
        title="LMFT",
        number="1",
        expires_on=timezone.localdate(NOW) + timedelta(days=days),
    )

    assert len(client.get("/admin/").context["qualifications"]) == count


@pytest.mark.parametrize("role", ["auditor", "content editor", "VOB", None])
def test_today_of_those_without_requests_refreshes_nothing(client, role):
    client.force_login(factories.make_user(role))

    assert "data-live" not in client.get("/admin/").content.decode()


def test_today_refreshes_its_living_part_alone(client, coordinator):
    html = client.get("/admin/", HTTP_X_LIVE_REFRESH="1").content.decode()

    assert 'data-part="now"' in html
    assert "<html" not in html
