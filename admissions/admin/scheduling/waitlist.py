"""Who waits for something sooner, and what became of every offer. To read: nothing is edited."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from admissions import staff_formatting
from admissions.admin.links import request_link
from admissions.admin.pagination import KeyedPaginator
from admissions.admin.read_only_admin import ReadOnlyAdmin
from admissions.admin.reference_filter import FoundByReference, RequestFilter
from admissions.scheduling.models import Consultation, EarlierOffer, WaitlistEntry
from admissions.scheduling.models.waitlist import WaitlistEntryQuerySet

if TYPE_CHECKING:
    from django.contrib.admin.filters import _ListFilterChoices
    from django_stubs_ext import StrOrPromise


class WaitingNowFilter(admin.SimpleListFilter):
    """Those who wait now, unless the history is asked for."""

    title = _("who")
    parameter_name = "who"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> "list[tuple[str, StrOrPromise]]":
        return [("all", _("Everyone who ever waited"))]

    def choices(self, changelist: ChangeList) -> "Iterator[_ListFilterChoices]":
        first, *rest = super().choices(changelist)
        yield {**first, "display": _("Waiting now")}
        yield from rest

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset if self.value() == "all" else cast(WaitlistEntryQuerySet, queryset).open()


@admin.register(WaitlistEntry)
class WaitingAdmin(FoundByReference, ReadOnlyAdmin):
    """First come first; those who left stand below, the latest first."""

    list_display = ["joined_at", "of_request", "has_now", "offered", "left_at", "left_because"]
    list_display_links = None
    list_filter = [WaitingNowFilter, RequestFilter]
    list_title = _("Waiting list")
    when_empty = _(
        "Nobody waits for an earlier time. People join on the page of their own appointment, or by"
        " “Write to them if something opens sooner” on the page of a request."
    )
    list_select_related = ["request"]
    fields = ["of_request", "joined_at", "left_at", "left_because"]
    readonly_fields = ["of_request"]
    sortable_by = ()
    paginator = KeyedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        standing = Consultation.objects.standing().filter(request=OuterRef("request"))
        offers = EarlierOffer.objects.filter(waitlist_entry=OuterRef("pk")).order_by()
        counted = offers.values("waitlist_entry").annotate(n=Count("pk")).values("n")
        return (
            super()
            .get_queryset(request)
            .annotate(
                consultation_at=Subquery(standing.values("starts_at")[:1]),
                offer_count=Coalesce(Subquery(counted), 0),
            )
            .order_by(F("left_at").desc(nulls_first=True), "joined_at", "pk")
        )

    @admin.display(description=_("request"))
    def of_request(self, row: WaitlistEntry) -> SafeString:
        return request_link(row.request)

    @admin.display(description=_("has now"))
    def has_now(self, waiting: Any) -> str:
        at = waiting.consultation_at
        return staff_formatting.format_relative_day_and_time(at, timezone.now()) if at else "—"

    @admin.display(description=_("offers"))
    def offered(self, waiting: Any) -> int:
        return waiting.offer_count


@admin.register(EarlierOffer)
class EarlierOfferAdmin(FoundByReference, ReadOnlyAdmin):
    """Every offer, newest first, and how it ended."""

    list_display = [
        "offered_at", "of_request", "starts_at", "mode", "counselor",
        "expires_at", "state", "ended_at",
    ]  # fmt: skip
    list_display_links = None
    list_filter = ["state", "mode", RequestFilter]
    when_empty = _("No earlier time was offered yet. An offer goes out when a time gets free.")
    list_select_related = ["request", "counselor"]
    ordering = ["-offered_at", "-pk"]
    fields = [
        "of_request", "starts_at", "mode", "counselor", "offered_at", "expires_at",
        "state", "ended_at",
    ]  # fmt: skip
    readonly_fields = ["of_request"]
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    @admin.display(description=_("request"))
    def of_request(self, row: WaitlistEntry) -> SafeString:
        return request_link(row.request)
