"""Addresses that we do not write to: why, since when; and writing to one again. None is shown."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from admissions import formatting, staff_formatting
from admissions.accounts.staff_request import StaffRequest
from admissions.admin.links import request_link
from admissions.admin.pagination import KeyedPaginator
from admissions.admin.read_only_admin import InForceFilter, ReadOnlyAdmin
from admissions.admin.reference_filter import FoundByReference, RequestFilter
from admissions.audit import access_log
from admissions.exceptions import ActionNotAllowed
from admissions.intake.models import Suppression
from admissions.messaging import staff_actions

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SUPPRESSION_LIST = "admin:admissions_suppression_changelist"


@admin.register(Suppression)
class SuppressionAdmin(FoundByReference, ReadOnlyAdmin):
    """Only the address's fingerprint exists: who it is, the request says, while it is kept."""

    list_display = ["cause", "at", "of_request", "what_now"]
    list_display_links = None
    list_filter = [InForceFilter, "cause", RequestFilter]
    list_title = _("Do-not-email list")
    when_empty = _("We may write to everyone: nobody asked us to stop, and no email came back.")
    list_select_related = ["request", "lifted_by"]
    ordering = ["-at", "-pk"]
    fields = ["cause", "at", "of_request", "what_now"]
    readonly_fields = ["of_request", "what_now"]
    sortable_by = ()
    paginator = KeyedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("admissions.lift_suppression")

    def get_urls(self) -> list[URLPattern]:
        lift = path(
            "<int:pk>/lift/",
            self.admin_site.admin_view(require_http_methods(["GET", "POST"])(self.lift_view)),
            name="admissions_suppression_lift",
        )
        return [lift, *super().get_urls()]

    @admin.display(description=_("from the request"))
    def of_request(self, suppression: Suppression) -> str:
        return request_link(suppression.request) if suppression.request else "—"

    @admin.display(description=_("what now"))
    def what_now(self, suppression: Suppression) -> "StrOrPromise":
        if suppression.lifted_at:
            return describe_lift(suppression, suppression.lifted_at)
        if not staff_actions.may_be_lifted(suppression):
            return _("Only they can change that")
        address = reverse("admin:admissions_suppression_lift", args=[suppression.pk])
        return format_html('<a href="{}">{}</a>', address, _("Write to it again…"))

    def lift_view(self, request: StaffRequest, pk: int) -> HttpResponse:
        """Asks first; the click lifts it."""
        if not self.has_lift_permission(request):
            raise PermissionDenied
        suppression = get_object_or_404(self.get_queryset(request), pk=pk)
        if request.method == "POST":
            return self.lift(request, suppression)
        shown = [suppression.request_id] if suppression.request_id else ()
        access_log.log_view(request, code="suppression_lift", shown=shown)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Write to this address again?"),
            "opts": self.opts,
            "suppression": suppression,
            "since": staff_formatting.format_date_and_time(suppression.at),
            "may_be_lifted": staff_actions.may_be_lifted(suppression),
        }
        return TemplateResponse(request, "admin/admissions/suppression/lift.html", context)

    def lift(self, request: StaffRequest, suppression: Suppression) -> HttpResponse:
        try:
            staff_actions.lift_suppression(suppression_id=suppression.pk, by=request.user)
        except ActionNotAllowed as refused:
            messages.warning(request, str(refused))
        else:
            messages.success(request, _("We may write to this address again."))
        return HttpResponseRedirect(reverse(SUPPRESSION_LIST))


def describe_lift(suppression: Suppression, lifted_at: datetime) -> str:
    when = staff_formatting.format_date_and_time(lifted_at)
    if suppression.lifted_by is None:
        return _("Lifted by themself, %(when)s") % {"when": when}
    who = formatting.staff_name(suppression.lifted_by)
    return _("Lifted by %(who)s, %(when)s") % {"who": who, "when": when}
