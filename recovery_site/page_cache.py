"""Content pages as they were rendered a moment ago: whole, compressed, the same for everyone
whom the same language invites.

Only what any stranger is shown: a plain GET, or a HEAD, of a page of `programs`, without a cookie
and without a query in its address, that sets no cookie and is marked for nobody. A page is
rendered anew when it is PAGE_CACHE_SECONDS old; while one visitor waits for that, others get
the old one, but none begun more than MAX_PAGE_AGE_SECONDS ago. So a time that is taken is shown
as free for at most that long, whichever machine answers, and whoever takes one has a cookie and
sees everything live.
"""

import gzip
import hashlib
from collections.abc import Callable
from functools import lru_cache
from time import time

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, resolve
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_vary_headers

from .language_invitation import invitation_on

# With FRAME_CACHE_SECONDS, no fact on a page is older than five seconds.
MAX_PAGE_AGE_SECONDS = 4


class PageCacheMiddleware:
    """Stands below what compresses, which leaves alone what is compressed already."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.PAGE_CACHE_SECONDS or not is_cacheable_request(request):
            return self.get_response(request)
        cache, key, now = caches["pages"], key_of(request), time()
        stale_at, page = cache.get(key, (0, None))
        # The first to find a stale page renders it; whoever comes meanwhile need not wait too.
        if page and (now < stale_at or not cache.add(f"{key}+", "", MAX_PAGE_AGE_SECONDS)):
            return answer(request, page)

        response = self.get_response(request)
        if not is_cacheable_response(request, response):
            cache.delete_many([key, f"{key}+"])
            return response

        page = pack(response)
        lifetime = now + MAX_PAGE_AGE_SECONDS - time()
        cache.set(key, (now + settings.PAGE_CACHE_SECONDS, page), lifetime)
        cache.delete(f"{key}+")
        return answer(request, page)


def key_of(request: HttpRequest) -> str:
    """All that a page of a stranger depends on, in one word.

    `path` begins with the prefix that the server names (SCRIPT_NAME), and so does every link
    of the page; `path_info` alone chooses the view.
    """
    asked = request.META
    facts = (
        request.is_secure(),
        asked.get("HTTP_HOST"),
        asked.get("SERVER_NAME"),
        asked.get("SERVER_PORT"),
        request.path,
        request.path_info,
        translation.get_language_from_request(request, check_path=True),
        invitation_on(request),
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def is_cacheable_request(request: HttpRequest) -> bool:
    """Whether nothing in the request could make its answer another one."""
    asked = request.META
    # The server leaves out the body of what answers HEAD; all else is as GET has it.
    return request.method in {"GET", "HEAD"} and not (
        asked.get("HTTP_COOKIE") or asked.get("QUERY_STRING") or asked.get("HTTP_AUTHORIZATION")
    )


def is_cacheable_response(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether the answer is a content page that was rendered for nobody in particular."""
    match, told = request.resolver_match, response.headers
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and match is not None
        and match.app_name == "programs"
        and "no-store" not in told.get("Cache-Control", "")
        and "private" not in told.get("Cache-Control", "")
        and "cookie" not in told.get("Vary", "").lower()
    )


def pack(response: HttpResponse) -> HttpResponse:
    """Compress the page and mark its content; browsers may keep it, and ask before they use it."""
    mark = hashlib.sha256(response.content).hexdigest()[:20]
    response["ETag"] = f'W/"{mark}"'
    response.headers.setdefault("Cache-Control", "no-cache")
    patch_vary_headers(response, ["Accept-Encoding"])
    response.content = gzip.compress(response.content, compresslevel=9, mtime=0)
    response["Content-Encoding"] = "gzip"
    return response


def answer(request: HttpRequest, page: HttpResponse) -> HttpResponse:
    """Return the page as this browser reads it, or 304 to one that has it; name its view."""
    if request.resolver_match is None:
        request.resolver_match = resolve_in(page["Content-Language"], request.path_info)
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        page.content = gzip.decompress(page.content)
        del page["Content-Encoding"]
    page["Content-Length"] = str(len(page.content))
    return get_conditional_response(request, etag=page["ETag"], response=page) or page


@lru_cache(maxsize=500)
def resolve_in(language: str, path_info: str) -> ResolverMatch:
    """What Django resolves an address to; it takes a third of a kept page's time each time."""
    with translation.override(language):
        return resolve(path_info)
