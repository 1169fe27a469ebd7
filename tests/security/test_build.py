"""What production is made of, and what it refuses to start with."""

import uuid

import pytest
from django.test import Client

from admissions.intake import idempotency, manage_links
from tests.support.factories import make_request

from . import production


@pytest.mark.security(104)
def test_check_for_deployment_is_silent_and_nothing_silences_it():
    done = production.run_in_production("manage.py", "check", "--deploy", "--fail-level", "DEBUG")

    assert done.stdout == "System check identified no issues (0 silenced).\n"
    assert (done.returncode, done.stderr) == (0, "")
    assert production.settings_of_answers()["SILENCED_SYSTEM_CHECKS"] == []


@pytest.mark.security(107)
@pytest.mark.parametrize(
    "address",
    [
        "/.git/config", "/.git/HEAD", "/.env", "/metrics", "/flower/", "/__debug__/", "/debug/",
        "/server-status", "/phpinfo.php", "/static/.env", "/static/../.env", "/settings.py",
        "/admin/doc/", "/api/", "/.well-known/../.env", "/silk/", "/rosetta/",
    ],
)  # fmt: skip
@pytest.mark.django_db
def test_nothing_for_operators_stands_in_the_open(address):
    answer = Client().get(address)

    assert answer.status_code in {302, 404}
    assert answer.get("Location", "/admin/login/").startswith("/admin/login/")


@pytest.mark.security(109)
@pytest.mark.django_db
def test_links_and_forms_outlive_a_change_of_the_secret_key(settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "old" * 20, []
    link = manage_links.issue_tokens(make_request())[0]
    key = uuid.uuid4()
    form = idempotency.sign_key(key, "booking")

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, ["old" * 20]

    assert manage_links.find_request_by_token(link) is not None
    assert idempotency.verify_key(form, "booking") == key


@pytest.mark.security(109)
def test_form_of_a_lost_key_is_none_of_ours(settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "old" * 20, []
    form = idempotency.sign_key(uuid.uuid4(), "booking")

    settings.SECRET_KEY = "new" * 20

    assert idempotency.verify_key(form, "booking") is None
