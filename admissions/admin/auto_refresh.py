"""How a page of the desk keeps itself fresh: its living part alone, or word that it stands."""

import hashlib
import re

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.template.response import TemplateResponse

# A page that asks by itself says so; a session does not live on by it.
REFRESH_HEADER = "X-Live-Refresh"
# The audit event that stands for what the page has shown so far.
VIEW_EVENT_HEADER = "X-Look"
# Every form brings a new token: that is no news.
CSRF_TOKEN_INPUT = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"')


def is_auto_refresh(request: HttpRequest) -> bool:
    return request.method == "GET" and REFRESH_HEADER in request.headers


def last_view_event(request: HttpRequest) -> str | None:
    """The number of the last audit event of a page that refreshes itself."""
    return request.headers.get(VIEW_EVENT_HEADER) if is_auto_refresh(request) else None


def refresh_response(request: HttpRequest, response: TemplateResponse, part: str) -> HttpResponse:
    """The part of the page that changes, or 304 while it reads as before."""
    response.template_name = part
    content = response.render().content
    mark = hashlib.sha256(CSRF_TOKEN_INPUT.sub(b"", content)).hexdigest()[:32]
    if mark in request.headers.get("If-None-Match", ""):
        return with_refresh_headers(request, HttpResponseNotModified(), mark)
    return with_refresh_headers(request, response, mark)


def with_refresh_headers(request: HttpRequest, response: HttpResponse, mark: str) -> HttpResponse:
    response.headers["ETag"], response.headers["X-Live"] = f'"{mark}"', "1"
    # The access log has set it by now.
    response.headers[VIEW_EVENT_HEADER] = str(request.view_event.pk)  # type: ignore[attr-defined]
    return response
