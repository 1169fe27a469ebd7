"""A dump of the whole database, after one person was everywhere: it tells nothing of them."""

import json
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from admissions.booking import lookups
from admissions.calls.models import Ring
from admissions.calls.taking import CallAnswers, take_call
from admissions.care import insurance, referrals
from admissions.encryption import fields
from admissions.intake import suppressions
from admissions.intake.models import Suppression
from admissions.messaging import delivery
from admissions.messaging.models import Message
from admissions.privacy import deletion as removal_order
from admissions.privacy import disclosures, holds, privacy_requests
from admissions.privacy.models import PrivacyRequest
from admissions.rate_limits.limits import Origin
from admissions.scheduling.models import OnCallShift
from admissions.triage import contact_attempts, duplicates, notes, outcomes
from tests.support import bookings, care
from tests.support.factories import StaffClient, make_counselor, make_user

pytestmark = pytest.mark.stopped_at(bookings.NINE - timedelta(days=1))
# Words of one person, long enough that no ciphertext has them by chance.
PHONE = "+17145550177"
WORDS = ["canary", "5550177", "555-0177", "5550178", "hazelnut"]
DETAILS = {
    "preferred_name": "Zqx Canary",
    "email": "zqx.canary@example.org",
    "phone": PHONE,
    "may_call": True,
    "may_email": True,
    "interpreter": "Hazelnut interpreter",
    "access_need": "Hazelnut, a wheelchair",
    "note": "Hazelnut every evening",
    "guide_answers": json.dumps({"hazelnut": "daily"}),
}
BENEFITS = ("payer", "member_id", "policy_holder", "estimate", "note")
# Of a counselor's own calendar and devices, not of a person who asks.
OTHER_COLUMNS = {
    "admissions_alertdevice.auth_secret",
    "admissions_alertdevice.endpoint",
    "admissions_alertdevice.public_key",
    "admissions_externalcalendar.address",
    "admissions_externalcalendar.unread_file",
}


@pytest.fixture
def someone_everywhere(db, inbox):
    """Booked, moved, canceled, mailed, searched, merged, triaged, assessed, referred and closed."""
    counselor = make_counselor(user=care.make_signing("counselor"))
    by, clinician = counselor.user, care.make_signing("clinician")
    request = bookings.book(**DETAILS)
    bookings.move(request, bookings.NINE + timedelta(hours=2))
    send_mail()
    bookings.cancel(request, reason="Hazelnut came between")
    send_mail()
    again = bookings.book(bookings.NINE + timedelta(days=1), **DETAILS)
    bookings.cancel(again)
    duplicates.merge_requests(keep_id=request.pk, end_ids=[again.pk], by=by, is_same_person=True)
    contact_attempts.log_attempt(
        request_id=request.pk, by=by, channel="call", result="reached", note="Hazelnut on the phone"
    )
    notes.add_note(request_id=request.pk, by=by, text="Hazelnut: ask Canary again")
    work_on_care(request, by, clinician)
    phone(by)
    search_for(by)
    suppressions.suppress_email(request, Suppression.Cause.STOPPED)
    lookups.ask_for_link(email=DETAILS["email"], origin=Origin(network="203.0.113.9", session=""))
    outcomes.close_request(
        request_id=request.pk,
        by=by,
        disposition="referred_out",
        reason="other_provider",
        note="Hazelnut, says Canary",
        refer_to="Hazelnut House",
    )
    ask_for_privacy(request, make_user("director"))
    return request


def phone(by):
    """They rang, and whoever is on call tonight is told of it."""
    answers = CallAnswers(
        outcome="not_for_us",
        for_whom="self",
        number="+17145550178",
        name="Zqx Canary",
        note="Hazelnut once more",
        sent_to="Hazelnut House",
    )
    take_call(key=uuid.uuid4(), answers=answers, by=by)
    Ring.objects.create(staff=by, number=PHONE, signature="0" * 64)
    OnCallShift.objects.create(
        starts_at=timezone.now(),
        ends_at=timezone.now() + timedelta(hours=8),
        person=by,
        note="Hazelnut may ring",
    )


def send_mail():
    for message in Message.objects.due(now=timezone.now()):
        delivery.deliver_message(message.pk)


def work_on_care(request, by, clinician):
    asked = insurance.request_verification(request_id=request.pk, by=by, has_consent=True)
    insurance.update_verification(
        benefits_id=asked.pk,
        by=by,
        seen_at=asked.changed_at,
        details={name: f"Hazelnut {name}" for name in BENEFITS},
    )
    care.assess(request, by, d1="high", note="Hazelnut all day")
    care.assess(request, by, based_on=1, d1="high", because="Hazelnut was forgotten")
    care.acknowledge(request, clinician, seen=2, action="Hazelnut to be seen today")
    advice = care.advice(rationale="Hazelnut at home", immediate_action="Hazelnut out of the house")
    care.recommend(request, clinician, advice, seen=2)
    care.recommend(request, clinician, advice, seen=2, based_on=1, because="Hazelnut again")
    referral = referrals.record_referral(
        request_id=request.pk, by=by, to_whom="Hazelnut House", note="Hazelnut knows Canary"
    )
    referrals.confirm_referral(request_id=request.pk, by=by, referral_id=referral.pk)


def ask_for_privacy(request, by):
    """Held and let go, told to others, asked for twice, and ordered to be removed."""
    [held] = holds.place_holds(request_ids=[request.pk], reason="Hazelnut in court", by=by)
    holds.lift_hold(hold_id=held.pk, reason="Hazelnut lost", by=by)
    told = disclosures.DisclosureInput(
        disclosed_at=timezone.now(),
        to_whom="Hazelnut House",
        purpose="Hazelnut moves in",
        categories=["contact"],
        basis="consent",
    )
    disclosures.record_disclosure(request_id=request.pk, by=by, told=told)
    access, deletion = (
        privacy_requests.record_privacy_request(
            request_id=request.pk,
            kind=kind,
            received_on=timezone.localdate(),
            by=by,
            details="Hazelnut wrote",
        )
        for kind in (PrivacyRequest.Kind.INSPECT, PrivacyRequest.Kind.DELETION)
    )
    for asked in (access, deletion):
        privacy_requests.check_identity(privacy_request_id=asked.pk, identity="document", by=by)
    privacy_requests.decide_privacy_request(
        privacy_request_id=access.pk, outcome="done", note="Hazelnut has it", by=by
    )
    deletion_reason = {"reason": "Hazelnut asked", "clinical_reason": "Hazelnut never came"}
    removal_order.order_removal(privacy_request_id=deletion.pk, by=by, **deletion_reason)


def search_for(by):
    """The desk keeps the word that was searched for in the session."""
    desk = StaffClient()
    desk.force_login(by)
    desk.post(reverse("admin:admissions_consultationrequest_search"), {"term": "zqx canary"})


def dump():
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        for table in tables:
            cursor.execute(f'SELECT held::text FROM "{table}" AS held')  # noqa: S608  their own names
            yield from (f"{table}: {row}" for (row,) in cursor.fetchall())


def test_dump_holds_no_word_of_a_person(someone_everywhere, inbox):
    rows = list(dump())

    hits = [row for row in rows for word in WORDS if word in row.casefold()]
    assert hits == []
    assert len(rows) > 100
    assert len(inbox) >= 2


def test_every_encrypted_column_was_written_to(someone_everywhere):
    """Else the dump above would prove nothing of the column that was left out."""
    written = {
        field.place
        for field in fields()
        if any(field.model._base_manager.values_list(field.name, flat=True))
    }

    assert {field.place for field in fields()} - written == OTHER_COLUMNS
