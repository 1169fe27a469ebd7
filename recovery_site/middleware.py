"""What every request must pass, and what people see when Postgres is away."""

import logging
from collections.abc import Callable

from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from admissions.counters import Refusal, count_refusal

from . import error_views

logger = logging.getLogger(__name__)
ALLOWED_METHODS = {"GET", "HEAD", "POST", "OPTIONS"}
# As many letters as gunicorn reads of an address; what it asks for is worked on at once.
LONGEST_ADDRESS = 4000
# No other site embeds what we send or learns of it, whatever else becomes of a request. A file
# that someone opens by itself loads nothing and stands in no frame.
LEAST = {
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class ResourcePolicyMiddleware:
    """Add what every answer carries to those that say nothing stricter of their own.

    Stands on top: static files, and answers of middleware above the pages' own policy, pass here;
    so does the refusal of a foreign host.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in LEAST.items():
            # A browser puts the headers of a 304 in place of those that it kept with the page: the
            # least policy would take the page's own style, scripts and forms from it.
            if response.status_code != 304 or name != "Content-Security-Policy":
                response.headers.setdefault(name, value)
        return response


class RejectMalformedMiddleware:
    """Refuses NUL bytes, which Postgres cannot store, endless addresses, and verbs no page has.

    A form says for itself which of its fields holds one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ALLOWED_METHODS:
            count_refusal(Refusal.MALFORMED)
            return error_views.method_not_allowed(request)
        address = request.path_info + request.META.get("QUERY_STRING", "")
        if len(address) > LONGEST_ADDRESS:
            count_refusal(Refusal.MALFORMED)
            return error_views.bad_request(request)
        # A quoted cookie may spell one as \\000, so look at what it says once read.
        sent = [address, *request.COOKIES.values()]
        if "%00" in address or any("\x00" in text for text in sent):
            count_refusal(Refusal.MALFORMED)
            return error_views.bad_request(request)
        return self.get_response(request)


class DatabaseUnavailableMiddleware:
    """Turns a lost database into a plain page with the phone number."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        except (OperationalError, InterfaceError):
            return error_views.unavailable(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, (OperationalError, InterfaceError)):
            logger.error("Postgres did not answer: %s", type(exception).__name__)
            return error_views.unavailable(request)
        return None


class QuietSessionMiddleware(SessionMiddleware):
    """Keeps a session alive on the pages that use it, and fails as kindly as the page would.

    A page that asks for news by itself says so (X-Live-Refresh): nobody may be there to
    read it, so the session goes on toward its end.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if not (request.session.accessed or request.session.modified):
            return response
        if is_background_refresh(request) and not request.session.modified:
            patch_vary_headers(response, ["Cookie"])
            return response
        try:
            return super().process_response(request, response)
        except (OperationalError, InterfaceError):
            return error_views.unavailable(request)
        except SessionInterrupted as interrupted:
            # To Django any fault of the database means that the session has ended meanwhile.
            if is_caused_by_the_database(interrupted):
                logger.error("Postgres did not store a session")
                return error_views.unavailable(request)
            raise


def is_caused_by_the_database(fault: BaseException | None) -> bool:
    """Whether a full disk or a lost connection is at the bottom of it."""
    while fault is not None:
        if isinstance(fault, (OperationalError, InterfaceError)):
            return True
        fault = fault.__context__
    return False


def is_background_refresh(request: HttpRequest) -> bool:
    return request.method == "GET" and "X-Live-Refresh" in request.headers
