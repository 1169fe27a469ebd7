"""What people ask of us: due by law, matched by staff, decided once, and what is done for them."""

import dataclasses
import json
from datetime import UTC, date, datetime

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.intake.consents import record_consents
from admissions.intake.models import ConsultationRequest, Suppression
from admissions.messaging import delivery
from admissions.messaging.models import Message
from admissions.privacy import (
    deletion,
    disclosures,
    export,
    holds,
    privacy_requests,
    removal,
    revocation,
    tasks,
)
from admissions.privacy.models import PrivacyRequest, RemovalCertificate
from admissions.scheduling.models import WaitlistEntry
from admissions.triage import outcomes
from tests.admissions.privacy.people import (
    CANARY,
    assess_canary,
    find_canary,
    make_asked,
    make_canary,
    make_closed,
)
from tests.support.factories import make_message, make_request, make_user

pytestmark = pytest.mark.django_db

Kind = PrivacyRequest.Kind


@pytest.fixture
def by():
    return make_user("director")


@pytest.mark.parametrize(
    ("kind", "due_on"),
    [
        # Thanksgiving and the day after are holidays in California.
        (Kind.INSPECT, date(2026, 12, 2)),
        (Kind.COPY, date(2026, 12, 8)),
        (Kind.DELETION, date(2026, 12, 23)),
        (Kind.REVOCATION, date(2026, 12, 9)),
    ],
)
def test_answer_is_due_by_law(kind, due_on):
    assert privacy_requests.find_due_date(kind, date(2026, 11, 23)) == due_on


def test_overdue_ones_are_told(time_machine):
    asked = make_asked(make_request(), Kind.INSPECT)
    on = asked.due_on

    assert list(PrivacyRequest.objects.overdue(on=on)) == []
    assert list(PrivacyRequest.objects.overdue(on=on.replace(day=on.day + 1))) == [asked]


def test_request_from_the_future_is_refused(by):
    with pytest.raises(ActionNotAllowed, match="future"):
        privacy_requests.record_privacy_request(
            request_id=make_request().pk, kind=Kind.COPY, received_on=date(2030, 1, 1), by=by
        )


def test_candidates_share_phone_or_email_and_are_matched_by_staff_alone(by):
    first, same = make_request(), make_request()
    other = make_request(phone="+17145550177", email="other@example.com")
    asked = make_asked(first, Kind.COPY)

    assert privacy_requests.find_candidates(asked) == [same]
    assert export.find_requests(asked) == [first]

    for each in (same, other):
        privacy_requests.match_request(privacy_request_id=asked.pk, request_id=each.pk, by=by)
    privacy_requests.unmatch_request(privacy_request_id=asked.pk, request_id=other.pk, by=by)

    assert set(export.find_requests(asked)) == {first, same}


def test_last_request_is_not_taken_away(by):
    request = make_request()
    asked = make_asked(request)

    with pytest.raises(ActionNotAllowed, match="at least"):
        privacy_requests.unmatch_request(privacy_request_id=asked.pk, request_id=request.pk, by=by)


def test_nothing_counts_as_done_for_somebody_unknown(by):
    asked = make_asked(make_request(), Kind.COPY, identity="")

    with pytest.raises(ActionNotAllowed, match="made sure"):
        privacy_requests.decide_privacy_request(
            privacy_request_id=asked.pk, outcome="done", note="Sent", by=by
        )
    with pytest.raises(ActionNotAllowed, match="made sure"):
        export.export_person(privacy_request_id=asked.pk, by=by, now=timezone.now())


def test_decision_is_made_once(by):
    asked = make_asked(make_request(), Kind.COPY)
    decide = {"privacy_request_id": asked.pk, "note": "Handed over", "by": by}
    privacy_requests.decide_privacy_request(outcome="done", **decide)

    with pytest.raises(ActionNotAllowed, match="decided already"):
        privacy_requests.decide_privacy_request(outcome="refused", **decide)

    asked.refresh_from_db()
    assert (asked.outcome, asked.outcome_note, asked.decided_by) == ("done", "Handed over", by)


