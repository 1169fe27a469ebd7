"""Many hostile visits in a row: none may end in a fault, and no row or letter may be wrong."""

import logging
import os
from datetime import time
from random import SystemRandom

import pytest

from admissions.intake.models import ConsultationRequest
from tests.support.factories import make_consultation, make_counselor, make_request
from tests.support.visitor import MONDAY, TOMORROW_AT_TEN, browser

from . import ledger
from .player import Player, open_times

COUNT = int(os.environ.get("FUZZ_COUNT", "150"))
COUNSELORS = 4
# Each has a time that may be moved, canceled and asked to be sooner.
MANAGING = 12

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(MONDAY)]


@pytest.fixture
def player():
    """Times to book, and browsers of people who have one; FUZZ_SEED plays a run again."""
    seed = int(os.environ.get("FUZZ_SEED") or SystemRandom().randrange(10**9))
    print(f"FUZZ_SEED={seed}")  # noqa: T201  pytest shows it beside a failure
    for _counselor in range(COUNSELORS):
        make_counselor(opens=time(0), closes=time(23, 59))
    people = [
        make_consultation(starts_at=TOMORROW_AT_TEN).request
        if number % 3
        else make_request(email=f"jo{number}@example.com")
        for number in range(MANAGING)
    ]
    made = Player(seed, open_times(), [browser(each) for each in people])
    for each, person in zip(made.managing, people, strict=True):
        session = each.session
        session["stops"] = session["request"] = str(person.pk)
        session.save()
    return made


def logged_faults(caplog):
    """What we did wrong; Django also logs as an error what it refuses of strangers.

    Nobody beats while these tests run, as the page for monitors truly says.
    """
    ours = [each for each in caplog.records if not each.name.startswith("django.security")]
    told = [each.getMessage() for each in ours if each.levelno >= logging.ERROR]
    return [each for each in told if each != "Service Unavailable: /statusz/"]


def test_hostile_visits_end_in_no_fault_and_leave_no_wrong_row(player, inbox, caplog):
    caplog.set_level(logging.ERROR)
    before = list(ConsultationRequest.objects.values_list("pk", flat=True))

    for _visit in range(COUNT):
        player.play()

    made = ConsultationRequest.objects.exclude(pk__in=before)
    print(sorted(player.answered.items()), len(made))  # noqa: T201  what came of it
    assert not player.findings, "\n".join(player.findings[:20])
    assert logged_faults(caplog) == []
    assert ledger.find_faults(made, inbox) == []
    assert len(made) > 0
    assert {200, 302, 400, 405} <= player.answered.keys()
    # Pages that never were, or are no more.
    assert {404, 410} & player.answered.keys()
