"""Whether the site's own processes work: what beat and workers do, and whether emails go."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from admissions.accounts.staff_request import StaffRequest
from admissions.admin.read_only_admin import ReadOnlyAdmin
from admissions.audit import access_log
from admissions.exceptions import ActionNotAllowed
from admissions.installation.models import Installation
from admissions.operations import findings, sending_hold, site_checks
from admissions.operations.findings import Finding

from .forms import ReleaseForm

PAGE = "admin:admissions_installation_changelist"


@admin.register(Installation)
class InstallationAdmin(ReadOnlyAdmin):
    """One page, and nothing of Django's own."""

    def get_urls(self) -> list[URLPattern]:
        def at(address: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
            return path(
                address, self.admin_site.admin_view(view), name=f"admissions_installation_{name}"
            )

        return [
            at("", require_safe(self.changelist_view), "changelist"),
            at("release/", require_POST(self.release_view), "release"),
        ]

    def may_release(self, request: HttpRequest) -> bool:
        return request.user.has_perm("admissions.release_sending")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self.render(request, ReleaseForm())

    def render(self, request: HttpRequest, form: ReleaseForm) -> HttpResponse:
        access_log.log_view(request, code="installation_changelist")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Operations"),
            "is_held": sending_hold.is_held(),
            "backlog": sending_hold.measure_backlog(timezone.now()),
            "may_release": self.may_release(request),
            "form": form,
            "sections": build_sections(),
        }
        return TemplateResponse(request, "admin/admissions/installation/status.html", context)

    def release_view(self, request: StaffRequest) -> HttpResponse:
        if not self.may_release(request):
            raise PermissionDenied
        form = ReleaseForm(request.POST)
        if not form.is_valid():
            return self.render(request, form)
        before = None
        if form.hours is not None:
            before = timezone.now() - timedelta(hours=form.hours)
        try:
            skipped = sending_hold.release_sending(skip_due_before=before, by=request.user)
        except ActionNotAllowed as refused:
            messages.warning(request, str(refused))
        else:
            said = ngettext(
                "Emails are sent again. %(n)s was skipped.",
                "Emails are sent again. %(n)s were skipped.",
                skipped,
            )
            messages.success(request, said % {"n": skipped})
        return HttpResponseRedirect(reverse(PAGE))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("admissions.view_installation")


@dataclass(frozen=True)
class Section:
    """Lines of the page that belong together."""

    title: str
    findings: list[Finding]

    @property
    def problems(self) -> int:
        return sum(bool(each.problem) for each in self.findings)


def build_sections() -> list[Section]:
    """Everything that can be seen from here, in the order of the page."""
    return [
        Section(title, list(findings.look(checks)))
        for title, checks in site_checks.SECTIONS.items()
    ]