def test_removal_is_done_by_doing_it(by):
    asked = make_asked(make_closed(days=1))

    with pytest.raises(ActionNotAllowed, match="carried out"):
        privacy_requests.decide_privacy_request(
            privacy_request_id=asked.pk, outcome="done", note="x", by=by
        )


# Removal on request


def order(asked, by, **reasons):
    reasons.setdefault("reason", "They asked")
    return deletion.order_removal(privacy_request_id=asked.pk, by=by, **reasons)


def test_ordered_removal_is_carried_out_with_a_certificate(by):
    request = make_canary(days=1)
    joined = make_closed(days=1, disposition="duplicate", merged_into=request)
    asked = make_asked(request)

    order(asked, by)
    assert not ConsultationRequest.objects.get(pk=request.pk).is_anonymized
    assert tasks.carry_out_removals(asked.pk) == 1

    certificates = RemovalCertificate.objects.filter(privacy_request=asked, removed_by=by)
    assert {each.request for each in certificates} == {request, joined}
    assert CANARY.lower() not in str(certificates.values()).lower()
    asked.refresh_from_db()
    assert (asked.outcome, asked.decided_by) == ("done", by)
    assert tasks.carry_out_removals() == 0


@pytest.mark.parametrize(
    ("why", "match"),
    [
        ("open", "Close it first"),
        ("held", "legal hold"),
        ("clinical", "clinical record"),
        ("unknown", "made sure"),
        ("copy", "not asked for that"),
    ],
)
def test_removal_is_refused(by, why, match):
    request = make_request() if why == "open" else make_canary(days=1)
    if why == "held":
        holds.place_holds(request_ids=[request.pk], reason="x", by=by)
    if why == "clinical":
        assess_canary(request)
    identity = "" if why == "unknown" else "document"
    asked = make_asked(request, "copy" if why == "copy" else "deletion", identity=identity)

    with pytest.raises(ActionNotAllowed, match=match):
        order(asked, by)

    asked.refresh_from_db()
    assert not asked.is_ordered


def test_clinical_record_goes_where_the_director_says_why(by):
    request = make_canary(days=1)
    assess_canary(request)
    asked = make_asked(request)

    order(asked, by, clinical_reason="Counsel agrees")
    tasks.carry_out_removals()

    assert ConsultationRequest.objects.get(pk=request.pk).is_anonymized


def test_hold_that_comes_after_the_order_wins_until_it_is_lifted(by):
    request = make_canary(days=1)
    asked = make_asked(request)
    order(asked, by)
    [hold] = holds.place_holds(request_ids=[request.pk], reason="x", by=by)

    assert tasks.carry_out_removals() == 0
    assert not ConsultationRequest.objects.get(pk=request.pk).is_anonymized

    holds.lift_hold(hold_id=hold.pk, reason="Settled", by=by)
    assert tasks.carry_out_removals() == 1


def test_order_cannot_be_changed_under_the_worker(by):
    asked = make_asked(make_closed(days=1))
    order(asked, by)

    with pytest.raises(ActionNotAllowed, match="ordered"):
        privacy_requests.match_request(
            privacy_request_id=asked.pk, request_id=make_request().pk, by=by
        )
    with pytest.raises(ActionNotAllowed, match="ordered"):
        privacy_requests.decide_privacy_request(
            privacy_request_id=asked.pk, outcome="refused", note="x", by=by
        )


def test_order_that_is_taken_back_removes_nothing_and_can_be_given_again(by):
    request = make_canary(days=1)
    asked = make_asked(request)
    order(asked, by)

    deletion.take_order_back(privacy_request_id=asked.pk, by=by)

    assert tasks.carry_out_removals() == 0
    removal.remove_ordered_request(request.pk, asked=asked)  # a worker that read it before
    assert not ConsultationRequest.objects.get(pk=request.pk).is_anonymized
    asked.refresh_from_db()
    assert (asked.is_ordered, asked.order_reason) == (False, "")
    assert AuditEvent.objects.latest("pk").code == "order_taken_back"
    with pytest.raises(ActionNotAllowed, match="No removal is ordered"):
        deletion.take_order_back(privacy_request_id=asked.pk, by=by)
    order(asked, by)
    assert tasks.carry_out_removals() == 1


