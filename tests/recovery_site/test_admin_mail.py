"""What ADMINS are mailed when something fails."""

import logging
from datetime import timedelta

import pytest
from django.db import IntegrityError

from recovery_site.admin_mail import BriefAdminEmailHandler

PRIVATE = "Key (email)=(nina@example.com) already exists."


@pytest.fixture(autouse=True)
def admins(settings):
    settings.ADMINS = [("", "operator@example.org")]


@pytest.fixture
def log():
    """A logger that has nothing but the handler."""
    logger = logging.Logger("django.request")
    logger.addHandler(BriefAdminEmailHandler())
    return logger


def fail_at_the_desk(log):
    try:
        raise IntegrityError(PRIVATE)
    except IntegrityError:
        log.exception("Internal Server Error: %s", "/consultation/manage/secret/")


def test_place_and_class_are_mailed(log, inbox):
    fail_at_the_desk(log)

    (letter,) = inbox
    assert letter["To"] == "operator@example.org"
    assert "django.request: IntegrityError in fail_at_the_desk" in letter.get_content()


@pytest.mark.security(76)
def test_nothing_that_was_typed_is_mailed(log, inbox):
    fail_at_the_desk(log)

    (letter,) = inbox
    assert "nina" not in str(letter)
    assert "secret" not in str(letter)


def test_one_place_is_mailed_once(log, inbox):
    fail_at_the_desk(log)
    fail_at_the_desk(log)

    assert len(inbox) == 1


def test_place_is_mailed_again_after_the_pause(log, inbox, monkeypatch):
    monkeypatch.setattr(BriefAdminEmailHandler, "PAUSE", timedelta(0))

    fail_at_the_desk(log)
    fail_at_the_desk(log)

    assert len(inbox) == 2


def test_another_place_is_mailed_too(log, inbox):
    fail_at_the_desk(log)
    log.error("no exception")

    assert len(inbox) == 2


def test_warnings_are_not_mailed(log, inbox):
    log.warning("slow")

    assert inbox == []


def test_what_is_refused_of_strangers_is_not_mailed(log, inbox):
    log.name = "django.security.DisallowedHost"

    log.error("Invalid HTTP_HOST header")

    assert inbox == []


def test_without_admins_nothing_is_mailed(log, inbox, settings):
    settings.ADMINS = []

    fail_at_the_desk(log)

    assert inbox == []


def test_mail_server_that_is_away_changes_nothing(log, settings):
    settings.EMAIL_PORT = 1

    fail_at_the_desk(log)


def test_site_logs_to_the_handler_before_the_exception_is_taken_out():
    names = [type(handler).__name__ for handler in logging.getLogger().handlers]

    assert names.index("BriefAdminEmailHandler") < names.index("StreamHandler")
