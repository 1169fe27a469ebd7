"""The privacy pages of the desk: a director decides, a coordinator notes, the auditor reads."""

import json

import pytest
from django.urls import reverse

from admissions.audit.models import AuditEvent
from admissions.calls.models import Call
from admissions.intake.models import ConsultationRequest
from admissions.privacy import removal, schedule, tasks
from admissions.privacy.models import Disclosure, LegalHold, PrivacyRequest, RetentionPeriod
from tests.admissions.privacy.people import DAY, make_asked, make_canary, make_closed
from tests.support import factories
from tests.support.desk import LIST, NOW, acts_on, page_of, told
from tests.support.queries import queries

pytestmark = pytest.mark.django_db


def at(name, *args) -> str:
    return reverse(f"admin:admissions_{name}", args=args)


def privacy_page(request) -> str:
    return at("privacyrequest_of_request", request.pk)


# The request once its person is removed


@pytest.fixture
def removed():
    request = make_canary()
    removal.remove_expired_data(now=NOW)
    return ConsultationRequest.objects.get(pk=request.pk)


def test_removed_request_says_so_and_offers_nothing(client, director, removed):
    page = client.get(page_of(removed))

    assert page.context["forms"] == {}
    assert "Personal data removed on November 24, 2026" in page.text
    assert page.text.count('<form method="post"') == 1  # signing out


def test_removed_request_stands_in_the_list_without_a_name(client, director, removed):
    page = client.get(LIST + "?show=closed")

    assert "Personal data removed" in page.text
    assert "Zqx" not in page.text


def test_no_step_changes_a_removed_request(client, director, removed):
    address = reverse("admin:admissions_consultationrequest_reopen", args=[removed.pk])

    answer = client.post(address, {"reason": "They called"})

    assert told(answer) == ["Personal data was removed. Nothing can be changed here."]
    assert ConsultationRequest.objects.get(pk=removed.pk).is_anonymized


@pytest.mark.parametrize("role", ["clinician", "VOB", "director"])
def test_no_page_of_a_removed_request_tells_anything(client, removed, role):
    client.force_login(factories.make_user(role))
    pages = {
        "clinician": [
            at("assessment_change", removed.pk), at("assessment_recommendation", removed.pk),
        ],
        "VOB": [at("benefitsverification_change", removed.benefits.pk)],
        "director": [at("message_change", removed.messages.get().pk), page_of(removed)],
    }  # fmt: skip

    for address in pages[role]:
        page = client.get(address)
        assert page.status_code == 200
        assert "Zqx" not in page.text


# Retention


def test_new_period_shows_its_preview_before_it_counts(client, director):
    soon = make_closed(days=20, disposition="spam_or_test")
    address = at("retentionperiod_change", "spam")

    shown = client.post(address, {"number": 10, "seen": 720})

    assert shown.context["wanted"].preview.tonight == 1
    assert page_of(soon) in shown.text
    assert not RetentionPeriod.objects.exists()

    client.post(address, {"number": 10, "seen": 720, "is_confirmed": 1})

    assert schedule.periods()["spam"] == 10 * DAY
    assert RetentionPeriod.objects.get().changed_by == director


def test_period_beyond_its_bounds_is_told_beside_the_field(client, director):
    shown = client.post(at("retentionperiod_change", "clinical"), {"number": 30, "seen": 61368})

    assert "Choose between 2557 days (about 7 years) and" in shown.text
    assert not RetentionPeriod.objects.exists()


def test_list_of_rules_costs_the_same_however_many_requests(client, director):
    address = at("retentionperiod_changelist")
    client.get(address)
    make_closed(days=4000)
    before = queries(client, address)
    for number in range(5):
        make_closed(days=4000 + number)

    assert queries(client, address) == before


def test_event_of_the_preview_names_the_requests_shown(client, director):
    request = make_closed(days=4000)

    client.get(at("retentionperiod_changelist"))

    assert AuditEvent.objects.latest("pk").shown == [request.pk]


# Holds, disclosures and what people ask


