"""Whose name a request is for: what monitors ask by address, and what strangers make up."""

import logging
from collections.abc import Callable
from threading import Lock
from time import monotonic

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

from admissions import counters

from . import error_views

logger = logging.getLogger(__name__)
# A load balancer knows a machine by its address, and says that in the Host header.
ASKED_BY_ADDRESS = {"/healthz/", "/readyz/", "/livez/", "/statusz/", "/metrics"}
PAUSE_SECONDS = 60.0
GetResponse = Callable[[HttpRequest], HttpResponse]


class Refusals:
    """Refuses quietly: Django would log a traceback each time, for any stranger who asks."""

    def __init__(self) -> None:
        self.counting, self.count, self.next_line_at = Lock(), 0, 0.0

    def refuse(self, request: HttpRequest) -> HttpResponse:
        """400, and in the log one line in a minute that says how many there were since the last."""
        counters.count_refusal(counters.Refusal.FOREIGN_HOST)
        with self.counting:
            self.count += 1
            if monotonic() >= self.next_line_at:
                logger.warning(
                    "Requests refused, as they name a host that is not ours: %s", self.count
                )
                self.count, self.next_line_at = 0, monotonic() + PAUSE_SECONDS
        response = error_views.bad_request(request)
        # Django would log a line for each answer of 400.
        response._has_been_logged = True  # type: ignore[attr-defined]
        return response


class HealthHostMiddleware:
    """Answer health checks whatever their host is, as their answers name none.

    Stands above Django's SecurityMiddleware, which asks for the host of what came by plain http.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response, self.refusals = get_response, Refusals()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in ASKED_BY_ADDRESS:
            request.META["HTTP_HOST"] = settings.ALLOWED_HOSTS[0].lstrip(".")
        elif settings.SECURE_SSL_REDIRECT and not request.is_secure() and is_foreign(request):
            return self.refusals.refuse(request)
        return self.get_response(request)


class ForeignHostMiddleware:
    """Refuse hosts that are not ours. Stands below what protects every page, refusals too."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response, self.refusals = get_response, Refusals()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.refusals.refuse(request) if is_foreign(request) else self.get_response(request)


def is_foreign(request: HttpRequest) -> bool:
    try:
        request.get_host()
    except DisallowedHost:
        return True
    return False
