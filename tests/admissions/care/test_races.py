"""Several members of staff at one request in the same moment, over connections of their own."""

from functools import partial

import pytest

from admissions.audit.models import AuditEvent
from admissions.care import referrals, rules
from admissions.triage import outcomes
from tests.support.care import (
    NOW,
    acknowledge,
    acts,
    advice,
    assess,
    make_signing,
    make_talked,
    recommend,
)
from tests.support.factories import make_user
from tests.support.rivals import at_once

pytestmark = pytest.mark.stopped_at(NOW)


def close(request, disposition="withdrawn", by=None):
    by = by or make_user("counselor")
    outcomes.close_request(request_id=request.pk, by=by, disposition=disposition, reason="other")


def confirm(request, by, referral):
    return referrals.confirm_referral(request_id=request.pk, by=by, referral_id=referral.pk)


def test_two_who_amend_at_once_make_one_version(real_commits):
    request, dana, sam = make_talked(), make_signing(), make_signing()
    assess(request, dana)

    answers = at_once(
        [partial(assess, request, who, based_on=1, because="Again") for who in (dana, sam) * 2]
    )

    kinds = sorted(type(each).__name__ for each in answers)
    assert kinds == ["Assessment"] + ["ChangedMeanwhile"] * 3
    assert list(request.assessments.values_list("version", flat=True)) == [1, 2]


def test_two_clinicians_at_once_acknowledge_one_concern(real_commits):
    request = make_talked()
    assess(request, make_signing(), d1="high")
    clinicians = [make_signing("clinician") for _each in range(3)]

    answers = at_once([partial(acknowledge, request, each) for each in clinicians])

    kinds = sorted(type(each).__name__ for each in answers)
    assert kinds == ["Acknowledgment", "ActionNotAllowed", "ActionNotAllowed"]


def test_closing_and_a_new_high_concern_never_both_happen(real_commits):
    for _round in range(4):
        request, dana = make_talked(), make_signing()
        at_once([partial(close, request), partial(assess, request, dana, d3="high")])

        request.refresh_from_db()
        assert (request.is_closed, request.assessments.count()) in [(True, 0), (False, 1)]


def test_two_who_recommend_at_once_make_one_version(real_commits):
    request, people = make_talked(), [make_signing() for _each in range(3)]
    assess(request, people[0])

    answers = at_once([partial(recommend, request, each) for each in people])

    kinds = sorted(type(each).__name__ for each in answers)
    assert kinds == ["ChangedMeanwhile", "ChangedMeanwhile", "Recommendation"]


def test_admission_and_an_amendment_never_cross(real_commits):
    for _round in range(4):
        request, dana = make_talked(), make_signing()
        assess(request, dana)
        recommend(request, dana)
        at_once([
            partial(close, request, "admitted_iop", dana),
            partial(recommend, request, dana, advice("3.5", "3.5"), based_on=1),
        ])  # fmt: skip

        request.refresh_from_db()
        latest = rules.latest_recommendation(request)
        assert (request.disposition, latest.version) in [("admitted_iop", 1), ("", 2)]


def test_two_who_confirm_at_once_are_one(real_commits):
    request, people = make_talked(), [make_user("coordinator") for _each in range(3)]
    made = referrals.record_referral(request_id=request.pk, by=people[0], to_whom="OC Links")

    answers = at_once([partial(confirm, request, each, made) for each in people])

    kinds = sorted(type(each).__name__ for each in answers)
    assert kinds == ["ActionNotAllowed", "ActionNotAllowed", "Referral"]
    assert acts(request).count(AuditEvent.Type.REFERRAL_CONFIRMED) == 1
