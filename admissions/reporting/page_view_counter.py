"""Counts pages as they are viewed, so that nobody can be told from it.

No address, cookie or mark of a visitor is read or kept: only the day, the kind of page and
its language. Each process adds up for PAGE_VIEW_FLUSH_SECONDS seconds and then adds its sums
to the rows of the day, beside the requests; a process that is killed loses those seconds.
"""

import atexit
import logging
import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from threading import Lock, Timer
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from .models import PageViewCount


class PageViewMiddleware:
    """Counts what people open, from the page cache or not."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        count_page_view(request, response)
        return response


logger = logging.getLogger(__name__)
Page = PageViewCount.Page
PAGE_BY_VIEW = {
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
ROBOT_PATTERN = re.compile(
    r"bot\b|crawl|spider|slurp|headless|preview|monitor|lighthouse|python|curl|wget|https?://",
    re.IGNORECASE,
)
PREFETCH_PATTERN = re.compile(r"prefetch|prerender|preview", re.IGNORECASE)
# Sums of two processes meet in the same rows, always in one order.
ADD_COUNTS_SQL = """
    INSERT INTO admissions_pageviewcount AS kept (day, page, language, views, entrances)
    SELECT * FROM unnest(%s::date[], %s::text[], %s::text[], %s::int[], %s::int[])
    ON CONFLICT (day, page, language) DO UPDATE
        SET views = kept.views + excluded.views, entrances = kept.entrances + excluded.entrances
"""

# A day, a kind of page and a language.
ViewKey = tuple[date, str, str]


class PageViewTally:
    """What one process has counted and not written yet."""

    def __init__(self) -> None:
        self.views: Counter[ViewKey] = Counter()
        self.entrances: Counter[ViewKey] = Counter()
        self.lock = Lock()
        self.timer: Timer | None = None

    def add(self, key: ViewKey, *, is_arrival: bool) -> None:
        with self.lock:
            self.views[key] += 1
            self.entrances[key] += is_arrival
            if self.timer is None and settings.PAGE_VIEW_FLUSH_SECONDS:
                self.timer = Timer(settings.PAGE_VIEW_FLUSH_SECONDS, write_counts_in_thread)
                self.timer.daemon = True
                self.timer.start()

    def drain(self) -> tuple[Counter[ViewKey], Counter[ViewKey]]:
        """All of it, which then counts from nothing."""
        with self.lock:
            taken = self.views, self.entrances
            self.views, self.entrances, self.timer = Counter(), Counter(), None
            return taken

    def restore(self, views: Counter[ViewKey], entrances: Counter[ViewKey]) -> None:
        with self.lock:
            self.views += views
            self.entrances += entrances


TALLY = PageViewTally()


def count_page_view(request: HttpRequest, response: HttpResponseBase) -> None:
    """Counts the page if a person views it."""
    kind = classify_page(request, response)
    if kind is None or is_robot(request) or is_prefetch(request):
        return
    came_from = urlsplit(request.headers.get("Referer", ""))
    is_ours = came_from.netloc == request.get_host()
    if is_ours and came_from.path == request.path:
        # The same page again: another mode, another clock.
        return
    key = (timezone.localdate(), kind.value, response["Content-Language"])
    TALLY.add(key, is_arrival=not is_ours)


def classify_page(request: HttpRequest, response: HttpResponseBase) -> Page | None:
    """Which kind of page this answer shows, or that a browser still had; None of all else."""
    match = request.resolver_match
    if request.method != "GET" or response.status_code not in {200, 304} or match is None:
        return None
    if not response.has_header("Content-Language") or not is_html(response):
        return None
    is_content = match.app_name == "programs"
    return PAGE_BY_VIEW.get(match.view_name) or (Page.ABOUT if is_content else None)


def is_html(response: HttpResponseBase) -> bool:
    """A 304 says nothing of its kind; only pages are asked for like this."""
    return response.get("Content-Type", "text/html").startswith("text/html")


def is_robot(request: HttpRequest) -> bool:
    agent = request.headers.get("User-Agent", "")
    return not agent or bool(ROBOT_PATTERN.search(agent))


def is_prefetch(request: HttpRequest) -> bool:
    """Whether a browser asks in case someone might period."""
    told = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    return bool(PREFETCH_PATTERN.search(" ".join(told)))


def write_counts() -> None:
    """Adds what was counted to the rows of the day; without a database it is kept for later."""
    views, entrances = TALLY.drain()
    if not views:
        return
    keys = sorted(views)
    columns = [list(column) for column in zip(*keys, strict=True)]
    sums = [[views[key] for key in keys], [entrances[key] for key in keys]]
    try:
        with connection.cursor() as cursor:
            cursor.execute(ADD_COUNTS_SQL, [*columns, *sums])
    except (DatabaseError, InterfaceError) as fault:
        logger.warning("Counts of pages wait for the database: %s", type(fault).__name__)
        TALLY.restore(views, entrances)


def write_counts_in_thread() -> None:
    """The same in a thread of its own, which leaves no connection behind."""
    try:
        write_counts()
    finally:
        connection.close()


atexit.register(write_counts)
