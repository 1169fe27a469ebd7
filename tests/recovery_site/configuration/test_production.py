"""What production refuses to start with."""

import secrets

import pytest
from environ import Env

from recovery_site.configuration import production

GOOD = {
    "DEBUG": "0",
    "DATABASE_URL": "postgres://site:word@db.example/recovery?sslmode=verify-full",
    "REDIS_URL": "rediss://:word@redis.example:6379/0",
    "EMAIL_URL": "smtp+tls://user:word@mail.example:587",
    "FIELD_KEYS": "Tq7_wZr2LhVbN9sXe4-uKpYc6GmJf3DaS8tRoQ1iEnBkUy5HvWzCx0PlMgAd",
    "SECRET_KEY": "mD3vX8_qL0sZ4tKfW9-aYb7HjR2cNpU6eGxQ1oVrTiB5wEyFzSkA",
    "ALLOWED_HOSTS": "admissions.example",
    "SITE_URL": "https://admissions.example",
    "ADMISSIONS_LINE": "+17145550134",
    "MAIL_FROM": "appointments@office.example",
}


def problems(**changed: str) -> list[str]:
    env = Env()
    env.ENVIRON = {name: value for name, value in {**GOOD, **changed}.items() if value}
    return production.find_problems(env)


def test_good_environment_has_no_problems():
    assert problems() == []


def test_key_of_the_data_is_required():
    assert problems(FIELD_KEYS="") == ["Production needs FIELD_KEYS: see README."]


@pytest.mark.parametrize("name", production.REQUIRED)
def test_each_required_setting_is_named_when_it_is_missing(name):
    assert problems(**{name: ""}) == [f"Production needs {name}: see README."]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "1"),
        ("ALLOWED_HOSTS", "admissions.example,*"),
        ("PROXIES", "-3"),
        ("FAILPOINT", "after_claim:kill"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "django-insecure-" + GOOD["SECRET_KEY"]),
        ("SECRET_KEY", "a" * 60),
        ("SECRET_KEY", "0123456789" * 5),
        ("SECRET_KEY", "change-me-" * 6),
        ("AUDIT_KEY", "0123456789" * 5),
        ("SITE_URL", "foo"),
        ("SITE_URL", "https://admissions.example/booking"),
        ("SITE_URL", "http://admissions.example"),
        ("DATABASE_URL", "sqlite:///recovery.db"),
        ("DATABASE_REPLICA_URL", "sqlite:///recovery.db"),
        ("DATABASE_REPLICA_URL", "postgres://site:word@db-2.example/recovery"),
        ("DATABASE_URL", "postgres://site:word@db.example/recovery"),
        ("DATABASE_URL", "postgres://site:word@db.example/recovery?sslmode=prefer"),
        ("REDIS_URL", "http://127.0.0.1"),
        ("REDIS_URL", "redis://:word@redis.example:6379/0"),
        ("EMAIL_URL", "consolemail://"),
        ("EMAIL_URL", "smtp://user:word@mail.example:587"),
        ("ACCEPT_UNENCRYPTED", "mail"),
        ("DATABASE_URL", "postgres://u:p@/recovery?host=db.example"),
        ("DATABASE_URL", "postgres://127.0.0.1/x?sslmode=disable&sslmode=require"),
        ("VAPID_PRIVATE_KEY", "abc"),
        ("VAPID_PRIVATE_KEY", "_" * 43),
        ("VAPID_PRIVATE_KEY", "A" * 43),
        ("SECRET_KEY_FALLBACKS", "abc"),
        ("FIELD_KEYS", f"{GOOD['FIELD_KEYS']},abc"),
        ("FIELD_KEYS", GOOD["SECRET_KEY"]),
        ("REQUEST_LIMIT_FACTOR", "-1"),
        ("REQUEST_LIMIT_FACTOR", "many"),
        ("PROXIES", "x"),
        ("SITE_URL", "https://[x"),
        ("DATABASE_URL", "postgres://db.example:port/recovery?sslmode=require"),
        ("REDIS_URL", "rediss://[redis.example/0"),
        ("EMAIL_URL", "smtp+tls://mail.example:99999"),
        ("DATABASE_URL", "postgres://127.0.0.1:5432/"),
        ("ADMISSIONS_LINE", "call us"),
        ("MAIL_FROM", "appointments"),
        ("ADMINS", "ops@office.example,nobody"),
        ("HSTS_PRELOAD", "perhaps"),
        ("TIME_ZONE", "Pacific"),
        ("ALLOWED_HOSTS", "https://admissions.example"),
    ],
)
@pytest.mark.security(83, 103)
def test_each_unsafe_setting_is_named_and_is_the_only_problem(name, value):
    (problem,) = problems(**{name: value})

    assert name in problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgres://site:word@127.0.0.1:5432/recovery"),
        ("DATABASE_URL", "postgres://site@%2fvar%2frun%2fpostgresql/recovery"),
        ("REDIS_URL", "redis://:word@localhost:6379/0"),
        ("REDIS_URL", "unix:///run/redis.sock"),
        ("EMAIL_URL", "smtp://localhost:25"),
        ("SITE_URL", "http://127.0.0.1:8000"),
        ("EMAIL_URL", "mailgun://"),
        ("VAPID_PRIVATE_KEY", "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
        ("AUDIT_KEY", "uT9kWq2ZxR5vN8bLcE1yHsJ4mPfA7dGoKi3rVwX6zQjYtBnU0eSl"),
    ],
)
def test_what_stays_on_this_machine_or_is_encrypted_is_no_problem(name, value):
    assert problems(**{name: value}) == []


