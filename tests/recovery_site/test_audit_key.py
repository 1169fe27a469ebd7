"""Only the worker of production has the key that seals the audit."""

import os
import subprocess
import sys

import pytest

from recovery_site import celery
from tests.recovery_site.configuration.test_production import GOOD

KEY = "uT9kWq2ZxR5vN8bLcE1yHsJ4mPfA7dGoKi3rVwX6zQjYtBnU0eSl"
OLD = KEY[::-1]
WORKER = "from django.conf import settings; print(settings.AUDIT_KEYS)"
WEB = "import recovery_site.gunicorn_conf; " + WORKER


def printed(code, **environment):
    names = {"DJANGO_SETTINGS_MODULE": "recovery_site.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | names | GOOD | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("code", "environment", "keys"),
    [
        (WORKER, {"AUDIT_KEY": KEY}, [KEY]),
        (WORKER, {"AUDIT_KEY": KEY, "AUDIT_KEY_FALLBACKS": OLD}, [KEY, OLD]),
        (WORKER, {}, []),
        (WEB, {"AUDIT_KEY": KEY, "AUDIT_KEY_FALLBACKS": OLD}, []),
    ],
)
def test_key_reaches_the_worker_alone_and_is_never_the_secret_key(code, environment, keys):
    assert printed(code, **environment) == str(keys)


def test_worker_without_a_key_does_not_start(settings):
    settings.AUDIT_KEYS = []

    with pytest.raises(SystemExit, match="AUDIT_KEY"):
        celery.require_audit_key()


def test_worker_with_a_key_starts(settings):
    settings.AUDIT_KEYS = [KEY]

    celery.require_audit_key()