def test_order_is_not_taken_back_once_all_is_removed(by):
    request = make_closed(days=1)
    asked = make_asked(request)
    order(asked, by)
    removal.remove_ordered_request(request.pk, asked=asked)

    with pytest.raises(ActionNotAllowed, match="removed already"):
        deletion.take_order_back(privacy_request_id=asked.pk, by=by)

    assert tasks.carry_out_removals() == 1


def test_record_that_became_clinical_after_the_order_waits(by):
    request = make_canary(days=1)
    asked = make_asked(request)
    order(asked, by)
    assess_canary(request)

    assert tasks.carry_out_removals() == 0
    assert not ConsultationRequest.objects.get(pk=request.pk).is_anonymized

    deletion.take_order_back(privacy_request_id=asked.pk, by=by)
    order(asked, by, clinical_reason="Counsel agrees")
    assert tasks.carry_out_removals() == 1


@pytest.mark.parametrize("is_closed_again", [False, True])
def test_reopening_ends_the_order(by, is_closed_again):
    request = make_closed(days=1)
    asked = make_asked(request)
    order(asked, by)
    outcomes.reopen_request(request_id=request.pk, by=by, reason="They called")
    if is_closed_again:
        ConsultationRequest.objects.filter(pk=request.pk).update(
            stage="closed", closed_at=timezone.now(), due_at=None, disposition="withdrawn"
        )

    assert tasks.carry_out_removals() == 0

    assert not ConsultationRequest.objects.get(pk=request.pk).is_anonymized
    asked.refresh_from_db()
    assert (asked.is_open, asked.is_ordered) == (True, False)
    event = AuditEvent.objects.get(code="order_ended_by_reopening")
    assert (event.source, event.actor, event.request) == ("system", None, request)


# Revocation


def test_revocation_ends_every_channel_in_every_request(by, inbox):
    request = make_request()
    waiting = WaitlistEntry.objects.create(request=request)
    other = make_closed(days=3, may_text=True)
    message = make_message("callback_missed", request=request, due_at=timezone.now())
    record_consents(request, {"contact": True, "email": True})
    asked = make_asked(request, Kind.REVOCATION, identity="")
    privacy_requests.match_request(privacy_request_id=asked.pk, request_id=other.pk, by=by)

    revocation.revoke_consents(privacy_request_id=asked.pk, by=by)

    for each in ConsultationRequest.objects.all():
        assert not (each.may_call or each.may_text or each.may_email)
    last = {each.version.key: each.is_granted for each in request.consent_events.all()}
    assert last == dict.fromkeys(["contact", "email", "text", "news"], False)
    assert Suppression.objects.for_email(request.email).get().cause == "stopped"
    waiting.refresh_from_db()
    assert waiting.left_because == "no_email"
    message.refresh_from_db()
    assert (message.state, message.reason) == (
        Message.State.SKIPPED,
        Message.Reason.NOT_PERMITTED,
    )
    late = make_message("no_contact_1", request=request, due_at=timezone.now())
    assert delivery.deliver_message(late.pk) == Message.State.SKIPPED
    assert inbox == []
    asked.refresh_from_db()
    assert asked.outcome == "done"


@pytest.fixture
def merged():
    """A closed request that was merged with one which people still work on."""
    root = make_request(may_call=True, preferred_name="Root")
    return make_closed(days=3, disposition="duplicate", merged_into=root)


def test_revocation_asked_from_a_merged_request_reaches_what_it_joined(by, merged):
    sibling = make_closed(
        days=2, disposition="duplicate", merged_into=merged.merged_into, may_call=True
    )
    asked = make_asked(merged, Kind.REVOCATION, identity="")

    revocation.revoke_consents(privacy_request_id=asked.pk, by=by)

    for each in (merged.merged_into, sibling):
        each.refresh_from_db()
        assert not (each.may_call or each.may_text or each.may_email)
        assert each.audit_events.filter(type="consent_revoked").exists()


