"""Preflight asks what stands behind settings that may be left out."""

import pytest

from admissions.operations import findings, preflight, settings_checks
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db
NOWHERE = "https://monitor.invalid/ping/secret"


@pytest.fixture
def production(settings):
    settings.PRODUCTION, settings.AUDIT_KEYS = True, []
    settings.METRICS_TOKEN, settings.ADMINS = "token", [("", "ops@example.com")]
    settings.REQUEST_LIMIT_FACTOR = 1
    return settings


def problems():
    return {
        each.name: each.problem for each in findings.look(settings_checks.CHECKS) if each.problem
    }


def test_nothing_is_asked_for_on_a_laptop():
    assert problems() == {}


def test_web_in_order_has_nothing_to_mend(production):
    assert problems() == {}


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("METRICS_TOKEN", {"METRICS_TOKEN": ""}),
        ("Faults", {"ADMINS": []}),
        ("DEAD_MANS_SWITCH_URL", {"AUDIT_KEYS": ["key"]}),
        ("DEAD_MANS_SWITCH_URL", {"DEAD_MANS_SWITCH_URL": NOWHERE}),
        ("REQUEST_LIMIT_FACTOR", {"REQUEST_LIMIT_FACTOR": 0}),
        ("PHONE_EXTENSIONS", {"PHONE_EXTENSIONS": {"201": "dana@example.org"}}),
    ],
)
def test_what_is_missing_or_leads_nowhere_is_named(production, name, harm):
    for variable, value in harm.items():
        setattr(production, variable, value)

    assert list(problems()) == [name]


def test_address_of_the_monitor_stays_secret(production):
    production.DEAD_MANS_SWITCH_URL = NOWHERE

    assert "secret" not in problems()["DEAD_MANS_SWITCH_URL"]


def test_extension_of_somebody_who_left_is_named(settings):
    settings.PHONE_WEBHOOK_KEY = "key"
    here, gone = make_user(), make_user(is_active=False)
    settings.PHONE_EXTENSIONS = {"201": here.email, "202": gone.email}

    found = problems()["PHONE_EXTENSIONS"]

    assert "leads 202 to nobody" in found


def test_reports_by_sentry_are_enough(production):
    production.ADMINS, production.SENTRY_DSN = [], "https://key@sentry.example.org/1"

    assert problems() == {}


def test_key_of_the_phone_system_differs_from_others(production):
    production.PHONE_WEBHOOK_KEY = production.METRICS_TOKEN

    assert "two of them are the same" in [each.problem for each in preflight.check_keys()][1]
