import uuid
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep

import pytest
from celery.contrib.testing.worker import start_worker
from django.conf import settings
from redis import Redis

from admissions.booking import tasks as booking_tasks
from admissions.messaging import delivery, tasks, transport
from admissions.messaging.models import Message
from recovery_site.celery import app
from recovery_site.workers import queues
from tests.support.bookings import book
from tests.support.broker import another_broker, own_queues, tasks_in_place
from tests.support.factories import (
    make_consultation,
    make_counselor,
    make_message,
    make_request,
    write_settings,
)
from tests.support.mail_server import HANG, HANG_UP
from tests.support.waitlist import TUESDAY, free, make_center, wait

NOW = datetime(2027, 1, 4, 16, tzinfo=UTC)
AT = datetime(2027, 1, 5, 17, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
State = Message.State
# The notice to staff, the confirmation, and the reminder two hours before.
ALL_BUT_THE_REMINDER = [State.SENT, State.SENT, State.QUEUED]

pytestmark = pytest.mark.stopped_at(NOW)


@pytest.fixture
def at_once():
    """Tasks run where they are called, and their faults are seen."""
    with tasks_in_place():
        yield


@pytest.fixture
def nobody_at_the_broker():
    """The site looks for Redis where nothing listens."""
    with another_broker("redis://127.0.0.1:1/0"):
        yield


@pytest.fixture
def own_queue():
    """Queues in the real Redis that no other worker reads; gone afterwards."""
    prefix = f"test-{uuid.uuid4()}-"
    with own_queues(prefix):
        yield
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.delete(*redis.keys(f"{prefix}*"))


def promise(*, due_at=NOW, state=State.QUEUED, **columns):
    request = make_request(stage="consultation_scheduled", source="booking", **columns)
    consultation = make_consultation(starts_at=AT, request=request)
    return make_message(
        "confirmation",
        consultation=consultation,
        due_at=due_at,
        state=state,
        finished_at=None if state == State.QUEUED else NOW,
        reason="" if state in (State.QUEUED, State.SENT) else "refused",
    )


def states():
    return [message.state for message in Message.objects.order_by("pk")]


@pytest.mark.django_db
def test_sweep_hands_over_what_is_due_and_nothing_else(at_once, inbox):
    promise(due_at=NOW - MINUTE, email="late@example.com")
    promise(due_at=NOW, email="now@example.com")
    promise(due_at=NOW + MINUTE)
    promise(state=State.SENT)
    promise(state=State.FAILED)

    count = tasks.send_due_messages()

    assert count == 2
    assert [letter["To"] for letter in inbox] == ["late@example.com", "now@example.com"]


@pytest.mark.django_db
def test_sweep_again_sends_nothing_more(at_once, inbox):
    promise()
    tasks.send_due_messages()

    count = tasks.send_due_messages()

    assert (count, len(inbox)) == (0, 1)


@pytest.mark.django_db
def test_sweep_takes_up_what_a_dead_worker_left(at_once, inbox):
    message = promise()
    Message.objects.filter(pk=message.pk).update(
        state=State.SENDING, lease=uuid.uuid4(), lease_until=NOW - timedelta(seconds=1)
    )

    tasks.send_due_messages()

    assert (states(), len(inbox)) == ([State.SENT], 1)


@pytest.mark.django_db
def test_sweep_goes_on_behind_letters_that_cannot_be_written(at_once, inbox):
    promise(due_at=NOW - 2 * MINUTE, time_zone="Mars/Olympus")
    write_settings(discreet_sender_name="A\nBcc: eve@evil.example")
    promise(due_at=NOW - MINUTE, is_discreet=True)
    promise(is_discreet=False)

    tasks.send_due_messages()

    assert states() == [State.FAILED, State.FAILED, State.SENT]
    assert len(inbox) == 1


@pytest.mark.django_db
def test_sweep_for_one_request_leaves_the_others(at_once, inbox):
    mine, _other = promise(email="mine@example.com"), promise()

    count = tasks.send_due_messages(str(mine.request_id))

    assert (count, [letter["To"] for letter in inbox]) == (1, ["mine@example.com"])


@pytest.mark.django_db
def test_sweep_after_six_hours_away_skips_reminders_whose_time_has_passed(
    at_once, inbox, time_machine
):
    message = promise()
    Message.objects.update(kind="reminder_hours", due_at=AT - timedelta(hours=2))
    time_machine.move_to(AT + timedelta(hours=4), tick=False)

    tasks.send_due_messages()

    message.refresh_from_db()
    assert (message.state, message.reason, inbox) == (State.SKIPPED, "too_late", [])


def test_booking_wakes_a_worker_once_it_is_committed(real_commits, at_once, inbox):
    make_counselor()

    book(AT, consents={})

    assert sorted(letter["Subject"].split()[0] for letter in inbox) == ["New", "Your"]


def test_booking_stands_while_redis_is_away_and_the_sweep_sends_later(
    real_commits, nobody_at_the_broker, inbox
):
    make_counselor()
    began = monotonic()

    request = book(AT, consents={})

    assert monotonic() - began < 3
    assert request.standing_consultation().starts_at == AT
    assert (states(), inbox) == ([State.QUEUED] * 3, [])
    with tasks_in_place():
        tasks.send_due_messages()
    assert (states(), len(inbox)) == (ALL_BUT_THE_REMINDER, 2)


def test_worker_sends_what_a_booking_promised(real_commits, own_queue, inbox):
    make_counselor()

    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=30):
        book(AT, consents={})
        wait_until(lambda: states() == ALL_BUT_THE_REMINDER)

    assert (states(), len(inbox)) == (ALL_BUT_THE_REMINDER, 2)


