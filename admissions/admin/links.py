"""The names of the desk's most linked pages, and links to them."""

import uuid
from collections.abc import Callable

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from admissions.intake.models import ConsultationRequest

CALENDAR_PAGE = "admin:admissions_consultation_calendar"
REQUEST_LIST = "admin:admissions_consultationrequest_changelist"
NEW_CALL_PAGE = "admin:admissions_call_new"
REQUEST_PAGE = "admin:admissions_consultationrequest_change"


def request_link(request: ConsultationRequest) -> SafeString:
    """The reference, never the name, leading to the page of the request."""
    return format_html(
        '<a href="{}">{}</a>', reverse(REQUEST_PAGE, args=[request.pk]), request.reference
    )


def request_urls(page: str = REQUEST_PAGE) -> Callable[[uuid.UUID], str]:
    """Return a function that gives this address of each request; a page has hundreds of them.

    Make one for each page: what is looked up is only where in the address the id stands.
    """
    nobody = uuid.UUID(int=0)
    before, _id, after = reverse(page, args=[nobody]).partition(str(nobody))
    return lambda pk: f"{before}{pk}{after}"


def redirect_missing(model_admin: admin.ModelAdmin, request: HttpRequest, pk: str) -> HttpResponse:
    """Django's own answer where an address names no row."""
    # Its stubs leave this method out.
    return model_admin._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined]
        request, model_admin.opts, pk
    )
