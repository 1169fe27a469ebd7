"""Nothing is skipped and nobody hurries: leases run out, and beat sweeps once a minute."""

import os

import pytest

from .proof import test_promise_holds  # noqa: F401
from .stage import AFTER_A_LOSS, IN_HEALTH, Case

pytestmark = pytest.mark.skipif(os.environ.get("FAULTS") != "long", reason="takes five minutes")


def do_no_harm(stage, _times):
    """Some letters go with a booking's wake-up, some wait for the sweep."""
    stage.people.book(20)
    stage.make_due(stage.reminders())


def lose(stage, times):
    """Workers die with letters in hand, and Redis forgets who was to be written to."""
    stage.worker.kill()
    for _death in range(times - 2):
        worker = stage.start_worker(failpoint="after_claim:kill")
        stage.people.book(1)
        worker.dies()
    stage.bury_the_dead()
    stage.start_worker()
    for _flush in range(2):
        stage.worker.pause()
        stage.people.book(3)
        stage.nemesis.redis.flush()
        stage.worker.go_on()


CASES = [
    Case("in health, at its own pace", do_no_harm, 0, 0, "", "", IN_HEALTH, is_hurried=False),
    Case("after losses, at its own pace", lose, 0, 12, "", "", AFTER_A_LOSS, is_hurried=False),
]