def wait_until(is_so, seconds=15):
    """Give a worker a little time."""
    until = monotonic() + seconds
    while not is_so() and monotonic() < until:
        sleep(0.05)


def test_task_arguments_name_nobody(real_commits, own_queue):
    make_counselor()

    request = book(AT, consents={})

    with app.connection_for_read() as link, link.SimpleQueue(queues.SWEEPS) as queue:
        waiting = queue.get(timeout=5)
        waiting.ack()
    assert waiting.payload[0] == [str(request.pk)]
    assert waiting.headers["argsrepr"] == repr((str(request.pk),))


# Something sooner


@pytest.mark.django_db
def test_task_offers_what_opened_and_has_the_letter_sent(at_once, inbox):
    make_center()
    rival, request = book(TUESDAY), wait()
    free(rival)

    owed = booking_tasks.offer_opened_slots()

    sent = [each["Subject"] for each in inbox if each["To"] == request.email]
    assert owed == 1
    # Under a stopped clock all fall due in one moment, and go in any order.
    assert "An earlier time for your appointment" in sent


def test_beat_sweeps_messages_and_offers_every_minute():
    app.loader.import_default_modules()

    swept = {each["task"]: each["schedule"] for each in app.conf.beat_schedule.values()}

    assert (
        swept.items()
        >= {
            "admissions.messaging.tasks.send_due_messages": MINUTE,
            "admissions.booking.tasks.offer_opened_slots": MINUTE,
        }.items()
    )
    assert set(swept) <= set(app.tasks)


@pytest.mark.django_db
def test_messages_that_workers_left_behind_go_one_at_a_time(inbox, monkeypatch):
    consultations = [make_consultation(starts_at=AT + n * MINUTE * 60) for n in range(3)]
    for number, consultation in enumerate(consultations):
        make_message(
            "confirmation",
            consultation=consultation,
            due_at=NOW,
            state=State.SENDING,
            lease=uuid.uuid4(),
            lease_until=NOW - MINUTE,
            crashes=2 - number,
        )
    handed = []
    monkeypatch.setattr(tasks.send_abandoned_message, "delay", handed.append)

    count = tasks.send_due_messages()

    (innocent,) = Message.objects.filter(crashes=0)
    assert (count, handed, inbox) == (1, [innocent.pk], [])


@pytest.mark.django_db
def test_message_left_behind_is_followed_by_the_next(inbox, at_once):
    for hours in range(3):
        consultation = make_consultation(starts_at=AT + hours * 60 * MINUTE)
        make_message(
            "confirmation",
            consultation=consultation,
            due_at=NOW,
            state=State.SENDING,
            lease=uuid.uuid4(),
            lease_until=NOW - MINUTE,
        )

    tasks.send_due_messages()

    assert {message.state for message in Message.objects.all()} == {State.SENT}


def due_letters(count) -> list[int]:
    """Confirmations of so many consultations, all due now."""
    return [
        make_message(
            "confirmation",
            consultation=consultation,
            due_at=NOW,
        ).pk
        for consultation in (make_consultation(starts_at=AT) for _each in range(count))
    ]


@pytest.mark.django_db
def test_letters_of_one_task_share_a_line(mail_server):
    server = mail_server()

    answers = tasks.send_messages(due_letters(3))

    assert (answers, len(server.letters), server.talks_begun) == ([State.SENT] * 3, 3, 1)


@pytest.mark.django_db
def test_line_on_which_a_letter_failed_is_not_used_again(mail_server):
    server = mail_server(RCPT="550 nobody here")
    first, *others = due_letters(3)
    transport.shared_connection.is_shared = True
    delivery.deliver_message(first)
    server.replies.clear()

    tasks.send_messages(others)

    assert (len(server.letters), server.talks_begun) == (2, 2)


@pytest.mark.django_db
@pytest.mark.parametrize("goodbye", [HANG, HANG_UP, "421 gone"])
def test_letters_of_one_task_are_sent_whatever_the_goodbye(mail_server, settings, goodbye):
    settings.EMAIL_TIMEOUT = 0.3
    server = mail_server(QUIT=goodbye)

    answers = tasks.send_messages(due_letters(2))

    assert (answers, len(server.letters)) == ([State.SENT] * 2, 2)


@pytest.mark.django_db
def test_task_that_is_kept_waiting_leaves_the_rest_to_others(at_once, inbox, monkeypatch):
    monkeypatch.setattr(tasks, "BEGIN_WITHIN", 0)

    answers = tasks.send_messages(due_letters(3))

    assert (answers, states()) == ([State.SENT], [State.SENT] * 3)


@pytest.mark.django_db
def test_next_task_opens_a_line_of_its_own(mail_server):
    server = mail_server()

    for pk in due_letters(2):
        tasks.send_messages([pk])

    assert server.talks_begun == 2


@pytest.mark.django_db
def test_many_letters_are_handed_out_a_few_at_a_time(monkeypatch):
    handed = []
    monkeypatch.setattr(
        tasks.send_messages, "apply_async", lambda args, queue: handed.append(args[0])
    )
    ids = due_letters(tasks.MESSAGES_PER_TASK + 1)

    count = tasks.send_due_messages()

    assert (count, [len(each) for each in handed]) == (
        tasks.MESSAGES_PER_TASK + 1,
        [tasks.MESSAGES_PER_TASK, 1],
    )
    assert sorted(pk for each in handed for pk in each) == ids
