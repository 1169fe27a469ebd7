"""Where a content editor changes what the public pages say."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models import QuerySet
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from . import missing_translations, translatable_fields
from .language_admin import LanguageChoiceAdmin, LanguageFilter, OutdatedFilter, name_language
from .models import (
    Article,
    ComparisonCell,
    ComparisonRow,
    Credential,
    Facility,
    LevelOfCare,
    Location,
    Membership,
    Page,
    Program,
    ProgramText,
    Question,
    ScheduleRow,
    SocialLink,
    Translation,
)
from .versioned_text_admin import VersionedTextAdmin

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class ReviewFilter(admin.SimpleListFilter):
    """Narrows the list of texts to those that wait for a review."""

    title = _("review")
    parameter_name = "review"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> "list[tuple[str, StrOrPromise]]":
        return [("missing", _("nobody has reviewed it"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "missing":
            return queryset.filter(reviewed_by="", is_withdrawn=False)
        return queryset


@admin.register(Question)
class QuestionAdmin(VersionedTextAdmin):
    list_display = ["question", *VersionedTextAdmin.state_columns, "sort_order", "is_on_home"]
    list_filter = [*VersionedTextAdmin.list_filter, "is_on_home"]
    search_fields = ["question", "answer"]


@admin.register(Article)
class ArticleAdmin(VersionedTextAdmin):
    list_display = ["title", *VersionedTextAdmin.state_columns, "reviewed_by", "reviewed_on"]
    list_filter = [*VersionedTextAdmin.list_filter, ReviewFilter]
    search_fields = ["title", "body"]


@admin.register(ProgramText)
class ProgramTextAdmin(VersionedTextAdmin):
    list_display = ["program", *VersionedTextAdmin.state_columns, "reviewed_by", "reviewed_on"]
    list_filter = [*VersionedTextAdmin.list_filter, ReviewFilter, "program"]
    list_select_related = ["changed_by", "program"]
    search_fields = ["body"]


@admin.register(Page)
class PageAdmin(VersionedTextAdmin):
    list_display = ["title", "slug", *VersionedTextAdmin.state_columns, "effective_on"]
    list_filter = [*VersionedTextAdmin.list_filter, ReviewFilter, "slug"]
    search_fields = ["title", "body"]


class TranslatedLinesAdmin(admin.ModelAdmin):
    """Rows whose short lines have translations, which follow a line that changes."""

    def save_related(
        self,
        request: HttpRequest,
        form: ModelForm,
        formsets: Iterable[BaseModelFormSet],
        change: bool,
    ) -> None:
        """Django's last step of saving: the row is there, and what hangs on it."""
        super().save_related(request, form, formsets, change)
        forms = [form, *(each for formset in formsets for each in formset.forms)]
        lines = {line for each in forms for line in translatable_fields.carry_translations(each)}
        count = len(lines & translatable_fields.lines_in_english())
        if count:
            messages.warning(request, missing_message(count))


def missing_message(count: int) -> str:
    """What the change has done to visitors of another language, and where that is mended."""
    told = ngettext(
        "Visitors of another language read %(count)d changed line in English for now.",
        "Visitors of another language read %(count)d changed lines in English for now.",
        count,
    )
    url = reverse("admin:programs_translation_missing")
    words = told % {"count": count}
    return format_html('{} <a href="{}">{}</a>', words, url, _("Translations to write"))


