"""The calendar: consultations as a list by day; the week has its own pages."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions.admin import pagination
from admissions.admin.read_only_admin import ReadOnlyAdmin
from admissions.scheduling.models import Consultation

from . import bookings, calendar, consultation_list

if TYPE_CHECKING:
    from django.contrib.admin.filters import _ListFilterChoices
    from django_stubs_ext import StrOrPromise

CALENDAR_VIEWS = {
    "calendar": ("week/", calendar.calendar_view),
    "book": ("week/book/", bookings.book_view),
    "move": ("week/move/", bookings.move_view),
}


class WhenFilter(admin.SimpleListFilter):
    """From today on, unless the past is asked for."""

    title = _("when")
    parameter_name = "when"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> "list[tuple[str, StrOrPromise]]":
        return [("past", _("Past"))]

    def choices(self, changelist: ChangeList) -> "Iterator[_ListFilterChoices]":
        first, *rest = super().choices(changelist)
        yield {**first, "display": _("From today on")}
        yield from rest

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        if self.value() == "past":
            return queryset.filter(starts_at__lt=midnight).order_by("-starts_at", "-pk")
        return queryset.filter(starts_at__gte=midnight).order_by("starts_at", "pk")


@admin.register(Consultation)
class ConsultationAdmin(ReadOnlyAdmin):
    """Consultations by day, to read; triage moves them from the request."""

    list_filter = [WhenFilter, "status", "mode", "counselor"]
    list_select_related = ["request", "counselor", "location"]
    list_per_page = list_max_show_all = 100
    paginator = pagination.CappedPaginator
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path(
                address,
                self.admin_site.admin_view(partial(view, site=self.admin_site)),
                name=f"admissions_consultation_{name}",
            )
            for name, (address, view) in CALENDAR_VIEWS.items()
        ]
        return [*pages, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        if hasattr(response, "context_data"):
            changes = response.context_data["cl"]
            response.context_data |= {
                "title": _("Calendar"),
                "days": consultation_list.group_by_day(changes.result_list, now=timezone.now()),
                "most": pagination.capped_at(changes),
                "zone": timezone.localtime().tzname(),
            }
        return response
