import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event, Thread
from time import monotonic
from zoneinfo import ZoneInfo

import pytest
from django.db import OperationalError, connection, transaction

from admissions.booking import consultations, moves
from admissions.intake import contact_plan
from admissions.messaging import delivery, outbox, rendering
from admissions.messaging.models import Message
from admissions.scheduling.models import Consultation
from admissions.triage import outcomes
from tests.support.bookings import book
from tests.support.factories import (
    WITH_CONSULTATION,
    make_consultation,
    make_counselor,
    make_due,
    make_message,
    make_request,
    make_user,
    write_settings,
)
from tests.support.mail_server import HANG, HANG_UP
from tests.support.rivals import at_once

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2027, 1, 4, 10, tzinfo=PACIFIC)
DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
Kind, State = Message.Kind, Message.State
FOR_REQUESTERS = [kind for kind in Kind if kind not in Message.STAFF_KINDS]
ABOUT_A_CONSULTATION = set(WITH_CONSULTATION)

pytestmark = pytest.mark.stopped_at(NOW)


@pytest.fixture
def impatient(settings):
    """Waits for a mail server for less than half a second."""
    settings.EMAIL_TIMEOUT = 0.3


def local(day: int, hour: int, minute: int = 0, *, zone=PACIFIC) -> datetime:
    return datetime(2027, 1, day, hour, minute, tzinfo=zone)


def promise(kind=Kind.CONFIRMATION, *, consultation=None, due_at=NOW, **columns):
    """One message that is due now, about a consultation tomorrow."""
    if kind not in ABOUT_A_CONSULTATION:
        return make_due(kind, now=NOW, **columns)
    if consultation is None:
        request = make_request(stage="consultation_scheduled", source="booking", **columns)
        consultation = make_consultation(starts_at=local(5, 9), request=request)
    return make_message(kind, consultation=consultation, due_at=due_at)


def kept(message):
    """(state, reason) as they stand in the table."""
    message.refresh_from_db()
    return message.state, message.reason


# What is promised


@pytest.mark.django_db
def test_message_is_promised_in_the_bookings_own_transaction():
    make_counselor()

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        book(local(4, 12), consents={})
        promised = Message.objects.count()
        raise ZeroDivisionError

    assert (promised, Message.objects.count()) == (2, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("starts_at", "reminders"),
    [
        (local(6, 12), [("reminder_day", local(5, 12)), ("reminder_hours", local(6, 10))]),
        (local(5, 20), [("reminder_hours", local(5, 18))]),
        (local(5, 22), [("reminder_hours", local(5, 20))]),
        (local(5, 22, 1), [("reminder_day", local(5, 8)), ("reminder_hours", local(5, 20, 1))]),
        (local(4, 14, 1), [("reminder_hours", local(4, 12, 1))]),
        (local(4, 14), []),
        (local(4, 11), []),
    ],
    ids=["50 h", "34 h", "36 h", "36 h 1 min", "4 h 1 min", "4 h", "1 h"],
)
def test_reminders_are_as_many_as_the_lead_time_leaves_room_for(starts_at, reminders):
    consultation = make_consultation(starts_at=starts_at)

    outbox.enqueue_messages(outbox.build_reminders(consultation))

    messages = consultation.messages.order_by("due_at")
    assert [(message.kind, message.due_at) for message in messages] == reminders


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "starts_at", "due"),
    [
        ("America/New_York", local(7, 18, 30), [(7, 8), (7, 19, 30)]),
        ("Pacific/Honolulu", local(7, 9), [(6, 8), (7, 8)]),
        ("Asia/Kathmandu", local(7, 9), [(7, 8), (7, 20, 45)]),
    ],
)
def test_reminders_wait_out_the_night_where_the_person_is(zone, starts_at, due):
    request = make_request(stage="consultation_scheduled", source="booking", time_zone=zone)
    consultation = make_consultation(starts_at=starts_at, request=request)

    outbox.enqueue_messages(outbox.build_reminders(consultation))

    messages = consultation.messages.order_by("due_at")
    there = ZoneInfo(zone)
    assert [message.due_at for message in messages] == [local(*each, zone=there) for each in due]


