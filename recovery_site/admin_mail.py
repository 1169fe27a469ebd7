"""Mail to ADMINS when something fails: what failed and where, and nothing that anybody typed."""

import logging
import traceback
from datetime import timedelta
from pathlib import Path
from threading import Lock
from time import monotonic

from django.conf import settings
from django.core.mail import mail_admins


class BriefAdminEmailHandler(logging.Handler):
    """One email for each place that fails, and no other from it for PAUSE, in each process.

    Django's own AdminEmailHandler would mail the request, its form, and the values around each
    line. A place is the logger and the innermost line of code; an exception's message stays out,
    as Postgres quotes values in it. What cannot be sent is dropped: the log has it. What is
    refused of strangers, a wrong host or too many fields, Django logs as an error: it mails nobody.
    """

    PAUSE = timedelta(minutes=10)

    def __init__(self) -> None:
        super().__init__(level=logging.ERROR)
        self.mailed_at: dict[str, float] = {}
        self.mailing = Lock()

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith("django.security"):
            return
        if settings.ADMINS and self.is_due(place := describe_place(record)):
            text = f"{place}\n\nThe log of this process says more. Repeats are not mailed for"
            minutes = int(self.PAUSE.total_seconds() // 60)
            mail_admins(
                "Something failed on the site", f"{text} {minutes} minutes.\n", fail_silently=True
            )

    def is_due(self, place: str) -> bool:
        """Whether this place has been quiet long enough; notes that it is mailed now."""
        now = monotonic()
        with self.mailing:
            last = self.mailed_at.get(place)
            if last is not None and now - last < self.PAUSE.total_seconds():
                return False
            self.mailed_at[place] = now
            return True


def describe_place(record: logging.LogRecord) -> str:
    """The logger, and the class and innermost line of an exception, or the line that logged."""
    kind, _error, trace = record.exc_info or (None, None, None)
    if kind is None or trace is None:
        return f"{record.name}, {record.module}:{record.lineno}"
    *_outer, innermost = traceback.extract_tb(trace)
    file = Path(innermost.filename).name
    return f"{record.name}: {kind.__name__} in {innermost.name}, {file}:{innermost.lineno}"
