"""Who waits for something sooner, and what became of every offer. To read: nothing is edited."""

from django.contrib import admin
from django.db.models import Count, F, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions import staff_formatting
from admissions.admin.links import request_link
from admissions.admin.read_only_admin import ReadOnlyAdmin
from admissions.scheduling.models import Consultation, EarlierOffer, WaitlistEntry


class WaitingNowFilter(admin.SimpleListFilter):
    """Those who wait now, unless the history is asked for."""

    title = _("who")
    parameter_name = "who"

    def lookups(self, request, model_admin):
        return [("all", _("Everyone who ever waited"))]

    def choices(self, changelist):
        first, *rest = super().choices(changelist)
        yield first | {"display": _("Waiting now")}
        yield from rest

    def queryset(self, request, queryset):
        return queryset if self.value() == "all" else queryset.open()


@admin.register(WaitlistEntry)
class WaitingAdmin(ReadOnlyAdmin):
    """First come first; those who left stand below, the latest first."""

    list_display = ["joined_at", "of_request", "has_now", "offered", "left_at", "left_because"]
    list_display_links = None
    list_filter = [WaitingNowFilter]
    list_select_related = ["request"]
    fields = ["of_request", "joined_at", "left_at", "left_because"]
    readonly_fields = ["of_request"]
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def get_queryset(self, request):
        standing = Consultation.objects.standing().filter(request=OuterRef("request"))
        return (
            super()
            .get_queryset(request)
            .annotate(
                consultation_at=Subquery(standing.values("starts_at")[:1]),
                offer_count=Count("offers"),
            )
            .order_by(F("left_at").desc(nulls_first=True), "joined_at", "pk")
        )

    @admin.display(description=_("request"))
    def of_request(self, row):
        return request_link(row.request)

    @admin.display(description=_("has now"))
    def has_now(self, waiting):
        at = waiting.consultation_at
        return staff_formatting.format_relative_day_and_time(at, timezone.now()) if at else "—"

    @admin.display(description=_("offers"))
    def offered(self, waiting):
        return waiting.offer_count


@admin.register(EarlierOffer)
class EarlierOfferAdmin(ReadOnlyAdmin):
    """Every offer, newest first, and how it ended."""

    list_display = [
        "offered_at", "of_request", "starts_at", "mode", "counselor",
        "expires_at", "state", "ended_at",
    ]  # fmt: skip
    list_display_links = None
    list_filter = ["state", "mode"]
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
    def of_request(self, row):
        return request_link(row.request)
