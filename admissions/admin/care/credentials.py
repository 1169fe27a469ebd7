"""What staff are licensed or certified as: a director enters it, and renews the date."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from admissions.accounts.reauthentication import require_recent_authentication
from admissions.care.models import StaffCredential
from admissions.formatting import user_label
from users.models import User

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class LapsingFilter(admin.SimpleListFilter):
    """Those whose last day is near or over."""

    title = _("last day")
    parameter_name = "last"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> "list[tuple[str, StrOrPromise]]":
        return [("near", _("Within 90 days, or over"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        near = timezone.localdate() + StaffCredential.WARNED_BEFORE
        return queryset.filter(expires_on__lte=near) if self.value() == "near" else queryset


@admin.register(StaffCredential)
@method_decorator(require_recent_authentication, name="changeform_view")
class StaffCredentialAdmin(admin.ModelAdmin):
    """Once somebody has signed with it, only its last day and its issuer change; none goes away."""

    list_display = ["title", "whose", "number", "expires_on", "left"]
    list_select_related = ["user"]
    list_filter = [LapsingFilter]
    search_fields = ["title", "number", "user__first_name", "user__last_name"]
    when_empty = _("Nobody can sign yet. Add what each clinician is licensed or certified as.")
    ordering = ["expires_on", "pk"]
    fields = ["user", "title", "number", "issuer", "expires_on"]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """A trigger of the database keeps these too."""
        return ["user", "title", "number"] if obj else []

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField | None:
        """People who work here, by their names."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "user" and field is not None:
            working = User.objects.filter(is_active=True, is_staff=True)
            field.queryset = working.order_by("first_name", "username")
            # As Django has it done: a label is made by another function.
            field.label_from_instance = user_label  # type: ignore[assignment, method-assign]
        return field

    @admin.display(description=_("whose"), ordering="user__first_name")
    def whose(self, credential: StaffCredential) -> str:
        return user_label(credential.user)

    @admin.display(description=_("warning"))
    def left(self, credential: StaffCredential) -> "StrOrPromise":
        """In words, from 90 days before the last one on."""
        days = credential.days_left(timezone.localdate())
        if days > StaffCredential.WARNED_BEFORE.days:
            return ""
        if days < 0:
            return _("⚠ Expired: they cannot sign with it. Renew it, then change the date here.")
        return "⚠ " + ngettext("%(days)d day left", "%(days)d days left", days) % {"days": days}
