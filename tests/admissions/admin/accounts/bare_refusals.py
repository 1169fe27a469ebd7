"""The site's addresses with bare refusals: whoever counts thousands of them needs no page drawn."""

from django.http import HttpRequest, HttpResponse

from recovery_site.urls import (  # noqa: F401  Django looks for them here
    handler400,
    handler404,
    handler429,
    handler500,
    urlpatterns,
)


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse(status=403)
