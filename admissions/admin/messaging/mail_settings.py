"""Where alarms go, and the name of discreet emails."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from admissions.messaging.models import MailSettings


@admin.register(MailSettings)
class MailSettingsAdmin(admin.ModelAdmin):
    """The one row, made with the site."""

    fields = ["staff_email", "on_call_email", "discreet_sender_name"]
    list_display = ["__str__", "staff_email", "on_call_email", "discreet_sender_name"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