def test_hold_is_placed_shown_and_lifted(client, director):
    request = factories.make_request()
    other = factories.make_request()
    data = {"reason": "Smith", "requests": [request.pk, other.pk]}

    client.post(at("privacyrequest_hold", request.pk), data)

    assert LegalHold.objects.count() == 2
    assert 'id="hold"' in client.get(page_of(other)).text
    hold = LegalHold.objects.get(request=request)
    client.post(at("privacyrequest_lift", request.pk, hold.pk), {"reason": "Settled"})
    assert 'id="hold"' not in client.get(page_of(request)).text
    assert acts_on(request) == [("hold_placed", director), ("hold_lifted", director)]


def test_hold_without_a_reason_is_asked_for_it(client, director):
    request = factories.make_request()

    answer = client.post(at("privacyrequest_hold", request.pk), {"requests": [request.pk]})

    assert answer.context["sent"]["hold"].errors["reason"] == ["Write it in a few words."]
    assert not LegalHold.objects.exists()


def test_disclosure_is_recorded_and_stands_in_the_accounting(client, coordinator):
    request = factories.make_request()
    data = {
        "disclosed_at": "2026-11-24T09:00", "to_whom": "Dr. Lee, County ER",
        "categories": ["contact"], "purpose": "Overdose", "basis": "emergency",
    }  # fmt: skip

    client.post(at("privacyrequest_disclose", request.pk), data)

    disclosure = Disclosure.objects.get()
    assert (disclosure.to_whom, disclosure.recorded_by) == ("Dr. Lee, County ER", coordinator)
    assert "Dr. Lee, County ER" in client.get(privacy_page(request)).text
    assert "Dr. Lee, County ER" in client.get(at("disclosure_changelist")).text


def test_disclosure_with_a_mistyped_year_is_told_beside_the_field(client, coordinator):
    request = factories.make_request()

    answer = client.post(
        at("privacyrequest_disclose", request.pk), {"disclosed_at": "0001-01-01T09:00"}
    )

    errors = answer.context["sent"]["disclose"].errors
    assert errors["disclosed_at"] == ["Enter a date from the year 2000 on."]


def test_referral_without_a_basis_is_told_in_the_accounting(client, director):
    request = make_canary(days=1)

    assert 'id="unstated"' in client.get(at("disclosure_changelist")).text
    assert "Not stated yet" in client.get(privacy_page(request)).text


def test_coordinator_notes_what_is_asked_and_cannot_decide(client, coordinator):
    request = factories.make_request()
    data = {"kind": "copy", "received_on": "2026-11-24"}

    client.post(at("privacyrequest_ask", request.pk), data)

    asked = PrivacyRequest.objects.get()
    assert asked.requests.get() == request
    page = client.get(at("privacyrequest_change", asked.pk))
    assert page.context["may_decide"] is False
    for name in ("identity", "decide", "match", "revoke", "file", "removal"):
        assert client.post(at(f"privacyrequest_{name}", asked.pk)).status_code == 403


def test_overdue_one_is_told_in_the_list(client, director, frozen):
    make_asked(factories.make_request(), "inspect")
    address = at("privacyrequest_changelist")
    assert "overdue" not in client.get(address).text

    frozen.shift(10 * DAY)
    client.force_login(director)

    assert "overdue" in client.get(address).text
    assert 'id="overdue-privacy-requests"' in client.get(reverse("admin:index")).text


def test_list_costs_the_same_however_many_were_asked(client, director):
    make_asked(factories.make_request(), "inspect")
    address = at("privacyrequest_changelist")
    client.get(address)
    before = queries(client, address)
    for _number in range(4):
        make_asked(factories.make_request(), "copy")

    assert queries(client, address) == before


def test_identity_is_checked_and_the_outcome_kept(client, director):
    asked = make_asked(factories.make_request(), "copy", identity="")

    client.post(at("privacyrequest_identity", asked.pk), {"identity": "document"})
    data = {"outcome": "done", "note": "Handed over"}
    client.post(at("privacyrequest_decide", asked.pk), data)

    asked.refresh_from_db()
    assert (asked.identity, asked.outcome, asked.decided_by) == ("document", "done", director)


# The export


@pytest.fixture
def asked_copy(director):
    return make_asked(make_canary(days=1), "copy")


