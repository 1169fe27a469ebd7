"""Counts pages as they are opened, so that nobody can be told from it.

No address, cookie or mark of a visitor is read or kept: only the day, the kind of page and
its language. Each process adds up for VISITS_WRITTEN_EVERY seconds and then adds its sums
to the rows of the day, beside the requests; a process that is killed loses those seconds.
"""

import atexit
import logging
import re
from collections import Counter
from threading import Lock, Timer
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from .models import VisitCount

logger = logging.getLogger(__name__)
Page = VisitCount.Page
KINDS = {
    "programs:home": Page.HOME,
    "programs:programs": Page.PROGRAMS,
    "programs:program": Page.PROGRAMS,
    "programs:compare": Page.PROGRAMS,
    "programs:learn": Page.LEARN,
    "programs:article": Page.LEARN,
    "programs:guide": Page.GUIDE,
    "programs:get_help": Page.HELP,
    "programs:help_for_someone": Page.HELP,
    "admissions:choose_time": Page.TIMES,
    "admissions:details": Page.FORM,
    "admissions:request_callback": Page.FORM,
}
# Programs that say what they are; people's browsers name no web address.
ROBOT = re.compile(
    r"bot\b|crawl|spider|slurp|headless|preview|monitor|lighthouse|python|curl|wget|https?://",
    re.IGNORECASE,
)
AHEAD = re.compile(r"prefetch|prerender|preview", re.IGNORECASE)
# Sums of two processes meet in the same rows, always in one order.
ADD = """
    INSERT INTO admissions_visitcount AS kept (day, page, language, opened, arrived)
    SELECT * FROM unnest(%s::date[], %s::text[], %s::text[], %s::int[], %s::int[])
    ON CONFLICT (day, page, language) DO UPDATE
        SET opened = kept.opened + excluded.opened, arrived = kept.arrived + excluded.arrived
"""


class Tally:
    """What one process has counted and not written yet."""

    def __init__(self):
        self.opened, self.arrived = Counter(), Counter()
        self.lock, self.timer = Lock(), None

    def add(self, key, *, is_arrival: bool):
        with self.lock:
            self.opened[key] += 1
            self.arrived[key] += is_arrival
            if self.timer is None and settings.VISITS_WRITTEN_EVERY:
                self.timer = Timer(settings.VISITS_WRITTEN_EVERY, write_aside)
                self.timer.daemon = True
                self.timer.start()

    def take(self):
        """All of it, which then counts from nothing."""
        with self.lock:
            taken = self.opened, self.arrived
            self.opened, self.arrived, self.timer = Counter(), Counter(), None
            return taken

    def put_back(self, opened, arrived):
        with self.lock:
            self.opened += opened
            self.arrived += arrived


TALLY = Tally()


def note(request, response) -> None:
    """Counts the page if a person opened it."""
    kind = kind_of(request, response)
    if kind is None or is_robot(request) or is_ahead(request):
        return
    came_from = urlsplit(request.headers.get("Referer", ""))
    is_ours = came_from.netloc == request.get_host()
    if is_ours and came_from.path == request.path:
        # The same page again: another mode, another clock.
        return
    key = (timezone.localdate(), kind.value, response["Content-Language"])
    TALLY.add(key, is_arrival=not is_ours)


def kind_of(request, response) -> Page | None:
    """Which kind of page this answer shows, or that a browser still had; None of all else."""
    match = request.resolver_match
    if request.method != "GET" or response.status_code not in {200, 304} or match is None:
        return None
    if not response.has_header("Content-Language") or not is_html(response):
        return None
    is_content = match.app_name == "programs"
    return KINDS.get(match.view_name) or (Page.ABOUT if is_content else None)


def is_html(response) -> bool:
    """A 304 says nothing of its kind; only pages are asked for like this."""
    return response.get("Content-Type", "text/html").startswith("text/html")


def is_robot(request) -> bool:
    agent = request.headers.get("User-Agent", "")
    return not agent or bool(ROBOT.search(agent))


def is_ahead(request) -> bool:
    """Whether a browser asks in case someone might look."""
    told = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    return bool(AHEAD.search(" ".join(told)))


def write() -> None:
    """Adds what was counted to the rows of the day; without a database it is kept for later."""
    opened, arrived = TALLY.take()
    if not opened:
        return
    keys = sorted(opened)
    columns = [list(column) for column in zip(*keys, strict=True)]
    sums = [[opened[key] for key in keys], [arrived[key] for key in keys]]
    try:
        with connection.cursor() as cursor:
            cursor.execute(ADD, [*columns, *sums])
    except (DatabaseError, InterfaceError) as fault:
        logger.warning("Counts of pages wait for the database: %s", type(fault).__name__)
        TALLY.put_back(opened, arrived)


def write_aside() -> None:
    """The same in a thread of its own, which leaves no connection behind."""
    try:
        write()
    finally:
        connection.close()


atexit.register(write)