@pytest.mark.django_db
def test_reminder_a_day_before_falls_due_once_when_the_clock_goes_back(time_machine):
    time_machine.move_to(datetime(2027, 11, 5, 12, tzinfo=PACIFIC), tick=False)
    consultation = make_consultation(starts_at=datetime(2027, 11, 7, 18, tzinfo=UTC))

    outbox.enqueue_messages(outbox.build_reminders(consultation))

    day_before = consultation.messages.get(kind=Kind.REMINDER_DAY)
    assert day_before.due_at == datetime(2027, 11, 6, 11, tzinfo=PACIFIC)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [Kind.CONFIRMATION, Kind.MOVED, Kind.CANCELED])
def test_answer_to_what_someone_just_did_does_not_wait_out_the_night(kind, time_machine):
    night = local(4, 23)
    time_machine.move_to(night, tick=False)
    consultation = make_consultation(starts_at=local(6, 9))

    outbox.enqueue_for_consultation(consultation, kind, night)

    assert consultation.messages.get().due_at == night


@pytest.mark.django_db
def test_promise_made_twice_is_one_row():
    consultation = make_consultation(starts_at=local(6, 9))
    outbox.enqueue_confirmation(consultation)
    before = list(Message.objects.values())

    outbox.enqueue_confirmation(consultation)

    assert list(Message.objects.values()) == before


@pytest.mark.django_db
def test_notice_to_staff_promised_twice_is_one_row():
    request = make_request()
    outbox.enqueue_new_request(request)

    outbox.enqueue_new_request(request)

    assert request.messages.count() == 1


# What is sent


