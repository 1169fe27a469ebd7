"""Many at the door in the same moment."""

import pytest
from django.db import connection
from django.utils import timezone

from admissions.accounts import authentication, throttling, totp, two_factor
from admissions.accounts.models import RecoveryCode
from tests.support import factories, rivals

from .conftest import code_of, make_staff

pytestmark = pytest.mark.usefixtures("real_commits")


def test_many_guesses_at_once_count_each():
    """Without the count before the try, all of them would be let through."""
    outcomes = rivals.at_once([one_guess] * 12)

    refused = [each for each in outcomes if isinstance(each, throttling.TooManyAttempts)]
    assert (len(refused), len(outcomes)) == (7, 12)


def one_guess():
    throttling.count_attempt({"a name": authentication.FREE_FAILURES}, now=timezone.now())


def test_one_code_lets_in_one_of_many():
    user = make_staff("counselor")
    factories.make_factor(user)
    now, code = timezone.now(), code_of(user)

    outcomes = rivals.at_once(
        [lambda: two_factor.consume_app_code(user=user, code=code, now=now)] * 8
    )

    assert sorted(outcomes) == [False] * 7 + [True]


def test_one_recovery_code_lets_in_one_of_many():
    user = make_staff("counselor")
    [code, *_others] = two_factor.issue_recovery_codes(by=user)
    now = timezone.now()

    outcomes = rivals.at_once(
        [lambda: two_factor.consume_recovery_code(user=user, code=code, now=now)] * 8
    )

    assert sorted(outcomes) == [False] * 7 + [True]


def test_two_apps_at_once_are_one():
    user, now = make_staff("counselor"), timezone.now()
    secrets = [totp.new_secret() for _time in range(4)]

    def take_over(secret):
        code = code_of(user, secret=secret)
        return two_factor.enroll_factor(user_id=user.pk, secret=secret, code=code, now=now)

    outcomes = rivals.at_once([lambda secret=secret: take_over(secret) for secret in secrets])

    refused = [each for each in outcomes if isinstance(each, two_factor.FactorExists)]
    assert (len(refused), RecoveryCode.objects.count()) == (3, 10)


def test_sleeping_session_does_not_come_back():
    """One that was ended while its own request was on the way stays ended."""
    client = factories.StaffClient()
    client.force_login(make_staff("counselor"))
    session = client.session
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_session")

    outcome = rivals.at_once([session.save])

    assert type(outcome[0]).__name__ == "UpdateError"
