"""Many at the door in the same moment."""

from collections import Counter

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.db import connection

from admissions.accounts import two_factor
from admissions.audit.models import AuditEvent
from tests.support import factories, rivals

from .conftest import TYPES, Browser, code_of, make_staff

pytestmark = pytest.mark.usefixtures("real_commits")


def test_of_forty_guesses_at_once_five_are_checked(hashed):
    user = make_staff("counselor")
    wrong = [f"wrong {number}" for number in range(40)]

    answers = rivals.at_once(
        [lambda guess=guess: Browser().give_password(user, guess).status_code for guess in wrong]
    )

    assert Counter(answers) == {200: 5, 429: 35}
    assert len(set(hashed) & set(wrong)) == 5


def halfway(user, count):
    """Browsers that have given the password."""
    browsers = [Browser() for _number in range(count)]
    for each in browsers:
        each.give_password(user)
    return browsers


def entered(browsers, code):
    """How many were let in of all who give this code at once, without a limit on tries."""
    answers = rivals.at_once([lambda each=each: each.give_code(code) for each in browsers])
    assert [each for each in answers if isinstance(each, Exception)] == []
    return AuditEvent.objects.filter(type__in=[TYPES.SIGNED_IN, TYPES.RECOVERY_CODE_USED]).count()


@pytest.fixture
def unlimited(monkeypatch):
    """So that it is the code that refuses, not the count of tries."""
    monkeypatch.setattr("admissions.accounts.throttling.PER_NAME", "1000/h/key")


@pytest.mark.security(34)
def test_one_code_lets_in_one_of_twenty(unlimited):
    user = make_staff("counselor")
    factories.make_factor(user)

    assert entered(halfway(user, 20), code_of(user, off=1)) == 1


def test_one_recovery_code_lets_in_one_of_many(unlimited):
    user = make_staff("counselor")
    factories.make_factor(user)
    [code, *_others] = two_factor.issue_recovery_codes(by=user)

    assert entered(halfway(user, 10), code) == 1


def test_two_apps_at_once_are_one():
    user = make_staff("counselor")
    secrets = [generate_totp_secret() for _time in range(4)]

    def take_over(secret):
        return two_factor.enroll_app(by=user, secret=secret, code=code_of(user, secret=secret))

    outcomes = rivals.at_once([lambda secret=secret: take_over(secret) for secret in secrets])

    refused = [each for each in outcomes if isinstance(each, two_factor.FactorExists)]
    assert (len(refused), Authenticator.objects.filter(type="totp").count()) == (3, 1)


def test_two_passkeys_removed_at_once_leave_one():
    user = make_staff("counselor")
    keys = [
        Authenticator.objects.create(user=user, type="webauthn", data={"name": name}).pk
        for name in ("one", "two")
    ]

    outcomes = rivals.at_once(
        [lambda key=key: two_factor.remove_passkey(by=user, key=key, this="") for key in keys]
    )

    refused = [each for each in outcomes if isinstance(each, two_factor.LastFactor)]
    assert (len(refused), Authenticator.objects.count()) == (1, 1)


def test_sleeping_session_does_not_come_back():
    """One that was ended while its own request was on the way stays ended."""
    client = factories.StaffClient()
    client.force_login(make_staff("counselor"))
    session = client.session
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_session")

    outcome = rivals.at_once([session.save])

    assert type(outcome[0]).__name__ == "UpdateError"