@pytest.mark.django_db
def test_deliver_sends_to_the_person_and_says_so(inbox):
    message = promise()

    answer = delivery.deliver_message(message.pk)

    assert [letter["X-Envelope-To"] for letter in inbox] == ["jo@example.com"]
    assert (answer, kept(message)) == (State.SENT, (State.SENT, ""))
    assert (message.finished_at, message.lease, message.tries) == (NOW, None, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", Kind)
def test_deliver_sends_each_kind(inbox, kind):
    make_user("director")
    message = make_due(kind, now=NOW, at=local(5, 17))

    answer = delivery.deliver_message(message.pk)

    assert (answer, len(inbox)) == (State.SENT, 1)


@pytest.mark.django_db
def test_deliver_twice_sends_once(inbox):
    message = promise()
    delivery.deliver_message(message.pk)

    answer = delivery.deliver_message(message.pk)

    assert (answer, len(inbox)) == (None, 1)


def test_deliver_by_many_workers_at_once_sends_once(real_commits, inbox):
    message = promise()

    answers = at_once([partial(delivery.deliver_message, message.pk)] * 8)

    assert sorted(answers, key=str) == [None] * 7 + [State.SENT]
    assert len(inbox) == 1


def test_deliver_passes_over_a_row_that_another_worker_holds(real_commits, inbox):
    message = promise()
    held, done = Event(), Event()
    worker = Thread(target=hold_row, args=(message, held, done))
    worker.start()
    held.wait(10)
    began = monotonic()

    answer = delivery.deliver_message(message.pk)
    waited = monotonic() - began
    done.set()
    worker.join()

    assert answer is None
    assert waited < 1
    assert inbox == []


def hold_row(message, held, done):
    with transaction.atomic():
        Message.objects.select_for_update().get(pk=message.pk)
        held.set()
        done.wait(10)
    connection.close()


@pytest.mark.django_db
@pytest.mark.parametrize("early", [SECOND, 30 * DAY])
def test_deliver_before_its_time_sends_nothing(inbox, early):
    message = promise(due_at=NOW + early)

    answer = delivery.deliver_message(message.pk)

    assert (answer, inbox, kept(message)) == (None, [], (State.QUEUED, ""))


@pytest.mark.django_db
def test_deliver_of_an_unknown_message_sends_nothing(inbox):
    assert (delivery.deliver_message(999_999_999), inbox) == (None, [])


# What may not be sent any more


def refused(message, inbox):
    """What became of a message that should not go, and what arrived."""
    delivery.deliver_message(message.pk)
    return *kept(message), inbox


STANDING_KINDS = [
    Kind.CONFIRMATION,
    Kind.MOVED,
    Kind.HANDED_OVER,
    Kind.REMINDER_DAY,
    Kind.REMINDER_HOURS,
]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", STANDING_KINDS)
def test_message_about_a_canceled_consultation_is_not_sent(inbox, kind):
    message = promise(kind)
    consultations.cancel_consultation(key=uuid.uuid4(), request=message.request)

    assert refused(message, inbox) == (State.SKIPPED, "newer_version", [])


@pytest.mark.django_db
@pytest.mark.parametrize("kind", STANDING_KINDS)
def test_message_about_a_moved_consultation_is_not_sent(inbox, kind):
    message = promise(kind)
    moves.move_consultation(key=uuid.uuid4(), request=message.request, starts_at=local(6, 9))

    assert refused(message, inbox) == (State.SKIPPED, "not_standing", [])


@pytest.mark.django_db
@pytest.mark.parametrize("kind", STANDING_KINDS)
@pytest.mark.parametrize("status", ["completed", "no_show"])
def test_message_about_an_ended_consultation_is_not_sent(inbox, kind, status):
    message = promise(kind)
    Consultation.objects.filter(pk=message.consultation_id).update(status=status)

    assert refused(message, inbox) == (State.SKIPPED, "not_standing", [])


@pytest.mark.django_db
@pytest.mark.parametrize("kind", STANDING_KINDS)
def test_message_after_the_start_is_not_sent(inbox, kind, time_machine):
    message = promise(kind)
    time_machine.move_to(message.consultation.starts_at, tick=False)

    assert refused(message, inbox) == (State.SKIPPED, "too_late", [])


@pytest.mark.django_db
def test_message_to_choose_again_is_not_sent_once_another_time_stands(inbox):
    freed = make_consultation(starts_at=local(5, 9), status="canceled_by_center")
    message = promise(Kind.CANCELED_BY_CENTER, consultation=freed)
    make_consultation(starts_at=local(5, 12), request=message.request)

    assert refused(message, inbox) == (State.SKIPPED, "newer_version", [])


@pytest.mark.django_db
@pytest.mark.parametrize("kind", FOR_REQUESTERS)
def test_message_to_someone_without_an_email_is_not_sent(inbox, kind):
    message = promise(kind, email="")

    assert refused(message, inbox) == (State.SKIPPED, "no_email", [])


@pytest.mark.django_db
@pytest.mark.parametrize("kind", FOR_REQUESTERS)
def test_message_to_someone_who_stopped_emails_is_not_sent(inbox, kind):
    message = promise(kind)
    contact_plan.stop_emails(key=uuid.uuid4(), request=message.request, owns_email=True)

    assert refused(message, inbox) == (State.SKIPPED, "not_permitted", [])


@pytest.mark.django_db
def test_notice_to_staff_about_a_closed_request_is_not_sent(inbox):
    request = make_request()
    outbox.enqueue_new_request(request)
    outcomes.close_request(
        request_id=request.pk, by=make_user(), disposition="spam_or_test", reason="other"
    )

    assert refused(request.messages.get(), inbox) == (State.SKIPPED, "request_closed", [])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "status"), [(Kind.AFTER_COMPLETED, "completed"), (Kind.AFTER_NO_SHOW, "no_show")]
)
def test_follow_up_of_a_closed_request_is_not_sent(inbox, kind, status):
    consultation = make_consultation(starts_at=local(4, 9), status=status)
    message = promise(kind, consultation=consultation)
    outcomes.close_request(
        request_id=message.request_id,
        by=make_user(),
        disposition="withdrawn",
        reason="asked_to_stop",
    )

    assert refused(message, inbox) == (State.SKIPPED, "request_closed", [])


