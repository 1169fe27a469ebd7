"""One call in many hands at the same moment: it is kept once."""

import uuid
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from admissions.calls.taking import CallAnswers, take_call
from admissions.intake.models import ConsultationRequest
from tests.support.factories import make_user
from tests.support.rivals import at_once, outcomes

PACIFIC = ZoneInfo("America/Los_Angeles")


def promise() -> CallAnswers:
    tomorrow = datetime.now(PACIFIC).replace(hour=12) + timedelta(days=1)
    return CallAnswers(
        outcome="promised", for_whom="self", number="+17145550155", promised_by=tomorrow
    )


def take(by, given, **options):
    return take_call(key=uuid.uuid4(), answers=given, by=by, **options)


def test_double_click_at_once_is_one_call(real_commits):
    by, key, given = make_user(), uuid.uuid4(), promise()

    kept = at_once([partial(take_call, key=key, answers=given, by=by)] * 4)

    assert {each.pk for each in kept} == {key}
    assert ConsultationRequest.objects.count() == 1


def test_two_people_who_take_one_call_make_one_request(real_commits):
    given = promise()
    acts = [partial(take, make_user(), given) for _each in range(3)]

    assert outcomes(at_once(acts)) == {"Call": 1, "CallerIsKnown": 2}
    assert ConsultationRequest.objects.count() == 1


def test_two_people_for_whom_one_call_rang_keep_it_once(real_commits):
    ring, given = uuid.uuid4(), CallAnswers(outcome="answered", for_whom="self")
    acts = [partial(take, make_user(), given, ring_id=ring) for _each in range(3)]

    assert outcomes(at_once(acts)) == {"Call": 1, "CallTakenAlready": 2}
