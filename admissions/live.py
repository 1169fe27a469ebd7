"""How a page of the desk keeps itself fresh: its living part alone, or word that it stands."""

import hashlib
import re

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.template.response import TemplateResponse

# A page that asks by itself says so; a session does not live on by it.
REFRESH = "X-Live-Refresh"
# The audit event that stands for what the page has shown so far.
LOOK = "X-Look"
# Every form brings a new token: that is no news.
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"')


def is_refresh(request: HttpRequest) -> bool:
    return request.method == "GET" and REFRESH in request.headers


def since(request: HttpRequest) -> str | None:
    """The number of the last audit event of a page that refreshes itself."""
    return request.headers.get(LOOK) if is_refresh(request) else None


def fresh(request: HttpRequest, response: TemplateResponse, part: str) -> HttpResponse:
    """The part of the page that changes, or 304 while it reads as before."""
    response.template_name = part
    content = response.render().content
    mark = hashlib.sha256(TOKEN.sub(b"", content)).hexdigest()[:32]
    if mark in request.headers.get("If-None-Match", ""):
        response = HttpResponseNotModified()
    response.headers["ETag"], response.headers["X-Live"] = f'"{mark}"', "1"
    response.headers[LOOK] = str(request.look.pk)
    return response