def test_file_is_an_attachment_that_nobody_keeps(client, asked_copy):
    answer = client.post(at("privacyrequest_file", asked_copy.pk))

    assert json.loads(answer.content)["requests"][0]["preferred_name"] == "Zqx Canary"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "no-store" in answer["Cache-Control"]
    assert AuditEvent.objects.filter(type="data_exported").count() == 1


def test_page_to_print_tells_the_same(client, asked_copy):
    answer = client.get(at("privacyrequest_readable", asked_copy.pk))

    assert "Zqx Canary" in answer.text
    assert "Zqx clinic" in answer.text
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("name", ["file", "readable", "removal"])
def test_what_is_taken_away_asks_again_who_they_are(client, director, asked_copy, frozen, name):
    client.force_login(director)
    frozen.shift(660)

    method = client.post if name == "file" else client.get
    answer = method(at(f"privacyrequest_{name}", asked_copy.pk))

    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert not AuditEvent.objects.filter(type="data_exported").exists()


# Removal


def test_removal_is_looked_at_twice_and_done_by_the_worker(client, director):
    request = make_canary(days=1)
    asked = make_asked(request)
    address = at("privacyrequest_removal", asked.pk)

    look = client.get(address)
    assert look.context["plans"][0].values > 20
    client.post(address, {"reason": "They asked"})

    page = client.get(at("privacyrequest_change", asked.pk))
    assert 'id="ordered"' in page.text
    assert page.context["may_decide"] is False
    tasks.carry_out_removals()
    assert "Certificates of removal" in client.get(at("privacyrequest_change", asked.pk)).text
    assert "Certificate of removal" in client.get(privacy_page(request)).text


def test_calls_from_their_number_are_shown_before_a_removal_and_matched(client, director):
    asked = make_asked(make_closed(days=1, phone="+17145550199"))
    call = Call.objects.create(
        by=director, outcome="answered", for_whom="self", number="+17145550199"
    )
    address = at("privacyrequest_call", asked.pk, call.pk)

    assert "1 call from their number" in client.get(at("privacyrequest_removal", asked.pk)).text
    assert f'action="{address}"' in client.get(at("privacyrequest_change", asked.pk)).text
    client.post(address)

    call.refresh_from_db()
    assert call.request == asked.requests.get()
    assert address not in client.get(at("privacyrequest_change", asked.pk)).text


def test_order_that_waits_is_taken_back_on_its_page(client, director):
    request = make_canary(days=1)
    asked = make_asked(request)
    client.post(at("privacyrequest_removal", asked.pk), {"reason": "They asked"})
    address = at("privacyrequest_take_order_back", asked.pk)
    assert f'action="{address}"' in client.get(at("privacyrequest_change", asked.pk)).text

    client.post(address)

    tasks.carry_out_removals()
    assert not ConsultationRequest.objects.get(pk=request.pk).is_anonymized
    page = client.get(at("privacyrequest_change", asked.pk))
    assert page.context["may_decide"] is True
    assert address not in page.text


def test_removal_of_what_is_held_is_not_offered(client, director):
    request = make_canary(days=1)
    LegalHold.objects.create(request=request, reason="x", placed_by=director)
    asked = make_asked(request)

    look = client.get(at("privacyrequest_removal", asked.pk))

    assert look.context["may_order"] is False
    assert "It is under a legal hold." in look.text


def test_revocation_takes_one_click(client, director):
    request = factories.make_request()
    asked = make_asked(request, "revocation")

    client.post(at("privacyrequest_revoke", asked.pk))

    request.refresh_from_db()
    assert not (request.may_call or request.may_email)


def test_auditor_reads_without_names(client, removed):
    client.force_login(factories.make_user("auditor"))
    request = factories.make_request(preferred_name="Quentin")

    pages = [
        client.get(at(f"{name}_changelist"))
        for name in (
            "privacyrequest", "legalhold", "disclosure", "removalcertificate", "retentionperiod",
        )
    ]  # fmt: skip
    page = client.get(privacy_page(request))

    assert {each.status_code for each in pages} == {200}
    assert "Quentin" not in page.text
    assert page_of(request) not in page.text
