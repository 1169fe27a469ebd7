"""A night on call: danger rings the first person, then the next, until a named person has it."""

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from admissions.audit.models import AuditEvent
from admissions.booking import callbacks
from admissions.exceptions import ActionNotAllowed
from admissions.messaging import delivery, rules
from admissions.messaging.alarms import raising, ringing
from admissions.messaging.alarms.raising import raise_alarm
from admissions.messaging.models import Alarm, Message, MessageRule
from admissions.scheduling.models import Closure
from admissions.triage import alarms, contact_attempts, escalation
from tests.support.factories import (
    make_counselor,
    make_details,
    make_message,
    make_request,
    make_shift,
    make_user,
    write_settings,
)

NIGHT = datetime(2027, 1, 5, 2, tzinfo=ZoneInfo("America/Los_Angeles"))
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LEAD, SUBJECT = "lead@example.org", "Danger: someone must act now"
State = Message.State

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NIGHT)]


@pytest.fixture
def kim():
    return make_user("counselor", first_name="Kim")


@pytest.fixture
def dana():
    return make_user("coordinator", first_name="Dana")


@pytest.fixture
def rota(kim, dana):
    """Kim is on the phones tonight, and Dana the back-up."""
    write_settings(on_call_email=LEAD)
    return make_shift(kim, NIGHT - 6 * HOUR, NIGHT + 6 * HOUR, back_up=dana, note="Quiet so far.")


def in_danger(**columns):
    request = make_request(is_in_danger=True, **columns)
    raise_alarm(request)
    return request


def ring(at, time_machine) -> list[str]:
    """Ring and deliver what is due at this moment; return who is emailed of danger."""
    time_machine.move_to(at, tick=False)
    ringing.ring_due_alarms(now=at)
    due = Message.objects.due(now=at).filter(kind="staff_danger").order_by("pk")
    ids = [each.pk for each in due]
    sent = [pk for pk in ids if delivery.deliver_message(pk) == State.SENT]
    found = Message.objects.filter(pk__in=sent).select_related("colleague")
    return [each.colleague.first_name if each.colleague else "lead" for each in found]


def minutes(count):
    return NIGHT + count * MINUTE


def test_back_up_has_it_within_minutes_and_nothing_rings_after(rota, dana, time_machine, inbox):
    make_counselor()
    details = make_details(good_time="any", is_in_danger=True)
    details.pop("may_call")
    request = callbacks.request_callback(key=uuid.uuid4(), details=details, consents={})
    rung = {0: ring(minutes(0), time_machine), 3: ring(minutes(3), time_machine)}
    words = alarms.describe_alarm(request.alarms.get(), minutes(4))
    time_machine.move_to(minutes(4), tick=False)

    alarms.take_alarm(request_id=request.pk, by=dana)

    later = [ring(minutes(count), time_machine) for count in range(5, 60)]
    alarm = request.alarms.get()
    assert rung == {0: ["Kim"], 3: ["Kim", "Dana"]}
    assert words == (
        "Kim was emailed 2 times, last at 2:03 am. Dana was emailed at 2:03 am. Nobody has it yet."
    )
    assert (alarm.taken_by, alarm.taken_at) == (dana, minutes(4))
    assert not any(later)
    request.refresh_from_db()
    assert request.owner == dana
    assert AuditEvent.objects.filter(type="alarm_taken", actor=dana, request=request).count() == 1
    letters = [each for each in inbox if each["Subject"] == SUBJECT]
    assert len(letters) == 3
    assert not any(details["preferred_name"] in each.as_string() for each in letters)


def test_after_twenty_emails_one_goes_each_hour_and_phones_ring_on(rota, kim, time_machine):
    request = in_danger()

    rung = [ring(minutes(3 * n), time_machine) for n in range(21)]
    later = [ring(minutes(at), time_machine) for at in (117, 120)]

    assert rung[2] == ["Kim", "Dana", "lead"]
    assert [len(each) for each in rung] == [1, 2] + [3] * 18 + [0]
    assert [len(each) for each in later] == [3, 0]
    assert kim.alerts.count() == 23
    assert Alarm.objects.open().filter(request=request).exists()


def test_without_a_rota_the_lead_is_rung_at_once(time_machine):
    write_settings(on_call_email=LEAD)
    in_danger()

    assert ring(minutes(0), time_machine) == ["lead"]


@pytest.mark.parametrize("why", ["left", "away"])
def test_whoever_left_or_is_away_falls_out(rota, kim, time_machine, why):
    if why == "left":
        kim.is_active = False
        kim.save(update_fields=["is_active"])
    else:
        counselor = make_counselor(user=kim)
        Closure.objects.create(counselor=counselor, starts_at=NIGHT - HOUR, ends_at=NIGHT + HOUR)
    in_danger()

    assert ring(minutes(0), time_machine) == ["Dana"]


def test_who_leaves_once_it_is_promised_is_not_written_to(rota, kim):
    in_danger()
    [pk] = ringing.ring_due_alarms(now=NIGHT)
    kim.is_active = False
    kim.save(update_fields=["is_active"])

    assert delivery.deliver_message(pk) == State.SKIPPED


def test_email_on_its_way_stays_when_somebody_has_it(rota, dana):
    request = in_danger()
    [pk] = ringing.ring_due_alarms(now=NIGHT)
    alarms.take_alarm(request_id=request.pk, by=dana)

    delivery.deliver_message(pk)

    message = Message.objects.get(pk=pk)
    assert (message.state, message.reason) == (State.SKIPPED, Message.Reason.TAKEN)