@admin.register(Facility)
class FacilityAdmin(TranslatedLinesAdmin):
    list_display = ["name", "admissions_line", "promise"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Facility.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


@admin.register(SocialLink)
class SocialLinkAdmin(admin.ModelAdmin):
    list_display = ["name", "url", "is_shown", "sort_order"]
    list_filter = ["is_shown"]
    search_fields = ["name"]
    when_empty = _("The foot of the pages links to no page elsewhere yet.")


@admin.register(Location)
class LocationAdmin(TranslatedLinesAdmin):
    list_display = ["name", "address", "time_zone", "is_open"]
    list_filter = ["is_open"]
    search_fields = ["name", "city"]


@admin.register(Credential)
class CredentialAdmin(admin.ModelAdmin):
    list_display = ["__str__", "location", "expires_on", "expiry", "is_shown"]
    list_select_related = ["location"]
    list_filter = ["kind", "is_shown"]
    search_fields = ["number"]
    readonly_fields = ["expiry"]
    date_hierarchy = "expires_on"

    @admin.display(description=_("warning"))
    def expiry(self, credential: Credential) -> "StrOrPromise":
        """In words, from 90 days before the expiry on."""
        if credential.pk is None or credential.warning(timezone.localdate()) is None:
            return ""
        days = credential.days_left(timezone.localdate())
        if days < 0:
            return _("⚠ Expired. Renew it, then change the date here.")
        return "⚠ " + ngettext("%(days)d day left", "%(days)d days left", days) % {"days": days}


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):
    list_display = ["name", "expires_on", "is_current", "is_shown"]
    list_filter = ["is_shown"]
    search_fields = ["name"]
    when_empty = _("Add a body that the center belongs to, with its last day; then pages show it.")

    @admin.display(boolean=True, description=_("on the site today"))
    def is_current(self, membership: Membership) -> bool:
        return membership.is_shown and membership.expires_on >= timezone.localdate()


@admin.register(LevelOfCare)
class LevelOfCareAdmin(admin.ModelAdmin):
    list_display = ["code", "name", "scheme", "usual_intensity", "is_offered_here", "is_active"]
    list_filter = ["scheme", "is_offered_here", "is_active"]
    search_fields = ["code", "name"]


class ScheduleInline(admin.TabularInline):
    model = ScheduleRow
    extra = 1


@admin.register(Program)
class ProgramAdmin(TranslatedLinesAdmin):
    list_display = ["name", "level_of_care", "is_path", "sort_order", "is_published"]
    list_select_related = ["level_of_care"]
    list_filter = ["is_published"]
    search_fields = ["name", "summary"]
    inlines = [ScheduleInline]


class CellInline(admin.TabularInline):
    model = ComparisonCell
    extra = 1


@admin.register(ComparisonRow)
class ComparisonRowAdmin(TranslatedLinesAdmin):
    list_display = ["label", "sort_order"]
    search_fields = ["label"]
    inlines = [CellInline]


def is_of_crisis_line(translation: models.Model | None) -> bool:
    return (
        isinstance(translation, Translation)
        and translation.english in translatable_fields.crisis_line_lines()
    )


class TranslationForm(ModelForm):
    def clean_english(self) -> str:
        english = self.cleaned_data["english"]
        if english in translatable_fields.crisis_line_lines():
            raise ValidationError(_("This belongs to a crisis line. Write it on the line's page."))
        return english


@admin.register(Translation)
class TranslationAdmin(LanguageChoiceAdmin):
    """Saving a translation says that it fits the English line as it stands."""

    form = TranslationForm
    list_display = ["english", "text", "language_name", "is_current"]
    list_filter = [LanguageFilter, OutdatedFilter]
    search_fields = ["english", "text"]
    change_list_template = "admin/programs/translations.html"

    @admin.display(description=_("language"), ordering="language")
    def language_name(self, translation: Translation) -> str:
        return name_language(translation.language)

    @admin.display(boolean=True, description=_("of this English"))
    def is_current(self, translation: Translation) -> bool:
        return not translation.translated_from

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """The words of crisis lines change with the line, by two people."""
        return super().has_change_permission(request, obj) and not is_of_crisis_line(obj)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not is_of_crisis_line(obj)

    def get_readonly_fields(
        self, request: HttpRequest, obj: models.Model | None = None
    ) -> list[str]:
        is_outdated = isinstance(obj, Translation) and obj.translated_from
        return ["translated_from"] if is_outdated else []

    def save_model(
        self, request: HttpRequest, obj: Translation, form: ModelForm, change: bool
    ) -> None:
        obj.translated_from = ""
        super().save_model(request, obj, form, change)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_safe(self.missing_view))
        return [path("missing/", view, name="programs_translation_missing"), *super().get_urls()]

    def missing_view(self, request: HttpRequest) -> TemplateResponse:
        """What visitors of each other language still read in English."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        missing = missing_translations.find_missing()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Translations to write"),
            "missing": missing,
            "count": sum(map(len, missing.values())),
        }
        return TemplateResponse(request, "admin/programs/missing_translations.html", context)
