"""What a colleague reads where a page or a step is not theirs: whose it is, and whom to ask."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import ResolverMatch
from django.utils.translation import gettext_lazy as _

from admissions import formatting
from admissions.accounts import roles
from users.models import User

MAX_NAMED = 3
# Addresses that are about no model of their own.
NEEDED = {
    "reports": "admissions.view_reports",
    "export_reports": "admissions.view_reports",
    "alarms": "admissions.view_consultationrequest",
}


def render_forbidden(request: HttpRequest) -> HttpResponse:
    """The page of status 403 in the desk's own look; drawn, as its caller returns it at once."""
    context = {
        **admin.site.each_context(request),
        "title": _("This is not part of your work here"),
        "may": roles_that_may(request),
        "directors": name_directors(),
    }
    page = TemplateResponse(request, "admin/forbidden.html", context, status=403)
    page["Cache-Control"] = "no-store, private"
    return page.render()


def roles_that_may(request: HttpRequest) -> list[str]:
    """The roles that open this address; none where the reader opens it, and only a step of it is
    refused, or where no permission says."""
    needed = needed_permission(request.resolver_match)
    if not needed or request.user.has_perm(needed):
        return []
    return [role for role, permissions in roles.ROLES.items() if needed in permissions]


def needed_permission(match: ResolverMatch | None) -> str:
    """The permission to look at what an address is about: `admissions.view_closure`."""
    name = (match.url_name or "") if match else ""
    if name in NEEDED:
        return NEEDED[name]
    for model in admin.site._registry:
        meta = model._meta
        if name.startswith(f"{meta.app_label}_{meta.model_name}_"):
            return f"{meta.app_label}.view_{meta.model_name}"
    return ""


def name_directors() -> list[str]:
    """Who can change what a colleague may do."""
    directors = User.objects.filter(groups__name="director", is_active=True)
    return [formatting.staff_name(each) for each in directors.order_by("first_name")[:MAX_NAMED]]
