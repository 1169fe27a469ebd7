"""Whose name a request is for: what monitors ask by address, and what strangers make up."""

import logging
from collections.abc import Callable
from threading import Lock
from time import monotonic

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware

from . import error_views

logger = logging.getLogger(__name__)
# A load balancer knows a machine by its address, and says that in the Host header.
ASKED_BY_ADDRESS = {"/healthz/", "/readyz/", "/livez/", "/statusz/"}


class HostMiddleware:
    """Refuse hosts that are not ours before Django does, whose log any stranger could fill.

    Health checks are answered whatever their host is: their answers name no host.
    """

    PAUSE_SECONDS = 60.0

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response, self.security = get_response, SecurityMiddleware(get_response)
        self.counting, self.refused, self.next_line_at = Lock(), 0, 0.0

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in ASKED_BY_ADDRESS:
            request.META["HTTP_HOST"] = settings.ALLOWED_HOSTS[0].lstrip(".")
        try:
            request.get_host()
        except DisallowedHost:
            self.count_refusal()
            response = error_views.bad_request(request)
            # Django would log a line for each answer of 400.
            response._has_been_logged = True  # type: ignore[attr-defined]
            return self.security.process_response(request, response)
        return self.get_response(request)

    def count_refusal(self) -> None:
        """One line in a minute, and how many there were since the last."""
        with self.counting:
            self.refused += 1
            if monotonic() < self.next_line_at:
                return
            count, self.refused = self.refused, 0
            self.next_line_at = monotonic() + self.PAUSE_SECONDS
        logger.warning("Requests refused, as they name a host that is not ours: %s", count)