@pytest.mark.django_db
def test_follow_up_of_a_no_show_who_called_after_all_is_not_sent(inbox):
    consultation = make_consultation(starts_at=local(4, 9), status="no_show")
    message = promise(Kind.AFTER_NO_SHOW, consultation=consultation)
    Consultation.objects.filter(pk=consultation.pk).update(status="completed")

    assert refused(message, inbox) == (State.SKIPPED, "not_standing", [])


@pytest.mark.django_db
def test_follow_up_of_a_no_show_with_a_new_time_is_not_sent(inbox):
    consultation = make_consultation(starts_at=local(4, 9), status="no_show")
    message = promise(Kind.AFTER_NO_SHOW, consultation=consultation)
    make_consultation(starts_at=local(5, 9), request=consultation.request)

    assert refused(message, inbox) == (State.SKIPPED, "newer_version", [])


@pytest.mark.django_db
def test_word_of_a_cancellation_goes_though_the_request_is_closed(inbox):
    consultation = make_consultation(starts_at=local(5, 9))
    outcomes.close_request(
        request_id=consultation.request_id, by=make_user(), disposition="withdrawn", reason="other"
    )

    answer = delivery.deliver_message(consultation.messages.get().pk)

    assert (answer, [letter["Subject"] for letter in inbox]) == (
        State.SENT,
        ["Your appointment is canceled"],
    )


# A worker that dies


@pytest.mark.django_db
def test_message_in_a_workers_hands_is_left_alone_until_its_lease_ends(inbox, time_machine):
    message = promise()
    delivery.claim_message(message.pk)
    time_machine.move_to(NOW + delivery.LEASE_DURATION, tick=False)

    answer = delivery.deliver_message(message.pk)

    assert (answer, inbox) == (None, [])


@pytest.mark.django_db
def test_message_of_a_dead_worker_goes_after_the_lease_with_the_same_id(inbox, time_machine):
    message = promise()
    dead = delivery.claim_message(message.pk)
    rendering.render_email(dead).send()
    time_machine.move_to(NOW + delivery.LEASE_DURATION + SECOND, tick=False)

    answer = delivery.deliver_message(message.pk)

    assert (answer, len(inbox)) == (State.SENT, 2)
    assert len({letter["Message-ID"] for letter in inbox}) == 1


@pytest.mark.django_db
def test_late_worker_does_not_settle_what_another_has_in_hand(time_machine):
    message = promise()
    late = delivery.claim_message(message.pk)
    time_machine.move_to(NOW + delivery.LEASE_DURATION + SECOND, tick=False)
    delivery.claim_message(message.pk)

    delivery.finish_message(late, State.FAILED, "refused")
    delivery.schedule_retry(late, "unreachable")

    assert kept(message) == (State.SENDING, "")


# A mail server that refuses, fails or hangs


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("replies", "why"),
    [
        ({"greeting": "421 too busy"}, "not_accepted"),
        ({"greeting": "554 not today"}, "not_accepted"),
        ({"greeting": HANG_UP}, "unreachable"),
        ({"MAIL": "451 try later"}, "not_accepted"),
        ({"MAIL": "530 sign in first"}, "not_accepted"),
        ({"RCPT": "450 graylisted"}, "not_accepted"),
        ({"DATA": "451 try later"}, "not_accepted"),
        ({"letter": "452 no room"}, "not_accepted"),
        ({"letter": HANG_UP}, "unreachable"),
    ],
    ids=str,
)
def test_fault_that_may_pass_delays_the_message(mail_server, replies, why):
    message = promise()
    mail_server(**replies)

    answer = delivery.deliver_message(message.pk)

    assert (answer, kept(message)) == (State.RETRYING, (State.RETRYING, why))
    assert (message.due_at, message.lease, message.tries) == (NOW + 30 * SECOND, None, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "replies",
    [{"RCPT": "550 nobody here"}, {"DATA": "554 no"}, {"letter": "554 refused"}],
    ids=["recipient", "data", "letter"],
)
def test_refusal_of_this_very_letter_is_final(mail_server, replies):
    message = promise()
    mail_server(**replies)

    answer = delivery.deliver_message(message.pk)

    assert (answer, kept(message)) == (State.FAILED, (State.FAILED, "refused"))
    assert message.finished_at == NOW


