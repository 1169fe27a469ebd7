"""What the bench writes into our tables fits them as they are now."""

import pytest
from django.core.management import call_command
from django.db import connection

from admissions.installation.models import Installation
from admissions.messaging.models import MailSettings, Message
from bench import databases, ours
from bench.measures import letters

pytestmark = pytest.mark.django_db


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_letters_that_are_measured_are_due():
    call_command("seed_bench", counselors=1, past=0, requests=0, booked_ahead=0.5, verbosity=0)

    run(letters.PROMISE.format(2))

    assert Message.objects.filter(state=Message.State.QUEUED).count() == 2


def test_copied_database_may_send():
    Installation.objects.update(sends_from="the database that it was copied from")

    run(databases.LET_GO)

    assert Installation.objects.free_to_send().exists()


def test_staff_inbox_is_set_in_the_row_that_the_tables_come_with():
    run(ours.SET_STAFF_INBOX)

    assert MailSettings.objects.load().staff_email == "staff@example.com"
