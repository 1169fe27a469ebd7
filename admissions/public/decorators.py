"""Pages that hold something personal: kept by no cache and found by no search engine."""

from functools import wraps

from django.views.decorators.cache import cache_control


def private(view):
    """Mark every answer of this view no-store and noindex."""

    @wraps(view)
    @cache_control(no_store=True, private=True)
    def answer(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return answer
