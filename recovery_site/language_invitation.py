"""The quiet line over a page that invites a reader to their own language.

It follows what the browser says of its reader (Accept-Language), so it needs no script, and every
page says that it depends on that.
"""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language, get_language_from_path
from django.utils.translation.trans_real import (
    get_supported_language_variant,
    parse_accept_lang_header,
)


class InvitingLocaleMiddleware(LocaleMiddleware):
    """Has the pages of either language vary by the languages of the browser."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        response = super().process_response(request, response)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ["Accept-Language"])
        return response


def language_invitation(request: HttpRequest) -> dict[str, str]:
    """Add `invited_language`: the code that the browser would rather read, if it is another one."""
    return {"invited_language": find_invited_language(request, get_language())}


def invitation_on(request: HttpRequest) -> str:
    """The same, before the language of the page is chosen: for those that are kept."""
    shown = get_language_from_path(request.path_info) or settings.LANGUAGE_CODE
    return find_invited_language(request, shown)


def find_invited_language(request: HttpRequest, shown: str | None) -> str:
    """The first of ours that the browser names; empty when it is `shown`, or it names none."""
    for code, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        try:
            preferred = get_supported_language_variant(code)
        except LookupError:
            continue
        return "" if preferred == shown else preferred
    return ""
