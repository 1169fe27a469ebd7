"""The ledger of emails: what was promised, and what became of it. No bodies are kept."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ..models import Message
from .requests import PAGE


@admin.register(Message)
class MessageLedger(admin.ModelAdmin):
    list_display = ["due_at", "kind", "state", "reason", "tries", "finished_at", "of_request"]
    list_display_links = None
    list_filter = ["state", "kind"]
    list_select_related = ["request"]
    ordering = ["-due_at", "-pk"]
    fields = [
        "of_request", "kind", "state", "reason", "due_at", "tries", "promised_at", "finished_at",
    ]  # fmt: skip
    readonly_fields = ["of_request"]
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    @admin.display(description=_("request"))
    def of_request(self, message):
        address = reverse(PAGE, args=[message.request_id])
        return format_html('<a href="{}">{}</a>', address, message.request.reference)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
