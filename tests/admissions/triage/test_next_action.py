"""No open request is ever without a due time, a reason to be in the list, and a next action."""

import random
import uuid
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from admissions import exceptions
from admissions.booking import callbacks, consultations
from admissions.care import recommendations, referrals
from admissions.care.models import Assessment
from admissions.exceptions import ActionNotAllowed, SlotTaken
from admissions.intake import requests
from admissions.intake.models import ConsultationRequest
from admissions.triage import (
    contact_attempts,
    escalation,
    next_action,
    outcomes,
    snoozing,
    status_line,
)
from admissions.triage.desk_clock import read_desk_clock
from tests.support.care import acknowledge, assess, make_signing, recommend
from tests.support.factories import make_consultation, make_counselor, make_request

pytestmark = pytest.mark.django_db
# A Monday before the clocks change, 10 in the morning in California.
START = datetime(2027, 3, 8, 18, tzinfo=UTC)
ZONES = ["America/Los_Angeles", "America/New_York", "Pacific/Honolulu"]
GOOD_TIMES = ConsultationRequest.GoodTime.values
RESULTS = ["no_answer", "voicemail", "reached", "wrong_number", "asked_to_stop", "replied"]


def version_of(request) -> int:
    latest = Assessment.objects.filter(request=request).order_by("-version").first()
    return latest.version if latest else 0


def book(request, chance, _by):
    starts_at = outcomes.timezone.now() + timedelta(hours=chance.randint(1, 40))
    if request.standing_consultation() or not request.may_become("consultation_scheduled"):
        raise ActionNotAllowed
    make_consultation(starts_at=starts_at, request=request, counselor=make_counselor())
    request.move_to("consultation_scheduled")
    requests.set_due_unless_pressing(request, starts_at)
    request.save()


def cancel(request, _chance, _by):
    if not request.standing_consultation():
        raise ActionNotAllowed
    consultations.cancel_consultation(key=uuid.uuid4(), request=request)


def refer(request, _chance, by):
    referral = referrals.record_referral(request_id=request.pk, by=by, to_whom="County line")
    if referral.pk % 2:
        referrals.confirm_referral(request_id=request.pk, by=by, referral_id=referral.pk)


# What may happen to a request: each takes the request, chance, and who does it.
ACTS = [
    lambda r, c, by: contact_attempts.log_attempt(
        request_id=r.pk, by=by, channel="call", result=c.choice(RESULTS)
    ),
    lambda r, c, by: contact_attempts.log_attempt(
        request_id=r.pk, by=by, channel="call", result="no_answer"
    ),
    book,
    lambda r, c, by: outcomes.complete_consultation(request_id=r.pk, by=by),
    lambda r, c, by: outcomes.mark_no_show(request_id=r.pk, by=by),
    cancel,
    lambda r, c, by: callbacks.request_call_now(key=uuid.uuid4(), request=r),
    lambda r, c, by: snoozing.snooze_request(
        request_id=r.pk, by=by, until=outcomes.timezone.now() + timedelta(hours=c.randint(1, 60))
    ),
    lambda r, c, by: snoozing.unsnooze_request(request_id=r.pk, by=by),
    lambda r, c, by: escalation.escalate_safety(request_id=r.pk, by=by),
    lambda r, c, by: outcomes.reopen_request(request_id=r.pk, by=by, reason="They called"),
    lambda r, c, by: assess(r, by, based_on=version_of(r), d1=c.choice(["none", "high"])),
    lambda r, c, by: acknowledge(r, by, seen=version_of(r)),
    lambda r, c, by: recommend(
        r, by, based_on=r.recommendations.count(), seen=version_of(r)
    ),
    lambda r, c, by: recommendations.begin_admission(request_id=r.pk, by=by),
    refer,
    lambda r, c, by: outcomes.close_request(
        request_id=r.pk, by=by, disposition="withdrawn", reason="not_ready"
    ),
]  # fmt: skip


def holds(request, now) -> bool:
    lines = (
        status_line.describe_status(request, read_desk_clock(now)),
        next_action.describe_next_action(request, now),
    )
    is_known = all(line.text and "None" not in line.text for line in lines)
    is_done = lines[1].text == "Nothing"
    return is_known and (request.due_at is None) == is_done == request.is_closed


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_every_open_request_has_a_next_action(time_machine, seed):
    chance, now = random.Random(seed), START  # noqa: S311  no secret
    time_machine.move_to(now, tick=False)
    make_counselor(days=range(5))
    by = make_signing("clinician")
    made = make_request(time_zone=chance.choice(ZONES), good_time=chance.choice(GOOD_TIMES))
    done = Counter()

    for _step in range(60):
        request = ConsultationRequest.objects.get(pk=made.pk)
        act = chance.randrange(len(ACTS))
        try:
            ACTS[act](request, chance, by)
            done[act] += 1
        except (ActionNotAllowed, SlotTaken, exceptions.ChangedMeanwhile):
            pass
        assert holds(ConsultationRequest.objects.with_history().get(pk=made.pk), now), done
        now += timedelta(minutes=chance.choice([0, 1, 14, 61, 600, 1440]))
        time_machine.move_to(now, tick=False)

    assert len(done) >= 5


@pytest.mark.parametrize("seed", range(12))
def test_plan_keeps_to_the_day_where_the_person_is(time_machine, seed):
    chance = random.Random(seed)  # noqa: S311  no secret
    now = START + timedelta(minutes=chance.randrange(7 * 24 * 60))
    time_machine.move_to(now, tick=False)
    by = make_signing("counselor")
    request = make_request(
        time_zone=chance.choice(ZONES), good_time=chance.choice(GOOD_TIMES), created_at=now
    )
    zone, due = ZoneInfo(request.time_zone), [now]

    for _try in range(5):
        contact_attempts.log_attempt(
            request_id=request.pk, by=by, channel="call", result="no_answer"
        )
        request.refresh_from_db()
        due.append(request.due_at)
        time_machine.move_to(request.due_at, tick=False)

    local = [at.astimezone(zone) for at in due]
    assert all(time(8) <= at.time() < time(20) for at in local[1:])
    assert max(Counter(at.date() for at in local).values()) <= 2
    assert due == sorted(set(due))
    assert 10 <= (local[-1].date() - local[0].date()).days <= 11
    assert len({at.hour for at in local[1:]}) >= 3
