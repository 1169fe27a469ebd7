"""A worker that is killed while it sends a push: the push goes again, and no alert is lost."""

import os
import signal
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from admissions.alerts import sending, telling
from admissions.alerts.catalog import Kind
from admissions.alerts.models import Alert, AlertPush

NIGHT = datetime(2026, 12, 5, 2, tzinfo=ZoneInfo("America/Los_Angeles"))
LEASE_IS_OVER = NIGHT + sending.LEASE_DURATION + timedelta(seconds=1)
State = AlertPush.State

pytestmark = pytest.mark.stopped_at(NIGHT)


@pytest.fixture
def owed(real_commits, kim, phone):
    telling.tell(Kind.CONCERN, [kim], key="1", page="/admin/")
    return AlertPush.objects.get().pk


def send_and_die(push_id):
    """Send in a worker of its own; the signal that ended it, 0 if none did."""
    worker = os.fork()
    if worker == 0:
        try:
            # The connection is the parent's: this one opens another, and ends neither.
            connection.connection, _kept = None, connection.connection
            sending.send_push(push_id)
        finally:
            os._exit(0)
    return os.WTERMSIG(os.waitpid(worker, 0)[1])


@pytest.mark.parametrize(("place", "copies"), [("after_push_claim", 1), ("after_push", 2)])
def test_push_goes_again_once_the_lease_is_over(
    owed, push_service, settings, time_machine, *, place, copies
):
    settings.FAILPOINT = f"{place}:kill"
    assert send_and_die(owed) == signal.SIGKILL
    settings.FAILPOINT = ""

    assert sending.send_push(owed) is None
    time_machine.move_to(LEASE_IS_OVER, tick=False)
    assert sending.send_push(owed) == State.SENT

    assert len(push_service.came) == copies
    assert Alert.objects.count() == 1