def test_many_at_once_are_told_in_one_email(rota, time_machine, inbox):
    requests = [in_danger(phone=f"+1714555010{n}") for n in range(4)]
    first = ring(minutes(0), time_machine)
    late = in_danger(phone="+17145550190")

    at_once, later = ring(minutes(0), time_machine), ring(minutes(1), time_machine)

    assert (first, at_once, later) == (["Kim"], [], ["Kim"])
    body = inbox[0].get_body(("plain",)).get_content()
    assert all(each.reference in body for each in requests)
    assert late.reference in inbox[1].get_body(("plain",)).get_content()


def test_same_number_is_one_alarm_and_one_press_takes_all(rota, dana, time_machine):
    first, second = in_danger(), in_danger()
    rung = ring(minutes(0), time_machine)

    alarms.take_alarm(request_id=second.pk, by=dana)
    third = in_danger()

    taken = Alarm.objects.order_by("pk").values_list("request", "taken_by")
    assert rung == ["Kim"]
    assert list(taken) == [(each.pk, dana.pk) for each in (first, second, third)]


def test_same_number_after_the_window_rings_anew(rota, dana, time_machine):
    alarms.take_alarm(request_id=in_danger().pk, by=dana)
    later = NIGHT + raising.FLOOD_WINDOW + MINUTE
    time_machine.move_to(later, tick=False)
    in_danger()

    assert ring(later, time_machine) == ["Kim"]


def test_one_that_rang_with_another_rings_alone_once_that_is_answered(rota, kim, time_machine):
    first, second = in_danger(), in_danger()
    contact_attempts.log_attempt(request_id=first.pk, by=kim, channel="call", result="reached")

    assert ring(minutes(0), time_machine) == ["Kim"]
    assert second.alarms.get().joins is None


def test_a_logged_talk_ends_the_alarm(rota, kim, time_machine):
    request = in_danger()
    ring(minutes(0), time_machine)

    contact_attempts.log_attempt(request_id=request.pk, by=kim, channel="call", result="reached")

    assert ring(minutes(3), time_machine) == []
    assert request.alarms.get().ended_at == minutes(0)


def test_closed_request_rings_no_more(rota, time_machine):
    request = in_danger()
    request.stage, request.disposition, request.due_at = "closed", "spam_or_test", None
    request.closed_at = NIGHT
    request.save()

    assert ring(minutes(0), time_machine) == []
    assert request.alarms.get().ended_at == NIGHT


def test_danger_without_an_alarm_is_found(rota, time_machine):
    make_request(is_in_danger=True)

    assert ring(minutes(0), time_machine) == ["Kim"]


def test_colleague_who_asks_for_help_is_not_the_one_who_is_rung(rota, kim, dana, time_machine):
    request = make_request()
    escalation.escalate_safety(request_id=request.pk, by=kim)

    assert ring(minutes(0), time_machine) == ["Dana"]


def test_help_asked_for_again_rings_though_somebody_had_it(rota, kim, dana, time_machine):
    request = in_danger()
    alarms.take_alarm(request_id=request.pk, by=kim)
    escalation.escalate_safety(request_id=request.pk, by=kim)

    assert ring(minutes(0), time_machine) == ["Dana"]


def test_second_person_is_told_who_has_it(kim, dana):
    request = in_danger()
    alarms.take_alarm(request_id=request.pk, by=kim)
    alarms.take_alarm(request_id=request.pk, by=kim)

    with pytest.raises(ActionNotAllowed, match=r"Kim has it since 2:00 am\."):
        alarms.take_alarm(request_id=request.pk, by=dana)

    assert request.alarms.get().taken_by == kim


def test_director_changes_how_often_it_rings_and_cannot_switch_it_off(rota, time_machine):
    rule, by = MessageRule.objects.get(kind="staff_danger"), make_user("director")
    seen = rules.fingerprint_rule(rule)
    off = rules.RuleValues(False, rule.delay, None)
    with pytest.raises(rules.InvalidRule):
        rules.change_rule(kind=rule.kind, values=off, seen=seen, by=by)

    rules.change_rule(
        kind=rule.kind, values=rules.RuleValues(True, 7 * MINUTE, None), seen=seen, by=by
    )

    in_danger()
    rung = [ring(minutes(count), time_machine) for count in (0, 3, 7)]
    assert rung == [["Kim"], [], ["Kim", "Dana"]]


def test_rings_that_a_fault_held_up_go_as_one(rota, time_machine):
    in_danger()
    held = [pk for n in range(3) for pk in ringing.ring_due_alarms(now=minutes(3 * n))]
    time_machine.move_to(minutes(7), tick=False)

    states = [delivery.deliver_message(pk) for pk in held]

    assert states.count(State.SENT) == 3
    assert states.count(State.SKIPPED) == 3


def test_whoever_has_no_email_is_passed_over(rota, kim, time_machine):
    kim.email = ""
    kim.save(update_fields=["email"])
    in_danger()

    assert ring(minutes(0), time_machine) == ["Dana"]


def test_late_call_is_escalated_to_the_first_on_call_and_the_lead(rota, kim, inbox):
    request = make_request(promised_call_by=NIGHT - 10 * MINUTE)
    message = make_message("staff_escalated", request=request, due_at=NIGHT)

    delivery.deliver_message(message.pk)

    assert set(inbox[0]["To"].split(", ")) == {kim.email, LEAD}
