"""Keeps secrets that travel in paths out of every log line."""

import logging
import re
from time import gmtime

PRIVATE_PATH = re.compile(r"(/consultation/(?:manage|stop)/|/feeds/|/admin/login/link/)[^/\s\"'?]+")


class PrivatePathFilter(logging.Filter):
    """Replaces the token of a link or of a calendar feed, in the message and its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = PRIVATE_PATH.sub(r"\1***", record.getMessage()), ()
        if record.exc_info:
            text = logging.Formatter().formatException(record.exc_info)
            record.exc_text, record.exc_info = PRIVATE_PATH.sub(r"\1***", text), None
        return True


class UtcFormatter(logging.Formatter):
    """Times in UTC, whatever zone the process runs in."""

    converter = staticmethod(gmtime)


def stderr_logging(loggers: dict) -> dict:
    """A logging configuration with one line per record and nothing private in it."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"private": {"()": PrivatePathFilter}},
        "formatters": {
            "line": {
                "()": UtcFormatter,
                "format": "{asctime} {levelname} {name}: {message}",
                "datefmt": "%Y-%m-%dT%H:%M:%SZ",
                "style": "{",
            }
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "filters": ["private"],
                "formatter": "line",
            },
            "admins": {"class": "recovery_site.admin_mail.BriefAdminEmailHandler"},
        },
        # The handlers in this order: the filter of stderr takes the exception out of the record.
        "root": {"handlers": ["admins", "stderr"], "level": "INFO"},
        "loggers": loggers,
    }
