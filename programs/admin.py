"""Where a content editor changes what the public pages say."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from .models import (
    Article,
    ComparisonCell,
    ComparisonRow,
    Credential,
    CrisisLine,
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
from .versioned_text_admin import LanguageChoiceAdmin, VersionedTextAdmin

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@admin.register(Question)
class QuestionAdmin(VersionedTextAdmin):
    list_display = ["question", *VersionedTextAdmin.state_columns, "sort_order", "is_on_home"]
    list_filter = [*VersionedTextAdmin.list_filter, "is_on_home"]
    search_fields = ["question", "answer"]
    prepopulated_fields = {"slug": ["question"]}


@admin.register(Article)
class ArticleAdmin(VersionedTextAdmin):
    list_display = ["title", *VersionedTextAdmin.state_columns, "reviewed_by", "reviewed_on"]
    search_fields = ["title", "body"]
    prepopulated_fields = {"slug": ["title"]}


@admin.register(ProgramText)
class ProgramTextAdmin(VersionedTextAdmin):
    list_display = ["program", *VersionedTextAdmin.state_columns, "reviewed_by", "reviewed_on"]
    list_filter = [*VersionedTextAdmin.list_filter, "program"]
    list_select_related = ["changed_by", "program"]
    search_fields = ["body"]


@admin.register(Page)
class PageAdmin(VersionedTextAdmin):
    list_display = ["title", "slug", *VersionedTextAdmin.state_columns, "effective_on"]
    list_filter = [*VersionedTextAdmin.list_filter, "slug"]
    search_fields = ["title", "body"]


@admin.register(Facility)
class FacilityAdmin(admin.ModelAdmin):
    list_display = ["name", "admissions_line", "promise"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Facility.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


@admin.register(SocialLink)
class SocialLinkAdmin(admin.ModelAdmin):
    list_display = ["name", "url", "is_shown", "sort_order"]


@admin.register(Location)
class LocationAdmin(admin.ModelAdmin):
    list_display = ["name", "address", "time_zone", "is_open"]
    list_filter = ["is_open"]


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

    @admin.display(boolean=True, description=_("on the site today"))
    def is_current(self, membership: Membership) -> bool:
        return membership.is_shown and membership.expires_on >= timezone.localdate()


@admin.register(CrisisLine)
class CrisisLineAdmin(admin.ModelAdmin):
    list_display = ["slug", "situation", "action", "phone", "is_compact", "is_active"]
    list_filter = ["is_active", "is_compact"]


@admin.register(LevelOfCare)
class LevelOfCareAdmin(admin.ModelAdmin):
    list_display = ["code", "name", "scheme", "usual_intensity", "is_offered_here", "is_active"]
    list_filter = ["scheme", "is_offered_here", "is_active"]
    search_fields = ["code", "name"]


class ScheduleInline(admin.TabularInline):
    model = ScheduleRow
    extra = 0


@admin.register(Program)
class ProgramAdmin(admin.ModelAdmin):
    list_display = ["name", "level_of_care", "is_path", "sort_order", "is_published"]
    list_select_related = ["level_of_care"]
    list_filter = ["is_published"]
    search_fields = ["name", "summary"]
    inlines = [ScheduleInline]


class CellInline(admin.TabularInline):
    model = ComparisonCell
    extra = 0


@admin.register(ComparisonRow)
class ComparisonRowAdmin(admin.ModelAdmin):
    list_display = ["label", "sort_order"]
    search_fields = ["label"]
    inlines = [CellInline]


@admin.register(Translation)
class TranslationAdmin(LanguageChoiceAdmin):
    list_display = ["english", "text", "language"]
    list_filter = ["language"]
    search_fields = ["english", "text"]
