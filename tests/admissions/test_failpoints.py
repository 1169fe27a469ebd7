"""A failpoint kills once and only there; production does not start with one."""

import os
import signal
import subprocess
import sys

import pytest

PRODUCTION = {
    "DEBUG": "0",
    "DATABASE_URL": "postgres://127.0.0.1/recovery",
    "REDIS_URL": "redis://127.0.0.1/0",
    "EMAIL_URL": "smtp+tls://mail.example:587",
    "FIELD_KEYS": "Tq7_wZr2LhVbN9sXe4-uKpYc6GmJf3DaS8tRoQ1iEnBkUy5HvWzCx0PlMgAd",
    "SECRET_KEY": "mD3vX8_qL0sZ4tKfW9-aYb7HjR2cNpU6eGxQ1oVrTiB5wEyFzSkA",
    "ALLOWED_HOSTS": "admissions.example",
    "SITE_URL": "https://admissions.example",
    "ADMISSIONS_LINE": "+17145550134",
    "MAIL_FROM": "appointments@office.example",
}
PASSES = """
import itertools
from admissions import failpoints
for number in itertools.count(1):
    print(number, flush=True)
    for place in ("before_claim", "after_claim"):
        failpoints.hit_failpoint(place)
    if number == 5:
        break
"""
SETTINGS = "import recovery_site.settings"


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "recovery_site.settings"} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("failpoint", "code", "passed"),
    [
        ("after_claim:kill", -signal.SIGKILL, 1),
        ("after_claim:kill:3", -signal.SIGKILL, 3),
        ("elsewhere:kill", 0, 5),
        ("after_claim:sleep", 0, 5),
        ("", 0, 5),
    ],
)
def test_failpoint_kills_at_its_place_and_time_and_no_other(failpoint, code, passed):
    done = run(PASSES, FAILPOINT=failpoint)

    assert (done.returncode, len(done.stdout.split())) == (code, passed)


def test_production_refuses_to_start_with_a_failpoint():
    refused = run(SETTINGS, **PRODUCTION, FAILPOINT="after_claim:kill")

    assert refused.stderr.splitlines()[-1].endswith(
        "FAILPOINT kills workers on purpose: unset it in production."
    )


def test_production_starts_without_one():
    assert run(SETTINGS, **PRODUCTION).returncode == 0
