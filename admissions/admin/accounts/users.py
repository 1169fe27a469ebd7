"""Colleagues: their names and roles, the links by which they choose a password; and whom someone
who leaves has promised a talk. Nobody sets the password of another."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import ManyToManyField, QuerySet
from django.forms import BaseFormSet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from admissions.accounts import two_factor
from admissions.accounts.colleagues import account_changes, account_links, user_management
from admissions.accounts.colleagues.account_changes import Kind, Wanted
from admissions.accounts.reauthentication import require_recent_authentication
from admissions.accounts.staff_request import StaffRequest
from admissions.admin.read_only_admin import ReadOnlyAdmin
from admissions.admin.scheduling import absences
from admissions.admin.staff_requests import as_staff
from admissions.exceptions import ActionNotAllowed
from admissions.form_fields import PlainEmailField
from admissions.formatting import user_label
from users.models import User

from . import account_changes as change_views
from . import bookable
from .new_colleague import add_colleague_view

admin.site.unregister(Group)
# allauth's own tables: the pages of signing in keep factors, and addresses go unused.
for model in (Authenticator, EmailAddress):
    admin.site.unregister(model)

WHO = ("first_name", "last_name", "email")
ACCESS_FIELDS = ("is_active", "is_staff", "groups")
OWN_READONLY_FIELDS = (*ACCESS_FIELDS, "is_superuser")


class ColleagueForm(forms.ModelForm):
    """What is known of a colleague; `password` is not among it. They have an address, in plain
    ASCII, and nobody else has the same."""

    class Meta:
        model = User
        fields = ("username", *WHO, *OWN_READONLY_FIELDS)
        field_classes = {"email": PlainEmailField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True

    def clean_email(self) -> str:
        """One person, one account: a link goes to whose address it is."""
        email = self.cleaned_data["email"]
        others = User.objects.exclude(pk=self.instance.pk)
        if others.filter(email__iexact=email).exists():
            raise forms.ValidationError(_("A colleague has this address already."), code="taken")
        return email


@admin.register(User)
@method_decorator(require_recent_authentication, name="changeform_view")
class StaffUserAdmin(UserAdmin):
    """A director keeps names and roles; what `account_changes` says takes a second person."""

    list_display = ("name", "username", "email", "role_names", "is_active")
    list_title = gettext_lazy("People")
    add_title = gettext_lazy("Add a colleague")
    list_filter = ("is_active", "groups")
    # Django's own would ask for a password; `add_view` draws ours.
    form = add_form = ColleagueForm
    readonly_fields = ("last_login", "date_joined")

    @admin.display(description=gettext_lazy("name"), ordering="first_name")
    def name(self, user: User) -> str:
        return user_label(user)

    @admin.display(description=gettext_lazy("role"))
    def role_names(self, user: User) -> str:
        return ", ".join(sorted(each.name for each in user.groups.all()))

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_urls(self) -> list[URLPattern]:
        """Without Django's page for another's password."""

        def at(route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
            guarded = self.admin_site.admin_view(require_recent_authentication(view))
            return path(route, guarded, name=f"users_user_{name}")

        changes = partial(change_views.changes_view, admin_site=self.admin_site)
        return [
            path("changes/", self.admin_site.admin_view(changes), name="users_user_changes"),
            at("changes/<int:pk>/", require_POST(change_views.decide_view), "decide"),
            at("<int:pk>/start/", require_POST(bookable.start_view), "start"),
            at("<int:pk>/factor/", require_POST(self.remove_factor_view), "remove_factor"),
            at("<int:pk>/link/", require_POST(self.send_link_view), "send_link"),
            at("<int:pk>/link/revoke/", require_POST(self.revoke_link_view), "revoke_link"),
            *[each for each in super().get_urls() if each.name != "auth_user_password_change"],
        ]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        flag = ("is_superuser",) if request.user.is_superuser else ()
        return [
            (None, {"fields": ("username",)}),
            (gettext_lazy("Who"), {"fields": WHO}),
            (gettext_lazy("What they may do"), {"fields": (*ACCESS_FIELDS, *flag)}),
            (gettext_lazy("Since when"), {"fields": self.readonly_fields}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Nobody gives themselves a role."""
        is_own = obj is not None and obj.pk == request.user.pk
        return (*self.readonly_fields, *OWN_READONLY_FIELDS) if is_own else self.readonly_fields

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
            kwargs["label"] = _("Role")
            kwargs["help_text"] = _("Each role opens its own part of the desk.")
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return add_colleague_view(as_staff(request), admin_site=self.admin_site)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """With what waits for a second person, and the link that is open."""
        user = self.get_object(request, object_id)
        extra: dict[str, Any] = {}
        if user is not None:
            waiting = list(user.account_changes.waiting(now=timezone.now()))
            extra = {
                "waiting": [change_views.describe_change(each) for each in waiting],
                "link_until": change_views.describe_link(user),
                "bookable": bookable.describe_bookable(user, waiting=waiting),
                "has_factor": two_factor.has_factor(user),
                "has_password": user.has_usable_password(),
            }
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def colleague_or_403(self, request: StaffRequest, pk: int) -> User:
        """A colleague whom this person may change; nobody does these things to themselves."""
        user = get_object_or_404(User, pk=pk)
        if not self.has_change_permission(request, user) or user == request.user:
            raise PermissionDenied
        return user

    def remove_factor_view(self, request: StaffRequest, pk: int) -> HttpResponse:
        """They lost phone and codes: a second person is asked."""
        user = self.colleague_or_403(request, pk)
        if two_factor.has_factor(user):
            self.ask(request, user, [Wanted(Kind.FACTOR)])
        return redirect(reverse("admin:users_user_change", args=[user.pk]))

    def send_link_view(self, request: StaffRequest, pk: int) -> HttpResponse:
        user = self.colleague_or_403(request, pk)
        if user.is_active and user.is_staff and user.email:
            account_links.send_link(user_id=user.pk, by=request.user)
            messages.success(request, _("A link is on its way to the address on file."))
        else:
            messages.warning(request, _("They need an email address, and must be let in first."))
        return redirect(reverse("admin:users_user_change", args=[user.pk]))

    def revoke_link_view(self, request: StaffRequest, pk: int) -> HttpResponse:
        user = self.colleague_or_403(request, pk)
        if account_links.revoke_links(user_id=user.pk, by=request.user):
            messages.success(request, _("The link opens nothing any more."))
        return redirect(reverse("admin:users_user_change", args=[user.pk]))

    def ask(self, request: HttpRequest, user: User, wanted: list[Wanted]) -> None:
        """Have a second person decide, and say so."""
        try:
            for each in wanted:
                account_changes.ask(user_id=user.pk, by=as_staff(request).user, wanted=each)
        except ActionNotAllowed as refused:
            raise PermissionDenied from refused
        if wanted:
            messages.warning(
                request,
                _("This takes a second person. Other directors are asked, and have two days."),
            )

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> User:
        """What takes a second person is held back, and asked for once the rest is saved."""
        user = super().save_form(request, form, change)
        chosen = form.cleaned_data.get("groups")
        names = {each.name for each in chosen or user.groups.all()}
        names, form.wanted = account_changes.hold_back(
            by=as_staff(request).user, user=user, groups=names
        )
        if chosen is not None:
            form.cleaned_data["groups"] = chosen.filter(name__in=names)
        return user

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        form.before = User.objects.get(pk=obj.pk)
        form.roles_before = set(user_management.role_names(obj))
        super().save_model(request, obj, form, change)
        if hasattr(obj, "counselor"):
            absences.warn_of_gaps(request, obj.counselor)

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Iterable[BaseFormSet], change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        if form.before.email != form.instance.email:
            account_changes.take_new_email(form.instance, old=form.before.email)
        self.ask(request, form.instance, form.wanted)

    # Names and events of the audit, where Django has entries of its own log.
    def construct_change_message(  # type: ignore[override]
        self,
        request: HttpRequest,
        form: forms.Form,
        formsets: Iterable[BaseFormSet],
        add: bool = False,
    ) -> list[str]:
        """The names of what changed at once, for the two below; not of what waits."""
        user = form.instance  # type: ignore[attr-defined]
        return [name for name in form.changed_data if has_changed(form, user, name)]

    def log_change(  # type: ignore[override]
        self, request: HttpRequest, obj: User, message: list[str]
    ) -> None:
        if message:
            by = as_staff(request).user
            user_management.record_user_changed(user=obj, by=by, fields=message)


def has_changed(form: Any, user: User, name: str) -> bool:
    """Whether a field is another now than before, whatever the form asked for."""
    if name == "groups":
        return set(user_management.role_names(user)) != form.roles_before
    return getattr(user, name) != getattr(form.before, name)


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin, GroupAdmin):
    """What a role may do, for a superuser to read; `manage.py sync_roles` alone changes it."""
