"""A warm referral stays in sight until somebody there has confirmed it."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection

from admissions.audit.models import AuditEvent
from admissions.care import referrals
from admissions.care.models import Referral
from admissions.exceptions import ActionNotAllowed
from admissions.triage import outcomes
from tests.support.care import CANARY, NOW, TOMORROW_AT_TEN, Stage, acts, level, make_talked, stored
from tests.support.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.stopped_at(NOW)]
Type = AuditEvent.Type


@pytest.fixture
def kim():
    return make_user("coordinator")


def refer(request, by, **columns):
    return referrals.record_referral(request_id=request.pk, by=by, to_whom="OC Links", **columns)


def confirm(request, by, referral):
    return referrals.confirm_referral(request_id=request.pk, by=by, referral_id=referral.pk)


def close(request, by, **columns):
    reasons = {"disposition": "referred_out", "reason": "needs_higher_level"}
    outcomes.close_request(request_id=request.pk, by=by, **reasons | columns)


def test_referral_keeps_where_to_and_asks_the_next_day(kim):
    request = make_talked(due_at=NOW + timedelta(days=3))

    made = refer(request, kim, level=level("3.7"), note=CANARY)

    request.refresh_from_db()
    assert (made.to_whom, made.level.code, made.made_by, made.made_at) == (
        "OC Links", "3.7", kim, NOW,
    )  # fmt: skip
    assert (request.due_at, acts(request)) == (TOMORROW_AT_TEN, [Type.REFERRAL_MADE])


def test_note_of_a_referral_is_ciphertext(kim):
    refer(make_talked(), kim, note=CANARY)

    with connection.cursor() as cursor:
        cursor.execute("SELECT note FROM admissions_referral")
        assert "CANARY" not in cursor.fetchone()[0]


def test_close_as_referred_says_where_to(kim):
    request = make_talked()
    before = stored(request)

    with pytest.raises(ActionNotAllowed, match="Say where they are referred to"):
        close(request, kim)
    assert (stored(request), acts(request)) == (before, [])

    close(request, kim, refer_to="County line")

    assert [each.to_whom for each in request.referrals.all()] == ["County line"]
    assert acts(request) == [Type.REQUEST_CLOSED, Type.REFERRAL_MADE]


def test_close_as_referred_uses_the_referral_on_file(kim):
    request = make_talked()
    refer(request, kim)

    close(request, kim)

    request.refresh_from_db()
    assert (request.stage, request.referrals.count()) == (Stage.CLOSED, 1)


def test_handover_is_confirmed_after_closing_too(kim):
    request, lee = make_talked(), make_user("counselor")
    made = refer(request, kim)
    close(request, kim)

    confirm(request, lee, made)

    made.refresh_from_db()
    assert (made.confirmed_at, made.confirmed_by) == (NOW, lee)
    assert acts(request)[-1] == Type.REFERRAL_CONFIRMED
    assert list(Referral.objects.to_confirm()) == []


def test_handover_of_another_request_is_not_confirmed(kim):
    made = refer(make_talked(), kim)

    with pytest.raises(ActionNotAllowed):
        confirm(make_talked(), kim, made)

    assert list(Referral.objects.to_confirm()) == [made]


def test_referral_never_leads_elsewhere_afterwards(kim):
    made = refer(make_talked(), kim)

    with pytest.raises(DatabaseError):
        Referral.objects.filter(pk=made.pk).update(to_whom="Somewhere else")
