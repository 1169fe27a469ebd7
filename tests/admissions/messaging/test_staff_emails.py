"""What staff are told by email: of calls that fall due or are late, and of the day ahead."""

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings

from admissions.booking import callbacks
from admissions.intake.models import ConsultationRequest
from admissions.messaging import delivery, outbox, tasks
from admissions.messaging.models import Message, MessageRule
from admissions.scheduling.models import Shortage
from admissions.triage import contact_attempts
from tests.support.factories import (
    make_consultation,
    make_counselor,
    make_details,
    make_message,
    make_request,
    make_user,
    write_settings,
)

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2027, 1, 4, 10, tzinfo=PACIFIC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
Kind, State = Message.Kind, Message.State
ON_CALL = "lead@example.org"

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]


def ask_for_a_call(**columns) -> ConsultationRequest:
    """Someone asks for a call now, while a counselor who may call is on shift."""
    make_counselor()
    details = make_details(good_time="any", **columns)
    details.pop("may_call")
    return callbacks.request_callback(key=uuid.uuid4(), details=details, consents={})


def due(request) -> list[tuple[str, datetime]]:
    """What staff are to be told about the request, and when."""
    messages = request.messages.filter(kind__startswith="staff_").order_by("due_at", "pk")
    return [(message.kind, message.due_at) for message in messages]


def deliver_all(at, time_machine) -> list[str]:
    """Kinds that go out when everything due by then is delivered then."""
    time_machine.move_to(at, tick=False)
    ids = Message.objects.due(now=at).order_by("due_at", "pk").values_list("pk", flat=True)
    return [
        Message.objects.get(pk=pk).kind
        for pk in list(ids)
        if delivery.deliver_message(pk) == State.SENT
    ]


def to_staff(inbox) -> list[tuple[str, str]]:
    return [(letter["X-Envelope-To"], letter["Subject"]) for letter in inbox]


# A call that we promised


def test_promised_call_promises_its_alarms_too():
    request = ask_for_a_call()

    assert due(request) == [
        (Kind.STAFF_NEW_REQUEST, NOW),
        (Kind.STAFF_CALL_DUE, NOW + 3 * MINUTE),
        (Kind.STAFF_CALL_OVERDUE, NOW + 10 * MINUTE),
        (Kind.STAFF_ESCALATED, NOW + 15 * MINUTE),
    ]


def test_call_nobody_makes_is_told_to_the_desk_and_then_to_the_lead(inbox, time_machine, staff):
    write_settings(on_call_email=ON_CALL, staff_email="desk@example.org")
    request = ask_for_a_call()
    everyone = ", ".join(sorted(["desk@example.org", staff.email]))

    for minutes in (0, 3, 10, 15):
        deliver_all(NOW + minutes * MINUTE, time_machine)

    assert to_staff(inbox) == [
        (everyone, f"New request {request.reference}"),
        (everyone, f"Call by 10:05 am: {request.reference}"),
        (everyone, f"Late call: {request.reference}"),
        (ON_CALL, f"For the on-call lead: {request.reference}"),
    ]


def test_without_an_on_call_lead_the_directors_are_told(inbox, time_machine):
    director, gone = make_user("director"), make_user("director", is_active=False)
    ask_for_a_call()

    deliver_all(NOW + 15 * MINUTE, time_machine)

    assert inbox[-1]["X-Envelope-To"] == director.email
    assert not gone.is_active


def test_logged_try_ends_every_alarm(inbox, time_machine, staff):
    request = ask_for_a_call()
    contact_attempts.log_attempt(
        request_id=request.pk, by=staff, channel="call", result="no_answer"
    )

    deliver_all(NOW + 15 * MINUTE, time_machine)

    alarms = request.messages.filter(kind__startswith="staff_").exclude(kind="staff_new_request")
    assert {(alarm.state, alarm.reason) for alarm in alarms} == {(State.SKIPPED, "kept")}


def test_alarm_of_an_old_promise_does_not_ring_for_a_newer_one(inbox, time_machine, staff):
    request = ask_for_a_call()
    ConsultationRequest.objects.update(promised_call_by=NOW + 5 * HOUR)

    sent = deliver_all(NOW + 15 * MINUTE, time_machine)

    assert (sent, request.messages.filter(reason="newer_version").count()) == (
        [Kind.STAFF_NEW_REQUEST],
        3,
    )


def test_second_call_for_the_same_request_has_alarms_of_its_own(staff):
    request = ask_for_a_call()
    contact_attempts.log_attempt(
        request_id=request.pk, by=staff, channel="call", result="no_answer"
    )

    callbacks.request_call_now(key=uuid.uuid4(), request=request)

    kinds = [kind for kind, _at in due(request)]
    assert kinds.count(Kind.STAFF_ESCALATED) == 2


def test_danger_has_an_alarm_and_the_call_its_own_escalation(time_machine):
    night = NOW.replace(hour=2)
    time_machine.move_to(night, tick=False)

    request = ask_for_a_call(is_in_danger=True)

    assert request.promised_call_by > night + HOUR
    late = request.messages.get(kind=Kind.STAFF_ESCALATED).due_at
    assert late == request.promised_call_by + 10 * MINUTE
    assert request.alarms.get().next_ring_at == night


def test_alarms_hold_a_reference_and_a_link_only(inbox, time_machine, staff):
    make_user("director")
    request = ask_for_a_call(preferred_name="Zqx", phone="+17145550177", note="Zqx note")

    deliver_all(NOW + 15 * MINUTE, time_machine)

    # By their words: the marks between parts are random digits.
    said = [f"{letter['Subject']} {letter.get_body(['plain']).get_content()}" for letter in inbox]
    said = "\n".join(said + [letter.get_body(["html"]).get_content() for letter in inbox])
    assert "Zqx" not in said
    assert "0177" not in said
    assert request.reference in said


