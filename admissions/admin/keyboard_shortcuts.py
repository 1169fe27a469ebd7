"""Single-key shortcuts: on until somebody turns them off in their browser."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from admissions.accounts.staff_request import StaffRequest

SHORTCUTS_COOKIE = "__Host-keys" if settings.PRODUCTION else "keys"
ONE_YEAR = 365 * 24 * 60 * 60


def is_enabled(request: HttpRequest) -> bool:
    return request.COOKIES.get(SHORTCUTS_COOKIE) != "off"


def keyboard_shortcuts_view(request: StaffRequest) -> HttpResponse:
    """Turns the shortcuts on or off; the choice says nothing about anyone."""
    turned = "off" if request.POST.get("keys") == "off" else "on"
    next_page = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(next_page, allowed_hosts=None):
        next_page = reverse("admin:index")
    response = HttpResponseRedirect(next_page)
    response.set_cookie(
        SHORTCUTS_COOKIE, turned, max_age=ONE_YEAR,
        secure=settings.PRODUCTION, httponly=True, samesite="Lax",
    )  # fmt: skip
    messages.success(
        request, _("Shortcuts are off.") if turned == "off" else _("Shortcuts are on.")
    )
    return response
