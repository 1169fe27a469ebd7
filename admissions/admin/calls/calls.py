"""The calls that were taken, newest first. To read: a later row corrects one."""

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from admissions import formatting
from admissions.admin import for_whom, pagination
from admissions.admin.links import NEW_CALL_PAGE, request_link
from admissions.admin.read_only_admin import ReadOnlyAdmin
from admissions.admin.reference_filter import FoundByReference, RequestFilter
from admissions.calls.models import Call
from admissions.phone_numbers import format_phone

from .new_call import new_call_view

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class DayFilter(admin.SimpleListFilter):
    """By the center's days."""

    title = _("day")
    parameter_name = "day"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> "list[tuple[str, StrOrPromise]]":
        return [("today", _("Today")), ("yesterday", _("Yesterday")), ("week", _("Last 7 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        day = timedelta(days=1)
        if self.value() == "today":
            return queryset.filter(at__gte=midnight)
        if self.value() == "yesterday":
            return queryset.filter(at__gte=midnight - day, at__lt=midnight)
        return queryset.filter(at__gte=midnight - 6 * day) if self.value() == "week" else queryset


class TakenByFilter(admin.SimpleListFilter):
    """One's own, or a colleague's."""

    title = _("who")
    parameter_name = "by"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> "list[tuple[str, StrOrPromise]]":
        people = {
            each.by_id: each.by
            for each in Call.objects.order_by("by").distinct("by").select_related("by")
        }
        return [(str(pk), formatting.staff_name(each)) for pk, each in people.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        chosen = self.value() or ""
        is_id = chosen.isascii() and chosen.isdecimal() and len(chosen) < 10
        return queryset.filter(by=int(chosen)) if is_id else queryset


@admin.register(Call)
class CallAdmin(FoundByReference, ReadOnlyAdmin):
    """Every call; what was corrected stands once, as it was corrected last."""

    list_display = [
        "at", "outcome", "caller", "whom", "of_request", "danger", "taken_by", "mend",
    ]  # fmt: skip
    list_display_links = ["at"]
    list_filter = [DayFilter, "outcome", TakenByFilter, RequestFilter]
    when_empty = _("No call is kept yet. “New call”, at the top of every page, keeps one.")
    list_select_related = ["request", "by"]
    list_per_page = list_max_show_all = 50
    paginator = pagination.CappedPaginator
    fields = [
        "at", "taken_by", "outcome", "of_request", "caller", "whom", "danger",
        "language", "heard_from", "promised_by", "sent_to", "note", "emptied_at",
    ]  # fmt: skip
    readonly_fields = ["taken_by", "of_request", "caller", "whom", "danger"]
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(new_call_view, site=self.admin_site))
        return [path("new/", view, name="admissions_call_new"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(correction=None)

    @admin.display(description=_("request"))
    def of_request(self, call: Call) -> SafeString | str:
        return request_link(call.request) if call.request else "—"

    @admin.display(description=_("caller"))
    def caller(self, call: Call) -> str:
        number = format_phone(call.number) if call.number else ""
        return ", ".join(filter(None, [call.name, number])) or "—"

    @admin.display(description=_("for whom"))
    def whom(self, call: Call) -> str:
        return str(dict(for_whom.CHOICES)[call.for_whom])

    @admin.display(description=_("danger"))
    def danger(self, call: Call) -> str:
        return str(_("Yes, or not sure")) if call.is_in_danger else "—"

    @admin.display(description=_("who"))
    def taken_by(self, call: Call) -> str:
        return formatting.staff_name(call.by)

    @admin.display(description=_("wrong?"))
    def mend(self, call: Call) -> SafeString:
        link = '<a href="{}?corrects={}" aria-label="{}">{}</a>'
        words = _("Correct this call"), _("Correct")
        return format_html(link, reverse(NEW_CALL_PAGE), call.pk, *words)
