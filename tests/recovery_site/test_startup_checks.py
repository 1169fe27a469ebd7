"""Which databases a process of production does not serve, each told in one line."""

import pytest
from django.core import checks
from django.core.management import CommandError, call_command
from django.db import connection

from admissions.installation.models import Installation
from recovery_site import startup_checks
from tests.support.factories import make_request, make_user
from users.models import User

pytestmark = pytest.mark.django_db
OLD, NEW = "an older key of the site " * 3, "a newer key of the site " * 3


@pytest.fixture(autouse=True)
def production(settings):
    settings.PRODUCTION = True


@pytest.mark.security(41)
def test_demo_staff_keep_production_from_starting():
    make_user(is_demo=True)

    with pytest.raises(SystemExit, match="invented staff"):
        startup_checks.run()


def test_real_staff_do_not():
    make_user()

    startup_checks.run()


def test_development_starts_with_them(settings):
    settings.PRODUCTION = False
    make_user(is_demo=True)

    startup_checks.run()


def test_everyone_whom_the_demo_invents_is_marked(settings):
    settings.PRODUCTION = False
    call_command("seed_demo", verbosity=0)

    assert not User.objects.filter(is_demo=False).exists()
    assert User.objects.exists()


@pytest.mark.parametrize(
    ("name", "keys"), [("SECRET_KEY", {"SECRET_KEY": NEW}), ("FIELD_KEYS", {"FIELD_KEYS": [NEW]})]
)
def test_process_with_another_key_does_not_start(settings, name, keys):
    settings.SECRET_KEY, settings.FIELD_KEYS = OLD, [OLD + "for texts"]
    startup_checks.run()
    for setting, value in keys.items():
        setattr(settings, setting, value)

    with pytest.raises(SystemExit, match=name) as refused:
        startup_checks.run()

    assert "\n" not in str(refused.value)


def test_changed_key_starts_beside_the_older_and_then_alone(settings):
    settings.SECRET_KEY, settings.FIELD_KEYS = OLD, [OLD]
    startup_checks.run()

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    settings.FIELD_KEYS = [NEW, OLD]
    startup_checks.run()
    settings.SECRET_KEY_FALLBACKS, settings.FIELD_KEYS = [], [NEW]

    startup_checks.run()


def test_database_knows_no_key_from_its_mark(settings):
    settings.SECRET_KEY, settings.FIELD_KEYS = OLD, [NEW]

    startup_checks.run()

    row = Installation.objects.get()
    assert len(row.secret_key_mark) == len(row.field_key_mark) == 16
    assert not {row.secret_key_mark, row.field_key_mark} & {OLD, NEW}


def test_lost_secret_key_is_replaced_by_command(settings):
    settings.SECRET_KEY, settings.FIELD_KEYS = OLD, [OLD]
    startup_checks.run()
    settings.SECRET_KEY = NEW

    call_command("accept_keys", verbosity=0)

    startup_checks.run()


def test_lost_key_of_texts_is_not(settings):
    settings.FIELD_KEYS = [OLD]
    make_request()
    settings.FIELD_KEYS = [NEW]

    with pytest.raises(CommandError, match="cannot be read"):
        call_command("accept_keys", verbosity=0)


def test_role_without_time_limits_keeps_production_from_starting():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")

    with pytest.raises(SystemExit, match="setup_roles"):
        startup_checks.run()


def test_failed_check_of_django_keeps_production_from_starting(settings):
    settings.STATICFILES_DIRS = "/nowhere"

    with pytest.raises(SystemExit, match="STATICFILES_DIRS"):
        startup_checks.run()


def test_warning_of_a_check_does_not(settings):
    settings.STATICFILES_DIRS = ["/nowhere"]
    assert any(found.level == checks.WARNING for found in checks.run_checks())

    startup_checks.run()
