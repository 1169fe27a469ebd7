"""When nobody could be talked to within a day, and how many people asked meanwhile."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions import staff_formatting
from admissions.admin.pagination import KeyedPaginator
from admissions.admin.read_only_admin import ReadOnlyAdmin
from admissions.intake.demand import annotate_demand
from admissions.scheduling.models import Shortage


@admin.register(Shortage)
class ShortageAdmin(ReadOnlyAdmin):
    """One row per stretch without a phone time in the next 24 hours; kept by a task."""

    list_display = ["since", "until", "lasted", "language", "requests_meanwhile"]
    list_display_links = None
    list_filter = ["language"]
    list_title = _("Unmet demand: no phone time within 24 hours")
    when_empty = _("A phone time was free within 24 hours at every moment so far.")
    sortable_by = ()
    paginator = KeyedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return annotate_demand(super().get_queryset(request))

    @admin.display(description=_("since"))
    def since(self, shortage: Shortage) -> str:
        return staff_formatting.format_date_and_time(shortage.began_at)

    # Its stubs know no lazy text here.
    @admin.display(description=_("until"), empty_value=_("still so"))  # type: ignore[call-overload]
    def until(self, shortage: Shortage) -> str | None:
        ended_at = shortage.ended_at
        return staff_formatting.format_date_and_time(ended_at) if ended_at else None

    @admin.display(description=_("lasted"))
    def lasted(self, shortage: Shortage) -> str:
        return staff_formatting.format_duration(shortage.lasted(now=timezone.now()))

    @admin.display(description=_("people who asked for us"))
    def requests_meanwhile(self, shortage: Any) -> int:
        return shortage.requests_meanwhile
