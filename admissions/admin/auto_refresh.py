"""How a page of the desk keeps itself fresh: its living part alone, or word that it stands."""

import hashlib
import re

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.template.response import TemplateResponse
from django.utils import timezone

from admissions.audit import access_log
from admissions.reporting.change_stamp import read_stamp

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


def unchanged_response(request: HttpRequest) -> HttpResponse | None:
    """304 without drawing the page, where nothing was written since it was drawn, in this minute.

    Some of it depends on the time alone; a page whose clock runs out asks without its mark.
    """
    if not is_auto_refresh(request):
        return None
    minute = timezone.now().replace(second=0, microsecond=0)
    stamp = read_stamp(request.user.pk, request.get_full_path(), minute)
    request.change_stamp = stamp  # type: ignore[attr-defined]
    mark, _dot, known = request.headers.get("If-None-Match", "").strip('W/"').partition(".")
    if known != stamp or not access_log.find_kept_view(request, since=last_view_event(request)):
        return None
    return with_refresh_headers(request, HttpResponseNotModified(), mark)


def refresh_response(request: HttpRequest, response: TemplateResponse, part: str) -> HttpResponse:
    """The part of the page that changes, or 304 while it reads as before."""
    response.template_name = part
    content = response.render().content
    mark = hashlib.sha256(CSRF_TOKEN_INPUT.sub(b"", content)).hexdigest()[:32]
    if mark in request.headers.get("If-None-Match", ""):
        return with_refresh_headers(request, HttpResponseNotModified(), mark)
    return with_refresh_headers(request, response, mark)


def with_refresh_headers(request: HttpRequest, response: HttpResponse, mark: str) -> HttpResponse:
    stamp = request.change_stamp  # type: ignore[attr-defined]
    response.headers["ETag"], response.headers["X-Live"] = f'"{mark}.{stamp}"', "1"
    # The access log has set it by now.
    response.headers[VIEW_EVENT_HEADER] = str(request.view_event.pk)  # type: ignore[attr-defined]
    return response
