"""Production does not serve a database that holds the invented staff of the demo."""

import pytest
from django.core.management import call_command

from recovery_site import startup_checks
from tests.support.factories import make_user
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def production(settings):
    settings.PRODUCTION = True


@pytest.mark.security(41)
def test_demo_staff_keep_production_from_starting():
    make_user(is_demo=True)

    with pytest.raises(SystemExit, match="invented staff"):
        startup_checks.refuse_demo_accounts()


def test_real_staff_do_not():
    make_user()

    startup_checks.refuse_demo_accounts()


def test_development_starts_with_them(settings):
    settings.PRODUCTION = False
    make_user(is_demo=True)

    startup_checks.refuse_demo_accounts()


def test_everyone_whom_the_demo_invents_is_marked(settings):
    settings.PRODUCTION = False
    call_command("seed_demo", verbosity=0)

    assert not User.objects.filter(is_demo=False).exists()
    assert User.objects.exists()