def test_export_asked_from_a_merged_request_holds_what_it_joined(by, merged):
    asked = make_asked(merged, Kind.COPY)

    made = export.export_person(privacy_request_id=asked.pk, by=by, now=timezone.now())

    references = {each["reference"] for each in made.data["requests"]}
    assert references == {merged.reference, merged.merged_into.reference}
    assert {merged.pk, merged.merged_into_id} == set(made.event.shown)


# The accounting, and the export


def told(**columns):
    return disclosures.DisclosureInput(
        disclosed_at=timezone.now(), to_whom=f"Dr. {CANARY}", purpose="Emergency care",
        categories=["contact", "assessment"], basis="emergency", **columns,
    )  # fmt: skip


def test_referral_stands_in_the_accounting_until_its_basis_is_stated(by):
    request = make_canary(days=1)
    [referral] = request.referrals.all()
    [entry] = disclosures.list_disclosures([request])
    assert (entry.to_whom, entry.is_stated) == ("Zqx clinic", False)

    disclosures.record_disclosure(request_id=request.pk, by=by, told=told(referral_id=referral.pk))

    [entry] = disclosures.list_disclosures([request])
    assert (entry.to_whom, entry.is_stated) == ("Dr. Zqx", True)
    with pytest.raises(ActionNotAllowed, match="its basis already"):
        disclosures.record_disclosure(
            request_id=request.pk, by=by, told=told(referral_id=referral.pk)
        )


def test_export_tells_a_number_whole():
    request = make_request(phone="+525555550155;ext=23")

    assert export.export_request(request)["phone"] == "+52 55 5555 0155 ext. 23"


@pytest.mark.parametrize(
    ("year", "match"), [(1, "year 2000"), (1999, "year 2000"), (2999, "in the future")]
)
def test_disclosure_at_a_time_that_cannot_be_is_refused(by, year, match):
    request = make_canary(days=1)
    mistyped = dataclasses.replace(told(), disclosed_at=datetime(year, 12, 1, tzinfo=UTC))

    with pytest.raises(ActionNotAllowed, match=match):
        disclosures.record_disclosure(request_id=request.pk, by=by, told=mistyped)


def test_export_holds_everything_about_them_and_nothing_of_others(by):
    request = make_canary(days=1)
    assess_canary(request)
    disclosures.record_disclosure(request_id=request.pk, by=by, told=told())
    texts = sum(find_canary().values())
    make_canary(days=1, preferred_name="Someone else", phone="+17145550111", email="x@example.com")
    record_consents(request, {"contact": True})
    asked = make_asked(request, Kind.COPY)

    made = export.export_person(privacy_request_id=asked.pk, by=by, now=timezone.now())

    text = json.dumps(made.data, cls=DjangoJSONEncoder)
    [exported] = made.data["requests"]
    # Each text once, the referral in the accounting too; not what a provider calls a message.
    assert text.lower().count(CANARY.lower()) == texts + 1 - 1
    assert "Someone else" not in text
    assert exported["email"] == "zqx@example.com"
    assert [each["kind"] for each in exported["messages"]] == ["We called as promised, no answer"]
    assert [each["consent"] for each in exported["consents"]] == ["Contact about the request"]
    assert len(made.data["disclosures"]) == 2
    assert made.event.type == "data_exported"


def test_export_of_a_removed_person_is_empty_but_true(by):
    request = make_canary(days=1000)
    asked = make_asked(request, Kind.COPY)
    removal.remove_expired_data(now=timezone.now())

    made = export.export_person(privacy_request_id=asked.pk, by=by, now=timezone.now())

    assert made.data["requests"][0]["preferred_name"] == ""
    assert made.data["requests"][0]["anonymized_at"] is not None
