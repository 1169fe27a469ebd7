"""Six digits as every authenticator app shows them."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from admissions.accounts import totp

from .conftest import NOW

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (2000000000, "279037"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(seconds, code):
    """RFC 6238, appendix B, the last six of its eight digits."""
    step = totp.step_at(datetime.fromtimestamp(seconds, UTC))

    assert totp.code_at_step(SECRET, step) == code


@pytest.mark.parametrize(("off", "counts"), [(-2, 0), (-1, 1), (0, 1), (1, 1), (2, 0)])
def test_code_counts_one_step_early_or_late(off, counts):
    step = totp.step_at(NOW) + off

    found = totp.matching_step(totp.code_at_step(SECRET, step), secret=SECRET, now=NOW)

    assert found == (step if counts else None)


def test_no_code_fits_no_secret():
    step = totp.step_at(NOW)

    assert totp.matching_step(totp.code_at_step("", step), secret="", now=NOW) is None


def test_recovery_codes_are_read_as_people_type_them():
    [code, *_rest] = totp.new_recovery_codes()

    typed = f" {code.upper().replace('-', ' ')} "

    assert totp.hash_recovery_code(typed) == totp.hash_recovery_code(code)


def test_secrets_and_recovery_codes_never_repeat():
    made = [code for _ in range(100) for code in totp.new_recovery_codes()]
    made += [totp.new_secret() for _ in range(1000)]

    assert len(set(made)) == 2000


def test_clock_of_a_step_is_half_a_minute():
    assert totp.step_at(NOW + timedelta(seconds=30)) == totp.step_at(NOW) + 1