@pytest.mark.django_db
def test_nobody_listening_promises_again_with_growing_pauses(settings, time_machine):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    message = promise(consultation=make_consultation(starts_at=local(9, 9)))
    pauses = []

    for _each in range(8):
        now = message.due_at
        time_machine.move_to(now, tick=False)
        delivery.deliver_message(message.pk)
        message.refresh_from_db()
        pauses.append((message.due_at - now) // SECOND)

    assert pauses == [30, 60, 120, 240, 480, 960, 1800, 1800]


@pytest.mark.django_db
def test_nobody_listening_for_a_day_gives_up(mail_server):
    mail_server(greeting=HANG_UP)
    message = promise()
    Message.objects.update(tries=delivery.MAX_TRIES - 1)

    answer = delivery.deliver_message(message.pk)

    assert (answer, kept(message)) == (State.FAILED, (State.FAILED, "unreachable"))


@pytest.mark.django_db
@pytest.mark.parametrize("stage", ["greeting", "EHLO", "RCPT", "letter"])
def test_mail_server_that_hangs_holds_a_worker_for_a_bounded_time(mail_server, impatient, stage):
    message = promise()
    mail_server(**{stage: HANG})
    began = monotonic()

    answer = delivery.deliver_message(message.pk)

    assert answer == State.RETRYING
    assert monotonic() - began < 3


def test_time_that_a_mail_server_may_take_is_ten_seconds(settings):
    assert settings.EMAIL_TIMEOUT == 10


@pytest.mark.django_db
@pytest.mark.parametrize("goodbye", [HANG, HANG_UP, "421 gone"])
def test_accepted_letter_is_sent_whatever_the_goodbye(mail_server, impatient, goodbye):
    server = mail_server(QUIT=goodbye)
    message = promise()

    answer = delivery.deliver_message(message.pk)

    assert (answer, len(server.letters)) == (State.SENT, 1)


@pytest.mark.django_db
def test_second_copy_after_a_lost_answer_has_the_same_id(mail_server, time_machine):
    server = mail_server(letter=HANG_UP)
    message = promise()
    delivery.deliver_message(message.pk)
    server.replies.clear()
    time_machine.move_to(NOW + MINUTE, tick=False)

    answer = delivery.deliver_message(message.pk)

    ids = [letter["Message-ID"] for letter in server.letters]
    assert (answer, len(ids), len(set(ids))) == (State.SENT, 2, 1)


# A letter that cannot be written


@pytest.mark.django_db
def test_letter_whose_words_fail_is_broken(inbox):
    message = promise(time_zone="Mars/Olympus")

    answer = delivery.deliver_message(message.pk)

    assert (answer, kept(message), inbox) == (State.FAILED, (State.FAILED, "broken"), [])


@pytest.mark.django_db
def test_letter_with_a_bad_header_is_broken(inbox):
    write_settings(discreet_sender_name="Appointments\nBcc: eve@evil.example")
    message = promise(is_discreet=True)

    answer = delivery.deliver_message(message.pk)

    assert (answer, kept(message), inbox) == (State.FAILED, (State.FAILED, "broken"), [])


def test_letter_that_postgres_could_not_fill_stays_owed(real_commits, inbox, time_machine):
    message = promise()
    held, done = Event(), Event()
    other = Thread(target=lock_facility, args=(held, done))
    other.start()
    held.wait(10)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")

    with pytest.raises(OperationalError):
        delivery.deliver_message(message.pk)
    done.set()
    other.join()

    assert (*kept(message), inbox) == (State.SENDING, "", [])
    time_machine.move_to(NOW + delivery.LEASE_DURATION + SECOND, tick=False)
    assert delivery.deliver_message(message.pk) == State.SENT


def lock_facility(held, done):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE programs_facility IN ACCESS EXCLUSIVE MODE")
        held.set()
        done.wait(10)
    connection.close()
