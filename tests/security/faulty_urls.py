"""The site's addresses, and one for each fault: a page for each way in which an answer can fail."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from recovery_site import error_views
from recovery_site import urls as site
from recovery_site.urls import (  # noqa: F401  Django looks for them here
    handler400,
    handler403,
    handler404,
    handler429,
    handler500,
)

FAULTS = {
    400: SuspiciousOperation,
    403: PermissionDenied,
    404: Http404,
    500: RuntimeError,
    503: OperationalError,
}
DRAWN = [410, 429]


def fail(request: HttpRequest, status: int) -> HttpResponse:
    if status in FAULTS:
        raise FAULTS[status]("on purpose")
    return error_views.render_error(status, request)


urlpatterns = [path("fails/<int:status>/", fail), *site.urlpatterns]
