"""A mail server that hangs holds up neither what staff is told nor the sweeps."""

from datetime import timedelta

import pytest

from admissions.messaging import delivery, tasks
from admissions.messaging.models import Message
from recovery_site.celery import app
from recovery_site.workers import queues


def test_letters_to_staff_have_a_queue_of_their_own():
    found = [(1, Message.Kind.CONFIRMATION), (2, next(iter(Message.STAFF_KINDS)))]

    assert tasks.split_by_queue(found) == {queues.ALARMS: [2], queues.MAIL: [1]}


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("admissions.messaging.tasks.send_due_messages", queues.SWEEPS),
        ("admissions.messaging.tasks.send_messages", queues.MAIL),
        ("admissions.booking.tasks.offer_opened_slots", queues.SWEEPS),
        ("admissions.audit.tasks.seal_audit", queues.SWEEPS),
        ("admissions.calendars.tasks.refresh_calendar", queues.CALENDARS),
        ("admissions.privacy.tasks.remove_expired_data", queues.HOUSEKEEPING),
    ],
)
def test_task_waits_in_its_queue(task, queue):
    assert app.amqp.router.route({}, task)["queue"].name == queue


def test_names_of_queues_are_the_same_in_both_rooms():
    assert (tasks.MAIL, tasks.ALARMS) == (queues.MAIL, queues.ALARMS)


def test_every_route_leads_to_a_task():
    app.loader.import_default_modules()
    routed = [name.removesuffix("*") for name in queues.ROUTES]

    assert [name for name in routed if not any(task.startswith(name) for task in app.tasks)] == []


def test_worker_is_killed_before_another_takes_up_its_letter():
    limit = timedelta(seconds=tasks.send_messages.time_limit)

    assert limit < delivery.LEASE_DURATION
