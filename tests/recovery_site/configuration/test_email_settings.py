"""Who carries the mail is told by the environment alone, and told wrongly nothing starts."""

import json
import os
import subprocess
import sys

import pytest

PRODUCTION = {
    "DEBUG": "0",
    "DATABASE_URL": "postgres://127.0.0.1/recovery",
    "REDIS_URL": "redis://127.0.0.1/0",
    "FIELD_KEYS": "Tq7_wZr2LhVbN9sXe4-uKpYc6GmJf3DaS8tRoQ1iEnBkUy5HvWzCx0PlMgAd",
    "SECRET_KEY": "mD3vX8_qL0sZ4tKfW9-aYb7HjR2cNpU6eGxQ1oVrTiB5wEyFzSkA",
    "ALLOWED_HOSTS": "admissions.example",
    "SITE_URL": "https://admissions.example",
    "ADMISSIONS_LINE": "+17145550134",
    "MAIL_FROM": "appointments@office.example",
}
SECRET = {"ANYMAIL_WEBHOOK_SECRET": "hook:01234567890123456789"}
KEYS = {
    "mailgun": {"ANYMAIL_MAILGUN_API_KEY": "k", "ANYMAIL_MAILGUN_WEBHOOK_SIGNING_KEY": "k"},
    "mailjet": {"ANYMAIL_MAILJET_API_KEY": "k", "ANYMAIL_MAILJET_SECRET_KEY": "k"} | SECRET,
    "postmark": {"ANYMAIL_POSTMARK_SERVER_TOKEN": "k"} | SECRET,
    "sparkpost": {"ANYMAIL_SPARKPOST_API_KEY": "k"} | SECRET,
}
CODE = """
import json
from django.conf import settings
from django.core.mail import get_connection
get_connection()
known = getattr(settings, "ANYMAIL", None)
print(json.dumps([settings.MAIL_PROVIDER, settings.EMAIL_BACKEND, known]))
"""


def start(**environment):
    """(what the site would use, what it says instead) in production with these settings."""
    names = {"DJANGO_SETTINGS_MODULE": "recovery_site.settings"}
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env=os.environ | names | PRODUCTION | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return json.loads(done.stdout or "null"), done.stderr.strip().rpartition("\n")[2]


@pytest.mark.parametrize("name", KEYS)
def test_provider_is_chosen_by_the_environment_alone(name):
    known, trouble = start(EMAIL_URL=f"{name}://", **KEYS[name])

    wanted = {key.removeprefix("ANYMAIL_"): value for key, value in KEYS[name].items()}
    assert trouble == ""
    assert known == [
        name,
        f"anymail.backends.{name}.EmailBackend",
        wanted | {"REQUESTS_TIMEOUT": 10},
    ]


def test_mail_server_stays_the_ordinary_way():
    known, _trouble = start(EMAIL_URL="smtp+tls://user:word@mail.example:587", **KEYS["postmark"])

    assert known == ["", "django.core.mail.backends.smtp.EmailBackend", None]


@pytest.mark.parametrize(
    ("name", "left_out"), [(name, key) for name, keys in KEYS.items() for key in keys]
)
def test_production_refuses_to_start_without_a_key(name, left_out):
    keys = KEYS[name] | {left_out: ""}

    known, trouble = start(EMAIL_URL=f"{name}://", **keys)

    assert known is None
    assert trouble.endswith(f"EMAIL_URL={name}:// needs {left_out}.")


@pytest.mark.parametrize("secret", ["short:word", "no-colon-but-long-enough-0123456789"])
def test_production_refuses_a_secret_that_can_be_guessed(secret):
    keys = KEYS["postmark"] | {"ANYMAIL_WEBHOOK_SECRET": secret}

    known, trouble = start(EMAIL_URL="postmark://", **keys)

    assert known is None
    assert "must be name:word" in trouble
    assert secret not in trouble


@pytest.mark.parametrize("url", ["sendgrid://", "consolemail://", "brevo://", "nonsense"])
def test_production_refuses_who_cannot_carry_mail_as_we_need_it(url):
    known, trouble = start(EMAIL_URL=url)

    assert known is None
    assert "EMAIL_URL must be one of smtp://" in trouble


def test_environment_cannot_make_anymail_print_mail():
    known, _trouble = start(
        EMAIL_URL="postmark://", ANYMAIL_DEBUG_API_REQUESTS="1", **KEYS["postmark"]
    )

    assert "DEBUG_API_REQUESTS" not in known[2]
