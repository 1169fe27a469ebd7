"""Languages in the lists and forms of content: named, chosen, and behind their English."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class LanguageChoiceAdmin(admin.ModelAdmin):
    """Offers the site's languages, without a migration for each new one."""

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        if db_field.name == "language":
            kwargs["widget"] = forms.Select(choices=settings.LANGUAGES)
        return super().formfield_for_dbfield(db_field, request, **kwargs)


def name_language(code: str) -> str:
    """A language of the site in English: "Spanish"."""
    return str(dict(settings.LANGUAGES).get(code, code))


class LanguageFilter(admin.SimpleListFilter):
    """By language, in words."""

    title = _("language")
    parameter_name = "language"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> "list[tuple[str, StrOrPromise]]":
        return list(settings.LANGUAGES)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(language=self.value()) if self.value() else queryset


class BehindFilter(admin.SimpleListFilter):
    """Texts whose English was published after them."""

    title = _("translation")
    parameter_name = "translation"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> "list[tuple[str, StrOrPromise]]":
        return [("behind", _("behind its English"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(is_behind=True) if self.value() == "behind" else queryset


class OutdatedFilter(BehindFilter):
    """Translations of a line whose English has changed since."""

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.exclude(translated_from="") if self.value() == "behind" else queryset
