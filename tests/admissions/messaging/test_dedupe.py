"""What is promised twice is one row, whoever promises it; what happens again is a new one."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from admissions.messaging import delivery, outbox, staff_actions
from admissions.messaging.models import Message, MessageRule
from admissions.scheduling.models import EarlierOffer, Shortage
from tests.support.factories import (
    make_consultation,
    make_due,
    make_message,
    make_offer,
    make_request,
    make_user,
)
from tests.support.rivals import at_once

CENTER = ZoneInfo("America/Los_Angeles")
# A Monday, ten in the morning.
NOW = datetime(2027, 1, 4, 10, tzinfo=CENTER)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Kind, State, Reason = Message.Kind, Message.State, Message.Reason


@pytest.fixture(autouse=True)
def monday(time_machine):
    time_machine.move_to(NOW, tick=False)


def keys(kind) -> list[str]:
    found = Message.objects.filter(kind=kind).order_by("pk")
    return list(found.values_list("dedupe_key", flat=True))


def consultation(status="scheduled"):
    request = make_request(stage="consultation_scheduled", source="booking")
    return make_consultation(starts_at=NOW + 3 * DAY, request=request, status=status)


def offer():
    return make_offer(consultation=consultation(), offered_at=NOW)


def shortages():
    return [Shortage.objects.create(language="en", began_at=NOW)]


ONCE = [
    (outbox.enqueue_new_request, lambda: make_request(promised_call_by=NOW)),
    (outbox.enqueue_confirmation, consultation),
    (outbox.enqueue_reschedule_notice, consultation),
    (outbox.enqueue_handover_notice, consultation),
    (outbox.enqueue_choose_again_notice, lambda: consultation("canceled_by_center")),
    (outbox.enqueue_cancellation_notice, lambda: consultation("canceled_by_person")),
    (outbox.enqueue_thank_you, lambda: consultation("completed")),
    (outbox.enqueue_no_show_series, lambda: consultation("no_show")),
    (outbox.enqueue_no_contact_series, make_request),
    (outbox.enqueue_earlier_offer, offer),
    (outbox.enqueue_offer_taken_notice, offer),
    (outbox.enqueue_shortage_alerts, shortages),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("enqueue", "make"), ONCE)
def test_promised_twice_is_promised_once(enqueue, make):
    about = make()
    enqueue(about)
    rows = list(Message.objects.order_by("pk").values())

    enqueue(about)

    assert rows
    assert list(Message.objects.order_by("pk").values()) == rows


@pytest.mark.django_db
def test_digest_is_promised_once_a_day():
    for hours in (0, 1, 24):
        outbox.enqueue_digest(now=NOW + hours * HOUR)

    assert keys(Kind.STAFF_DIGEST) == ["day:2027-01-04", "day:2027-01-05"]


def test_two_at_once_promise_one(real_commits):
    about = consultation()

    at_once([lambda: outbox.enqueue_cancellation_notice(about) for _each in range(2)])

    assert keys(Kind.CANCELED) == [f"consultation:{about.pk}"]


@pytest.mark.django_db
def test_rounds_count_on_though_the_first_kind_was_off():
    MessageRule.objects.filter(kind=Kind.STAFF_CALL_DUE).update(is_on=False)
    request = make_request(promised_call_by=NOW + HOUR)
    outbox.enqueue_new_request(request)
    MessageRule.objects.update(is_on=True)

    for _each in range(2):
        outbox.enqueue_call_now(request)

    rounds = {kind: len(keys(kind)) for kind in (Kind.STAFF_CALL_DUE, Kind.STAFF_CALL_OVERDUE)}
    assert rounds == {Kind.STAFF_CALL_DUE: 2, Kind.STAFF_CALL_OVERDUE: 3}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "kind", [Kind.EARLIER_OFFER_TAKEN, Kind.STAFF_SHORTAGE, Kind.STAFF_HANDED_OVER]
)
def test_copy_is_about_the_same(kind):
    message = make_due(kind, now=NOW)
    Message.objects.update(state=State.SENT, finished_at=NOW)

    copy = staff_actions.resend_message(
        message_id=message.pk, copy=1, because="lost", by=make_user("coordinator")
    )

    same = ["request", "consultation", "offer", "shortage", "dedupe_key"]
    assert [getattr(copy, name) for name in same] == [getattr(message, name) for name in same]


# What has been overtaken


STANDING = [
    Kind.CONFIRMATION,
    Kind.MOVED,
    Kind.HANDED_OVER,
    Kind.REMINDER_DAY,
    Kind.REMINDER_HOURS,
]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", STANDING)
def test_canceled_time_supersedes_what_was_promised_of_it(kind):
    message = make_message(kind, consultation=consultation("canceled_by_person"), due_at=NOW)

    delivery.deliver_message(message.pk)

    message.refresh_from_db()
    assert (message.state, message.reason) == (State.SKIPPED, Reason.SUPERSEDED)


@pytest.mark.django_db
def test_next_offer_supersedes_the_word_that_the_last_one_went():
    first = make_offer(
        consultation=consultation(), offered_at=NOW, state=EarlierOffer.State.GONE, ended_at=NOW
    )
    message = make_message(Kind.EARLIER_OFFER_TAKEN, offer=first, due_at=NOW)
    make_offer(consultation=first.consultation, offered_at=NOW)

    delivery.deliver_message(message.pk)

    message.refresh_from_db()
    assert (message.state, message.reason) == (State.SKIPPED, Reason.SUPERSEDED)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sent_at", "answer"),
    [
        # From the night before the clocks change to that after, by the center's clock.
        (datetime(2027, 3, 14, 23, 59, tzinfo=CENTER), State.SENT),
        (datetime(2027, 3, 15, 0, 1, tzinfo=CENTER), State.SKIPPED),
    ],
)
def test_digest_is_of_its_day_by_the_clock_of_the_center(time_machine, inbox, sent_at, answer):
    morning = datetime(2027, 3, 14, 7, 30, tzinfo=CENTER)
    make_user("director")
    outbox.enqueue_digest(now=morning)
    time_machine.move_to(sent_at, tick=False)

    assert delivery.deliver_message(Message.objects.get().pk) == answer
