"""Pages that hold something personal: kept by no cache and found by no search engine."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import cache_control

from .session import VisitClosed
from .views import closed

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def private(view: View[P]) -> View[P]:
    """Mark every answer of this view no-store and noindex.

    A visit that is closed here is answered with the way back (410), the same to everyone: whether
    there ever was a request is not said.
    """

    @wraps(view)
    @cache_control(no_store=True, private=True)
    def answer(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except VisitClosed:
            response = closed.render_visit_closed(request)
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return answer
