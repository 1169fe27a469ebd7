"""Gives each request an id, counts its answer, and writes one line for it."""

import logging
from collections.abc import Callable
from time import perf_counter

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from admissions import counters

from . import context
from .json_lines import name_route

logger = logging.getLogger("recovery_site.access")
# Asked every few seconds by machines; only what is wrong is worth a line.
UNLOGGED = ("recovery_site.health.", "recovery_site.observing.metrics.", "static")


class ObserveRequestMiddleware:
    """Stands on top, so that what any other middleware answers or logs counts too.

    An id is taken from X-Request-Id only where a proxy of ours stands in front, which sets it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "") if settings.PROXIES else ""
        begun, request_id = perf_counter(), context.choose_request_id(given)
        # Django writes its line of a refusal when all middleware is done.
        request.request_id = request_id  # type: ignore[attr-defined]
        token = context.request_id.set(request_id)
        try:
            response = self.get_response(request)
            observe(request, response, seconds=perf_counter() - begun)
        finally:
            context.request_id.reset(token)
        response.headers["X-Request-Id"] = request_id
        return response


def observe(request: HttpRequest, response: HttpResponse, *, seconds: float) -> None:
    """Count the answer; in production also write its line, in which no path stands."""
    route, status = find_route(request), response.status_code
    counters.count_response(route=route, status=status, seconds=seconds)
    if settings.LOGS_REQUESTS and (status >= 400 or not route.startswith(UNLOGGED)):
        method = request.method if request.method in {"GET", "HEAD", "POST"} else "other"
        facts = {
            "route": route, "method": method, "status": status,
            "duration_ms": round(seconds * 1000, 1),
        }  # fmt: skip
        logger.info("%s %s %s", method, route, status, extra=facts)


def find_route(request: HttpRequest) -> str:
    if request.resolver_match is None and request.path_info.startswith(settings.STATIC_URL):
        return "static"
    return name_route(request)
