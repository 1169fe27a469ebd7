"""Content pages as they were drawn a moment ago: whole, compressed, the same for everyone.

Only what any stranger is shown: a plain GET of a page of `programs`, without a cookie and
without a question in its address, that sets no cookie and is marked for nobody. A page is
drawn anew when it is PAGE_CACHE_SECONDS old; while one visitor waits for that, others get
the old one, but none begun more than MAX_PAGE_AGE_SECONDS ago. So a time that is taken is shown as
free for at most that long, and whoever takes one has a cookie and sees everything live.
"""

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language_from_request

MAX_PAGE_AGE_SECONDS = 5
# No two pages of ours come near it; names of hosts that a wildcard admits could.
MAX_PAGES = 500
# Told anew for every answer.
PER_RESPONSE_HEADERS = {"content-length", "content-encoding", "etag"}


@dataclass
class CachedPage:
    """One page; `resolver_match` is the address that it answers, for those who count."""

    started_at: float
    stale_at: float
    plain: bytes
    gzipped: bytes
    headers: dict
    resolver_match: ResolverMatch | None

    def answer(self, request: HttpRequest) -> HttpResponse:
        """A new answer each time, or 304 to a browser that has this very page."""
        request.resolver_match = self.resolver_match
        is_packed = "gzip" in request.headers.get("Accept-Encoding", "")
        content = self.gzipped if is_packed else self.plain
        response = HttpResponse(content, headers=self.headers)
        if is_packed:
            response["Content-Encoding"] = "gzip"
        response["Content-Length"] = len(content)
        return (
            get_conditional_response(request, etag=self.headers["ETag"], response=response)
            or response
        )


class PageCacheMiddleware:
    """Stands below what compresses, which leaves alone what is compressed already."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.pages: dict[tuple, CachedPage] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        seconds, now = settings.PAGE_CACHE_SECONDS, monotonic()
        if not seconds or not is_cacheable_request(request):
            return self.get_response(request)
        key = key_of(request)
        kept = self.pages.get(key)
        if kept and now < min(kept.stale_at, kept.started_at + MAX_PAGE_AGE_SECONDS):
            return kept.answer(request)
        if kept:
            # Whoever comes while this visitor waits need not wait too.
            kept.stale_at = now + MAX_PAGE_AGE_SECONDS
        response = self.get_response(request)
        if not is_cacheable_response(request, response):
            self.pages.pop(key, None)
            return response
        if len(self.pages) >= MAX_PAGES:
            self.pages.clear()
        self.pages[key] = build_cached_page(
            request, response, started_at=now, stale_at=now + seconds
        )
        return self.pages[key].answer(request)


def key_of(request: HttpRequest) -> tuple:
    """All that a page of a stranger depends on.

    `path` begins with the prefix that the server names (SCRIPT_NAME), and so does every link
    of the page; `path_info` alone chooses the view.
    """
    asked = request.META
    return (
        request.is_secure(),
        asked.get("HTTP_HOST"),
        asked.get("SERVER_NAME"),
        asked.get("SERVER_PORT"),
        request.path,
        request.path_info,
        get_language_from_request(request, check_path=True),
    )


def is_cacheable_request(request: HttpRequest) -> bool:
    """Whether nothing in the request could make its answer another one."""
    asked = request.META
    return request.method == "GET" and not (
        asked.get("HTTP_COOKIE") or asked.get("QUERY_STRING") or asked.get("HTTP_AUTHORIZATION")
    )


def is_cacheable_response(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether the answer is a content page that was drawn for nobody in particular."""
    resolver_match = request.resolver_match
    told = response.headers
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and resolver_match is not None
        and resolver_match.app_name == "programs"
        and "no-store" not in told.get("Cache-Control", "")
        and "private" not in told.get("Cache-Control", "")
        and "cookie" not in told.get("Vary", "").lower()
    )


def build_cached_page(
    request: HttpRequest, response: HttpResponse, *, started_at: float, stale_at: float
) -> CachedPage:
    """The answer with a mark of its content; browsers may keep it, and ask before they use it."""
    response.headers.setdefault("Cache-Control", "no-cache")
    patch_vary_headers(response, ["Accept-Encoding"])
    headers = {
        name: told for name, told in response.items() if name.lower() not in PER_RESPONSE_HEADERS
    }
    mark = hashlib.sha256(response.content).hexdigest()[:20]
    return CachedPage(
        started_at=started_at,
        stale_at=stale_at,
        plain=response.content,
        gzipped=gzip.compress(response.content, compresslevel=9, mtime=0),
        headers=headers | {"ETag": f'W/"{mark}"'},
        resolver_match=request.resolver_match,
    )
