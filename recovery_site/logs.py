"""Keeps secrets that travel in paths out of every log line."""

import logging
import re

PRIVATE_PATH = re.compile(r"(/consultation/manage/)[^/\s\"'?]+")


class PrivatePaths(logging.Filter):
    """Replaces the token of a manage link, in the message and its traceback."""

    def filter(self, record):
        record.msg, record.args = PRIVATE_PATH.sub(r"\1***", record.getMessage()), ()
        if record.exc_info:
            text = logging.Formatter().formatException(record.exc_info)
            record.exc_text, record.exc_info = PRIVATE_PATH.sub(r"\1***", text), None
        return True
