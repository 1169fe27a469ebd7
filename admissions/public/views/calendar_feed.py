"""The private address that a counselor's own calendar app asks, without signing in."""

import hashlib

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from admissions.calendars import feeds
from admissions.public.decorators import private


@private
@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """Unknown, revoked and malformed tokens, and those of who has left, look the same: 404.

    No cache on the way may store it; an app that has kept the events and their
    ETag is still spared the file. There is no Last-Modified: no column
    says when a feed last changed.
    """
    counselor = feeds.counselor_for_token(token)
    if counselor is None:
        raise Http404
    file = feeds.render_feed(counselor, token=token)
    answer = HttpResponse(
        file,
        content_type="text/calendar; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="appointments.ics"',
            "ETag": f'"{hashlib.sha256(file).hexdigest()}"',
            "Referrer-Policy": "no-referrer",
        },
    )
    return get_conditional_response(request, etag=answer["ETag"], response=answer) or answer
