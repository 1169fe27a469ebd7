"""What every test may ask for. Postgres and Redis are real; so is the mail server."""

import gc
import logging
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine as clock
from celery import current_app
from django.core.cache import caches
from django.db import connection
from django.utils import translation

from admissions.messaging.models import MailSettings, MessageRule
from admissions.scheduling.models import AfterHours, ModeRules
from recovery_site import settings as site
from recovery_site.celery import app

from . import databases
from .support import factories, rivals
from .support.mail_server import MailServer
from .support.provider_server import KEYS, ProviderServer

PACIFIC = ZoneInfo("America/Los_Angeles")
# A Monday at ten in the morning: when every test runs that shares its clock with nobody.
USUAL_DAY = datetime(2026, 11, 23, 10, tzinfo=PACIFIC)
# Before every day on which a test stops the clock, as a site is older than its visitors.
SEEDED_ON = datetime(2026, 3, 2, 10, tzinfo=PACIFIC)

# What shares a running site stays in one process. These take longest, so they begin first.
# Files that share a running site, or a server which restores one backup at a time.
SITES = (
    "tests/browser/", "tests/recovery_site/dev/test_runner.py", "tests/faults/",
    "tests/recovery_site/backups/",
)  # fmt: skip
CROWDS = "crowds"
LONGEST_FIRST = {group: place for place, group in enumerate((*SITES, CROWDS))}


def pytest_configure():
    """Garbage is looked for seldom: it took a quarter of the time that the tests take."""
    gc.set_threshold(50_000, 20, 20)


def pytest_collection_modifyitems(items):
    """What takes longest begins first, so that no process is left alone with it at the end."""
    items.sort(key=lambda item: LONGEST_FIRST.get(group_of(item), len(LONGEST_FIRST)))


@pytest.hookimpl(wrapper=True)
def pytest_collection_finish(session):
    """Tell `--dist loadgroup` the groups, behind the ids of the tests that a worker reports.

    xdist would write its mark `xdist_group` there, but as of 3.8 it writes where pytest 9.2
    no longer looks, and every test goes alone (pytest-xdist, issue 1386).
    """
    # Modules and tests are no garbage: no need to look them through again.
    gc.freeze()
    ids = [item.id for item in session.items]
    if session.config.getoption("loadgroup", default=False):
        for item in session.items:
            item._id = type(item.id).parse(f"{item.nodeid}@{group_of(item)}")
    yield
    for item, plain in zip(session.items, ids, strict=True):
        item._id = plain


def group_of(item):
    """A file, unless it shares a site with others; and crowds go one after another.

    Two crowds side by side could ask Postgres for more than its hundred connections.
    """
    if is_crowd(item):
        return CROWDS
    file, *_name = item.nodeid.split("::")
    return next((site for site in SITES if file.startswith(site)), file)


def is_crowd(item):
    """Whether threads race in it, on connections of their own."""
    known = vars(item.module).values()
    return "real_commits" in item.fixturenames and (rivals.at_once in known or rivals in known)


@pytest.fixture(scope="session")
def django_db_setup(
    request,
    django_test_environment,
    django_db_blocker,
    django_db_modify_db_settings,
    django_db_keepdb,
):
    """Always a database of the tests' own; `--reuse-db` takes the one that is there, and leaves it.

    Its namesake in pytest-django makes one only for tests that are marked:
    real_commits alone would then have emptied the database of the site.
    """
    run = None if django_db_keepdb else databases.run_of(request.config)
    with django_db_blocker.unblock(), clock.travel(SEEDED_ON):
        made = databases.make_database(run, is_kept=django_db_keepdb)
    yield
    if django_db_keepdb:
        return
    with django_db_blocker.unblock():
        databases.drop_database(made, run)


@pytest.fixture(autouse=True)
def usual_day():
    """No test knows the hour or the day it is run on.

    A test file that needs the true time, because another process or Postgres goes by it,
    has a fixture of this name that does nothing.
    """
    with clock.travel(USUAL_DAY):
        yield


@pytest.fixture(autouse=True)
def stopped_clock(request, usual_day):
    """What is marked `stopped_at` a moment has that moment, until it moves on `time_machine`."""
    marker = request.node.get_closest_marker("stopped_at")
    if marker:
        request.getfixturevalue("time_machine").move_to(*marker.args, tick=False)


