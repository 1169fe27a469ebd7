"""The night is asked in one place, for each policy, wherever the person is."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from admissions.messaging import delivery, timing
from admissions.messaging.kinds import Kind, Night
from admissions.messaging.models import Message
from tests.support.factories import make_due

HONOLULU, NEW_YORK = ZoneInfo("Pacific/Honolulu"), ZoneInfo("America/New_York")
# An ordinary day, and both on which New York changes its clocks.
DAYS = [(2027, 1, 5), (2027, 3, 14), (2027, 11, 7)]
HOUR = timedelta(hours=1)
NOW, MORNING, NOTHING = "now", "morning", None
# By day, as the night begins, in its last minute, and when it is over.
EXPECTED = {
    Night.ANY_HOUR: [NOW, NOW, NOW, NOW],
    Night.WAIT: [NOW, MORNING, MORNING, NOW],
    Night.WAIT_UNLESS_CLOSE: [NOW, MORNING, MORNING, NOW],
    Night.NEVER: [NOW, NOTHING, NOTHING, NOW],
}
CLOCKS = [(12, 0), (21, 0), (7, 59), (8, 0)]


@pytest.mark.parametrize("zone", [HONOLULU, NEW_YORK])
@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize(
    ("night", "clock", "expected"),
    [
        (night, clock, expected)
        for night, answers in EXPECTED.items()
        for clock, expected in zip(CLOCKS, answers, strict=True)
    ],
)
def test_each_policy_at_each_hour(night, clock, expected, day, zone):
    at = datetime(*day, *clock, tzinfo=zone)
    morning = datetime(*day, 8, tzinfo=zone)
    if clock[0] >= 21:
        morning += timedelta(days=1)

    found = timing.find_send_time(night, at, zone=zone, starts_at=at + timedelta(days=3))

    assert found == {NOW: at, MORNING: morning, NOTHING: None}[expected]


@pytest.mark.parametrize(("hours", "waits"), [(9, False), (10, True), (11, True)])
def test_what_comes_soon_after_the_night_is_told_in_it(hours, waits):
    at = datetime(2027, 1, 5, 0, tzinfo=NEW_YORK)

    found = timing.find_send_time(
        Night.WAIT_UNLESS_CLOSE, at, zone=NEW_YORK, starts_at=at + hours * HOUR
    )

    assert found == (at + 8 * HOUR if waits else at)


@pytest.mark.django_db
@pytest.mark.usefixtures("inbox")
@pytest.mark.parametrize(
    ("kind", "hours", "state", "reason"),
    [
        (Kind.HANDED_OVER, 9, "sent", ""),
        (Kind.HANDED_OVER, 48, "promised", ""),
        (Kind.CALLBACK_LATE, 48, "promised", ""),
        (Kind.MOVED, 48, "sent", ""),
        (Kind.EARLIER_OFFER_TAKEN, 48, "skipped", "quiet_hours"),
    ],
)
def test_letter_that_a_fault_carried_into_the_night(time_machine, kind, hours, state, reason):
    night = datetime(2027, 1, 5, 0, tzinfo=ZoneInfo("America/Los_Angeles"))
    time_machine.move_to(night, tick=False)
    message = make_due(kind, now=night, at=night + hours * HOUR)

    delivery.deliver_message(message.pk)

    kept = Message.objects.get()
    assert (kept.state, kept.reason) == (state, reason)
