"""What every test may ask for. Postgres and Redis are real; so is the mail server."""

from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from django.db import connection


class Inbox:
    """An SMTP server on loopback that keeps what it is given."""

    def __init__(self):
        self.letters = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        letter = message_from_bytes(envelope.content, policy=policy.default)
        letter["X-Envelope-To"] = ", ".join(envelope.rcpt_tos)
        self.letters.append(letter)
        return "250 kept"


@pytest.fixture
def inbox(settings):
    """Letters as they arrive over real SMTP, in order."""
    kept = Inbox()
    controller = Controller(kept, hostname="127.0.0.1", port=0)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = controller.server.sockets[0].getsockname()[1]
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    yield kept.letters
    controller.stop()


SEEDED = (
    "programs_%",
    "admissions_moderules",
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
    with django_db_blocker.unblock():
        yield
        empty_all_but_seeds()
        connection.close()


def empty_all_but_seeds():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            " AND NOT tablename LIKE ANY (%s)",
            [list(SEEDED)],
        )
        tables = ", ".join(name for (name,) in cursor.fetchall())
        cursor.execute(f"TRUNCATE {tables} CASCADE")