def test_alarm_switched_off_is_not_promised():
    MessageRule.objects.filter(kind=Kind.STAFF_CALL_DUE).update(is_on=False)

    request = ask_for_a_call()

    assert Kind.STAFF_CALL_DUE not in [kind for kind, _at in due(request)]


# To the person whose call it is


def ask_again_with_an_email(**columns) -> ConsultationRequest:
    """Someone who booked, and whom we may write to, asks to be called now."""
    make_counselor()
    request = make_request(**columns)
    return callbacks.request_call_now(key=uuid.uuid4(), request=request)


def test_late_call_is_apologized_for(inbox, time_machine):
    ask_again_with_an_email()

    deliver_all(NOW + 15 * MINUTE, time_machine)

    assert ("jo@example.com", "We are late with our call") in to_staff(inbox)


def test_call_made_in_time_needs_no_apology(inbox, time_machine, staff):
    request = ask_again_with_an_email()
    contact_attempts.log_attempt(
        request_id=request.pk, by=staff, channel="call", result="no_answer"
    )

    deliver_all(NOW + 15 * MINUTE, time_machine)

    late = request.messages.get(kind=Kind.CALLBACK_LATE)
    assert (late.state, late.reason) == (State.SKIPPED, "kept")


@pytest.mark.parametrize(
    ("result", "kind", "after"),
    [
        ("reached", Kind.CALLBACK_MADE, HOUR),
        ("no_answer", Kind.CALLBACK_MISSED, 10 * MINUTE),
        ("voicemail", Kind.CALLBACK_MISSED, 10 * MINUTE),
    ],
)
def test_promised_call_is_followed_by_one_letter(staff, result, kind, after):
    request = ask_again_with_an_email()

    contact_attempts.log_attempt(request_id=request.pk, by=staff, channel="call", result=result)
    contact_attempts.log_attempt(request_id=request.pk, by=staff, channel="call", result=result)

    (letter,) = request.messages.filter(kind__in=[Kind.CALLBACK_MADE, Kind.CALLBACK_MISSED])
    assert (letter.kind, letter.due_at) == (kind, NOW + after)


def test_call_that_nobody_promised_is_followed_by_no_such_letter(staff):
    request = make_request()

    contact_attempts.log_attempt(request_id=request.pk, by=staff, channel="call", result="reached")

    assert request.messages.count() == 0


# The day ahead


def test_digest_goes_once_on_each_day(inbox, time_machine):
    write_settings(staff_email="desk@example.org")
    director = make_user("director")
    half_past_seven = NOW.replace(hour=7, minute=30)
    arrived = []

    for minutes in (-5, 0, 5, 24 * 60):
        time_machine.move_to(half_past_seven + minutes * MINUTE, tick=False)
        tasks.enqueue_daily_digest()
        deliver_all(half_past_seven + minutes * MINUTE, time_machine)
        arrived.append(len(inbox))

    assert arrived == [0, 1, 1, 2]
    everyone = ", ".join(sorted(["desk@example.org", director.email]))
    assert to_staff(inbox) == [(everyone, "The day ahead")] * 2


def test_digest_of_yesterday_is_not_sent(inbox, time_machine):
    make_user("director")
    outbox.enqueue_digest(now=NOW)

    sent = deliver_all(NOW + 24 * HOUR, time_machine)

    assert (sent, Message.objects.get().reason) == ([], "too_late")


def test_digest_tells_figures_and_where_to_look(inbox, time_machine):
    make_user("director")
    make_request(due_at=NOW - HOUR)
    failed = {"state": "failed", "reason": "refused", "finished_at": NOW}
    make_message("moved", request=make_request(email_failed_at=NOW), due_at=NOW, **failed)
    make_consultation(starts_at=NOW + HOUR)
    outbox.enqueue_digest(now=NOW)

    deliver_all(NOW, time_machine)

    text = inbox[0].get_body(["plain"]).get_content().replace("\r\n", "\n")
    desk = f"{settings.SITE_URL}/admin/admissions/consultationrequest/"
    assert f"Requests overdue: 1\n{desk}?show=overdue\n" in text
    assert f"Emails that never arrived: 1\n{settings.SITE_URL}/admin/\n" in text
    assert "Consultations today: 1\n" in text
    assert "Promised calls" not in text


# No phone time


def test_shortage_is_told_to_the_directors_once_when_it_lasts(inbox, time_machine):
    director = make_user("director")
    for minutes in (0, 5, 60, 65):
        time_machine.move_to(NOW + minutes * MINUTE, tick=False)
        tasks.watch_shortages()
        deliver_all(NOW + minutes * MINUTE, time_machine)

    languages = Shortage.objects.ongoing().count()
    assert to_staff(inbox) == [(director.email, "No phone time within a day")] * languages


def test_shortage_that_ended_is_not_told(inbox, time_machine):
    make_user("director")
    Shortage.objects.create(language="en", began_at=NOW, ended_at=NOW + MINUTE)
    outbox.enqueue_shortage_alerts(Shortage.objects.all())

    sent = deliver_all(NOW + 2 * HOUR, time_machine)

    assert (sent, Message.objects.get().reason) == ([], "too_late")


def test_notice_that_nobody_would_get_says_so(time_machine):
    write_settings(staff_email="")
    outbox.enqueue_digest(now=NOW)

    deliver_all(NOW, time_machine)

    message = Message.objects.get()
    assert (message.state, message.reason) == (State.SKIPPED, "no_email")