@pytest.mark.parametrize(
    ("channel", "name", "value"),
    [
        ("http", "SITE_URL", "http://admissions.example"),
        ("postgres", "DATABASE_URL", "postgres://site:word@db.example/recovery"),
        ("redis", "REDIS_URL", "redis://:word@redis.example:6379/0"),
        ("smtp", "EMAIL_URL", "smtp://user:word@mail.example:587"),
    ],
)
def test_unencrypted_channel_passes_once_it_is_accepted(channel, name, value):
    assert problems(**{name: value, "ACCEPT_UNENCRYPTED": channel}) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROXIES", "x"),
        ("PROXIES", "-3"),
        ("REQUEST_LIMIT_FACTOR", "-1"),
        ("SITE_URL", "https://[x"),
        ("SITE_URL", "foo"),
        ("DATABASE_URL", "sqlite"),
        ("DATABASE_URL", "sqlite:///recovery.db"),
        ("REDIS_URL", "localhost"),
        ("EMAIL_URL", "mail.example"),
        ("DEBUG", "please"),
        ("TIME_ZONE", "Pacific"),
    ],
)
def test_what_cannot_be_read_is_told_outside_of_production_too(name, value):
    env = Env()
    env.ENVIRON = {name: value}

    (problem,) = production.find_unreadable(env)

    assert problem.startswith(name)


def test_number_that_is_empty_was_not_set():
    assert problems(PROXIES="", REQUEST_LIMIT_FACTOR="") == []


def test_accepting_one_channel_accepts_no_other():
    (problem,) = problems(REDIS_URL="redis://:word@redis.example:6379/0", ACCEPT_UNENCRYPTED="smtp")

    assert "REDIS_URL" in problem


def test_all_problems_are_told_at_once():
    assert len(problems(SECRET_KEY="short", SITE_URL="foo", DEBUG="1")) == 3


@pytest.mark.parametrize("make", [secrets.token_urlsafe, secrets.token_hex])
@pytest.mark.security(103)
def test_random_keys_are_not_called_weak(make):
    keys = [make(50)[: production.MIN_KEY_LENGTH] for _ in range(500)]

    assert [key for key in keys if production.is_weak_key(key)] == []
