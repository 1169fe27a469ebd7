"""Keeps secrets that travel in paths out of every log line."""

import logging
from time import gmtime

from environ import Env

from recovery_site.observing.json_lines import PRIVATE_PATH

from . import production


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


def writes_json(env: Env) -> bool:
    """As LOG_FORMAT says; else in production alone."""
    form = env.str("LOG_FORMAT", default="")
    return form == "json" if form else production.is_production(env)


def stderr_logging(loggers: dict, *, is_json: bool = False) -> dict:
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
            },
            "json": {"()": "recovery_site.observing.json_lines.JsonFormatter"},
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                # The formatter of JSON leaves more out, and needs the exception for that.
                "filters": [] if is_json else ["private"],
                "formatter": "json" if is_json else "line",
            },
            "admins": {"class": "recovery_site.admin_mail.BriefAdminEmailHandler"},
            "reports": {"class": "recovery_site.observing.error_reports.ErrorReportHandler"},
        },
        # In this order: the filter of stderr takes the exception out of the record.
        "root": {"handlers": ["admins", "reports", "stderr"], "level": "INFO"},
        "loggers": loggers,
    }
