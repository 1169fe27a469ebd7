"""The admin of what is looked at and never typed in: services alone write it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.admin.filters import _ListFilterChoices
    from django_stubs_ext import StrOrPromise


class ReadOnlyAdmin(admin.ModelAdmin):
    """Django's forms add, change and delete nothing here; who may look, roles say."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class InForceFilter(admin.SimpleListFilter):
    """Rows that were not lifted (`lifted_at`), unless the history is asked for."""

    title = _("which")
    parameter_name = "which"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> "list[tuple[str, StrOrPromise]]":
        return [("all", _("Every one that ever was"))]

    def choices(self, changelist: ChangeList) -> "Iterator[_ListFilterChoices]":
        first, *rest = super().choices(changelist)
        yield {**first, "display": _("In force")}
        yield from rest

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset if self.value() == "all" else queryset.filter(lifted_at=None)
