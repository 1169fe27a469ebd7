"""Colleagues: their names, roles and passwords; and whom someone who leaves has promised a talk."""

from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import ManyToManyField
from django.forms import BaseFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from admissions.accounts import two_factor, user_management
from admissions.accounts.forms import BoundedPasswords
from admissions.accounts.reauthentication import require_recent_authentication
from admissions.accounts.staff_request import StaffRequest
from admissions.admin.read_only_admin import ReadOnlyAdmin
from admissions.admin.scheduling import absences
from admissions.admin.staff_requests import as_staff
from users.models import User

admin.site.unregister(Group)
# allauth's own tables: the pages of signing in keep factors, and addresses go unused.
for model in (Authenticator, EmailAddress):
    admin.site.unregister(model)

BASIC_FIELDSETS = [
    (None, {"fields": ("username", "password")}),
    (gettext_lazy("Who"), {"fields": ("first_name", "last_name", "email")}),
    (gettext_lazy("What they may do"), {"fields": ("is_active", "is_staff", "groups")}),
]
OWN_READONLY_FIELDS = ("is_active", "is_staff", "groups")


class NewPersonForm(BoundedPasswords, AdminUserCreationForm):
    """A colleague who begins."""


class TheirPasswordForm(BoundedPasswords, AdminPasswordChangeForm):
    """A new password for a colleague."""


@admin.register(User)
@method_decorator(require_recent_authentication, name="changeform_view")
class StaffUserAdmin(UserAdmin):
    """A director keeps names and roles; more than that only a superuser may give."""

    list_display = ("username", "first_name", "last_name", "is_active", "is_superuser")
    list_filter = ("is_active", "groups")
    add_form = NewPersonForm
    change_password_form = TheirPasswordForm

    def get_urls(self) -> list[URLPattern]:
        remove = self.admin_site.admin_view(
            require_POST(require_recent_authentication(self.remove_factor_view))
        )
        return [
            path("<int:pk>/factor/", remove, name="users_user_remove_factor"),
            *super().get_urls(),
        ]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        is_plain = obj is not None and not request.user.is_superuser
        return BASIC_FIELDSETS if is_plain else super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Nobody gives themselves a role."""
        is_own = obj is not None and obj.pk == request.user.pk and not request.user.is_superuser
        return OWN_READONLY_FIELDS if is_own else ("last_login", "date_joined")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or user_management.may_change_user(as_staff(request).user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """What they did stays theirs: who leaves is made inactive."""
        return False

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelMultipleChoiceField | None:
        if db_field.name == "groups":
            kwargs["queryset"] = user_management.assignable_roles(as_staff(request).user).order_by(
                "name"
            )
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @method_decorator(require_recent_authentication)
    @transaction.atomic
    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        return super().user_change_password(request, id, form_url)

    def remove_factor_view(self, request: StaffRequest, pk: int) -> HttpResponse:
        """They lost phone and codes: at the next sign-in they set up an app anew."""
        user = get_object_or_404(User, pk=pk)
        if not self.has_change_permission(request, user) or user == request.user:
            raise PermissionDenied
        if two_factor.remove_factors(user_id=user.pk, by=request.user):
            messages.success(request, _("Removed. At the next sign-in they set up an app anew."))
        return redirect(reverse("admin:users_user_change", args=[user.pk]))

    def save_model(self, request: HttpRequest, obj: User, form: forms.Form, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if hasattr(obj, "counselor"):
            absences.warn_of_gaps(request, obj.counselor)

    # Names and events of the audit, where Django has entries of its own log.
    def construct_change_message(  # type: ignore[override]
        self,
        request: HttpRequest,
        form: forms.Form,
        formsets: Iterable[BaseFormSet],
        add: bool = False,
    ) -> list[str]:
        """The names of what changed, for the two below."""
        return list(form.changed_data)

    def log_addition(  # type: ignore[override]
        self, request: HttpRequest, obj: User, message: list[str]
    ) -> None:
        user_management.record_user_added(user=obj, by=as_staff(request).user)

    def log_change(  # type: ignore[override]
        self, request: HttpRequest, obj: User, message: list[str]
    ) -> None:
        if message:
            by = as_staff(request).user
            user_management.record_user_changed(user=obj, by=by, fields=message)


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin, GroupAdmin):
    """What a role may do, for a superuser to read; `manage.py sync_roles` alone changes it."""
