"""Lists to read: holds, disclosures, and certificates of what was removed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from admissions import formatting
from admissions.admin.pagination import KeyedPaginator
from admissions.admin.read_only_admin import InForceFilter, ReadOnlyAdmin
from admissions.admin.reference_filter import FoundByReference, RequestFilter
from admissions.care.models import Referral
from admissions.privacy.models import Disclosure, LegalHold, RemovalCertificate

from .links import privacy_link

MAX_UNSTATED = 20


class PrivacyRecordAdmin(FoundByReference, ReadOnlyAdmin):
    """Newest first; a row leads to the privacy page of its request."""

    sortable_by = ()
    paginator = KeyedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None
    readonly_fields = ["of_request"]

    @admin.display(description=_("request"))
    def of_request(self, row: Any) -> SafeString:
        return privacy_link(row.request)


@admin.register(LegalHold)
class LegalHoldAdmin(PrivacyRecordAdmin):
    list_display_links = None
    list_display = ["of_request", "placed_at", "who", "reason", "lifted_at", "lift_reason"]
    list_filter = [InForceFilter, RequestFilter]
    when_empty = _("No hold keeps anything. Place one on the privacy page of a request.")
    list_select_related = ["request", "placed_by"]
    ordering = ["-placed_at", "-pk"]
    fields = ["of_request", "placed_at", "who", "reason", "lifted_at", "lift_reason"]
    readonly_fields = ["of_request", "who"]

    @admin.display(description=_("placed by"))
    def who(self, row: LegalHold) -> str:
        return formatting.staff_name(row.placed_by)


@admin.register(Disclosure)
class DisclosureAdmin(PrivacyRecordAdmin):
    """The accounting, with the referrals of which nobody has said yet on what basis."""

    list_display_links = None
    list_display = ["disclosed_at", "of_request", "to_whom", "told", "purpose", "basis", "who"]
    list_filter = ["basis", RequestFilter]
    list_title = _("Accounting of disclosures")
    when_empty = _("Nobody outside was told anything yet.")
    list_select_related = ["request", "recorded_by"]
    ordering = ["-disclosed_at", "-pk"]
    fields = ["disclosed_at", "of_request", "to_whom", "told", "purpose", "basis", "who"]
    readonly_fields = ["of_request", "told", "who"]
    change_list_template = "admin/admissions/disclosure/list.html"

    @admin.display(description=_("what was told"))
    def told(self, row: Disclosure) -> str:
        return ", ".join(row.category_names)

    @admin.display(description=_("recorded by"))
    def who(self, row: Disclosure) -> str:
        return formatting.staff_name(row.recorded_by) if row.recorded_by else str(_("The system"))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        unstated = Referral.objects.filter(disclosure=None, request__anonymized_at=None)
        newest = unstated.select_related("request").order_by("-made_at", "-pk")[:MAX_UNSTATED]
        shown = [(each.made_at, privacy_link(each.request)) for each in newest]
        return super().changelist_view(request, {"unstated": shown, **(extra_context or {})})


@admin.register(RemovalCertificate)
class RemovalCertificateAdmin(PrivacyRecordAdmin):
    list_display = ["removed_at", "of_request", "because", "values"]
    list_filter = ["rule", RequestFilter]
    when_empty = _("Nothing was removed yet. What is due by the periods goes every night.")
    list_select_related = ["request", "removed_by"]
    ordering = ["-removed_at", "-pk"]
    fields = ["removed_at", "of_request", "because", "values", "of_what"]
    readonly_fields = ["of_request", "because", "values", "of_what"]
    list_display_links = ["removed_at"]

    @admin.display(description=_("why"))
    def because(self, row: RemovalCertificate) -> str:
        if row.removed_by is None:
            return row.get_rule_display()
        who = formatting.staff_name(row.removed_by)
        return str(_("Asked for; ordered by %(who)s") % {"who": who})

    @admin.display(description=_("values removed"))
    def values(self, row: RemovalCertificate) -> int:
        return row.total

    @admin.display(description=_("of what"))
    def of_what(self, row: RemovalCertificate) -> SafeString:
        lines = ((name, count) for name, count in sorted(row.emptied.items()))
        return format_html_join(format_html("<br>{}", ""), "{}: {}", lines)