@pytest.fixture(autouse=True)
def nothing_is_kept(settings):
    """Pages are drawn when asked for, and counts wait, unless a test says otherwise."""
    settings.PAGE_CACHE_SECONDS = 0
    settings.PAGE_VIEW_FLUSH_SECONDS = 0
    # Seconds of a cache mean nothing where each test has a time of its own.
    nothing = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
    settings.CACHES = settings.CACHES | {"pages": nothing}


@pytest.fixture
def page_caching(settings, nothing_is_kept):
    """Pages and their frame are kept as on the site, from none on."""
    settings.CACHES, settings.PAGE_CACHE_SECONDS = site.CACHES, site.PAGE_CACHE_SECONDS
    caches["pages"].clear()
    yield
    caches["pages"].clear()


@pytest.fixture(autouse=True)
def static_files_are_found_when_asked_for(settings):
    """Each test client starts WhiteNoise anew, which would read every static file for it."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def nothing_is_refused(settings):
    """As many may book as a test needs, unless it is about the limits."""
    settings.REQUEST_LIMIT_FACTOR = 0


@pytest.fixture(autouse=True)
def usual_language(settings):
    """Django leaves a thread in the language of the last page that it drew."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(autouse=True)
def usual_celery():
    """Its tasks go to the tests' own broker, and run where a worker takes them."""
    yield
    left = current_app._get_current_object(), app.conf.task_always_eager
    app.set_current()
    app.conf.task_always_eager = False
    assert left == (app, False)


@pytest.fixture(autouse=True)
def usual_logging():
    """A Celery worker within the process takes the root logger for itself."""
    root = logging.getLogger()
    level = root.level
    yield
    root.setLevel(level)


@pytest.fixture
def client():
    """A browser; `force_login` signs someone in as the site would have it."""
    return factories.StaffClient()


@pytest.fixture
def mail_server(settings):
    """Starts a mail server that gives these answers, and makes the site use it."""
    started = []

    def start(**replies):
        started.append(MailServer(**replies))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", started[-1].port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def inbox(mail_server):
    """Letters as they arrive over real SMTP, in order."""
    return mail_server().letters


@pytest.fixture
def mail_provider(settings):
    """Starts the web interface of a provider, and makes the site use it for its mail."""
    started = []

    def start(name):
        started.append(ProviderServer(name))
        settings.MAIL_PROVIDER = name
        settings.EMAIL_BACKEND = f"anymail.backends.{name}.EmailBackend"
        settings.ANYMAIL = KEYS[name] | {
            f"{name.upper()}_API_URL": started[-1].address,
            "REQUESTS_TIMEOUT": 1,
        }
        return started[-1]

    yield start
    for server in started:
        server.stop()


SEEDED = (
    "programs_%",
    "admissions_installation",
    "admissions_moderules",
    "admissions_messagerule",
    "admissions_consentversion",
    "auth_group%",
    "auth_permission",
    "django_content_type",
    "django_migrations",
)


@pytest.fixture
def real_commits(django_db_setup, django_db_blocker):
    """Transactions that really commit, seen by other connections; emptied afterwards.

    Django's own transactional tests would also empty the rows that migrations seed.
    """
    with django_db_blocker.unblock(), emptied_afterwards():
        yield


@contextmanager
def emptied_afterwards():
    """What commits inside is gone behind it, and what migrations seed is as it was."""
    seeds = [
        row
        for model in (ModeRules, MessageRule, MailSettings, AfterHours)
        for row in model.objects.all()
    ]
    try:
        yield
    finally:
        empty_all_but_seeds()
        for row in seeds:
            row.save()
        connection.close()


def empty_all_but_seeds():
    """Delete row by row: to truncate a hundred tables costs more than most of these tests."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            " AND NOT tablename LIKE ANY (%s) AND tablename <> 'users_user'",
            [list(SEEDED)],
        )
        names = [name for (name,) in cursor.fetchall()]
        filled = (f"SELECT '{each}' WHERE EXISTS (SELECT FROM {each})" for each in names)  # noqa: S608  tables of ours
        cursor.execute(" UNION ALL ".join(filled))
        filled_names = [name for (name,) in cursor.fetchall()]
        # The guards of rows, and of rows that stay, do not hold for a replica.
        cursor.execute("SET session_replication_role = replica")
        # The texts know who wrote them: they stay, though people go.
        for name in [*filled_names, "users_user"]:
            cursor.execute(f"DELETE FROM {name}")  # noqa: S608
        cursor.execute("RESET session_replication_role")
