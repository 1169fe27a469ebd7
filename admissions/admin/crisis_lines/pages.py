"""The form of a line with its words in each language; saving it asks a second person."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import PermissionDenied
from django.db.models import Field, Model
from django.forms import BaseFormSet, ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from admissions import formatting, staff_formatting
from admissions.accounts.staff_request import StaffRequest
from admissions.admin.accounts import second_person
from admissions.admin.staff_requests import as_staff
from admissions.crisis_lines import changes
from admissions.exceptions import ActionNotAllowed
from admissions.form_fields import PlainTextField
from programs.models import CrisisLine, CrisisLineChange
from programs.translatable_fields import has_words
from users.models import User

LONGEST_TRANSLATION = 300
CHANGES = "admin:programs_crisisline_changes"
COLUMNS = (
    "slug", "situation", "action", "phone", "sms", "sms_words", "note", "languages", "hours",
    "is_compact", "compact_situation", "compact_action", "is_fallback", "sort_order", "is_active",
)  # fmt: skip


def words_field(name: str, language: str) -> str:
    return f"{name}_{language}"


class CrisisLineForm(ModelForm):
    """A line, and below each of its texts the same in every other language."""

    class Meta:
        model = CrisisLine
        fields = COLUMNS

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for language in changes.OTHER_LANGUAGES:
            for name in changes.SPOKEN:
                field = words_field(name, language)
                if has_words(data.get(name) or "") and not data.get(field):
                    self.add_error(field, _("A crisis line needs its words in every language."))
        return data


def name_of(column: str) -> str:
    """What the desk calls a column of a line."""
    return capfirst(str(cast(Field, CrisisLine._meta.get_field(column)).verbose_name))


def make_words_fields() -> dict[str, PlainTextField]:
    """The fields of the other languages, by name."""
    names = dict(settings.LANGUAGES)
    found = {}
    for name in changes.SPOKEN:
        label = name_of(name)
        for language in changes.OTHER_LANGUAGES:
            found[words_field(name, language)] = PlainTextField(
                label=f"{label}: {names[language]}",
                max_length=LONGEST_TRANSLATION,
                required=False,
                widget=AdminTextInputWidget(attrs={"lang": language}),
            )
    return found


@admin.register(CrisisLine)
class CrisisLineAdmin(admin.ModelAdmin):
    """Nobody deletes a line, and nobody changes one alone."""

    form = CrisisLineForm
    list_display = ["slug", "situation", "action", "phone", "is_compact", "is_active"]
    list_filter = ["is_active", "is_compact"]
    search_fields = ["situation", "action", "phone"]
    actions = None
    change_form_template = "admin/programs/crisisline/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        page = require_safe(partial(changes_view, admin_site=self.admin_site))
        decide = require_POST(decide_view)
        return [
            path("changes/", self.admin_site.admin_view(page), name="programs_crisisline_changes"),
            path(
                "changes/<int:pk>/",
                self.admin_site.admin_view(decide),
                name="programs_crisisline_decide",
            ),
            *super().get_urls(),
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm]:
        """With a field more for each text and language, which shows what visitors read now."""
        made = make_words_fields()
        for language in changes.OTHER_LANGUAGES:
            known = changes.current_words(language) if obj else {}
            for name in changes.SPOKEN:
                field = words_field(name, language)
                made[field].initial = known.get(getattr(obj, name), "") if obj else ""
        base = type("CrisisLineWordsForm", (CrisisLineForm,), {"__module__": __name__, **made})
        return super().get_form(request, obj, change, **(kwargs | {"form": base, "fields": None}))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list:
        found: list[str] = []
        for name in COLUMNS:
            found.append(name)
            if name in changes.SPOKEN:
                found += [words_field(name, language) for language in changes.OTHER_LANGUAGES]
        return found

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Its short name is what the database knows a guarded line by."""
        return ["slug"] if obj else []

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        line = self.get_object(request, object_id)
        waits = line is not None and line.changes.filter(outcome="").exists()
        return super().change_view(
            request, object_id, form_url, {"waits": waits, **(extra_context or {})}
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing is saved here: a second person is asked."""
        values = {name: form.cleaned_data[name] for name in form.cleaned_data if name in COLUMNS}
        try:
            asked = changes.ask(
                by=as_staff(request).user,
                line_id=obj.pk if change else None,
                values=values,
                translations=read_words(form.cleaned_data, obj),
            )
        except ActionNotAllowed as refused:
            raise PermissionDenied from refused
        if asked is None:
            messages.info(request, _("Nothing is different."))
        else:
            messages.warning(
                request, _("Asked. The line stays as it is until a second person approves it.")
            )

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Iterable[BaseFormSet], change: bool
    ) -> None:
        """A line has nothing that hangs on it."""

    # The service has recorded it.
    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:  # type: ignore[override]
        pass

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:  # type: ignore[override]
        pass

    def response_add(
        self, request: HttpRequest, obj: Model, post_url_continue: str | None = None
    ) -> HttpResponse:
        return redirect("admin:programs_crisisline_changelist")

    def response_change(self, request: HttpRequest, obj: Model) -> HttpResponse:
        return redirect("admin:programs_crisisline_changelist")


def read_words(data: dict[str, Any], line: CrisisLine) -> changes.Words:
    """By language, the words that were typed for each text of the line."""
    return {
        language: {
            getattr(line, name): data[words_field(name, language)] for name in changes.SPOKEN
        }
        for language in changes.OTHER_LANGUAGES
    }


@dataclass(frozen=True)
class AskedLine:
    """A change that waits, in words, and whether the reader may decide it."""

    change: CrisisLineChange
    slug: str
    asked_by: str
    asked_at: str
    columns: list[tuple[str, str, str]]
    words: list[tuple[str, str, str]]
    may_decide: bool


def describe_change(change: CrisisLineChange, *, by: User) -> AskedLine:
    line = change.line or CrisisLine()
    return AskedLine(
        change=change,
        slug=line.slug or change.columns.get("slug", ""),
        asked_by=formatting.staff_name(change.asked_by),
        asked_at=staff_formatting.format_date_and_time(change.asked_at),
        columns=[
            (name_of(name), show(getattr(line, name)) if change.line else "", show(value))
            for name, value in change.columns.items()
        ],
        words=[
            (str(dict(settings.LANGUAGES)[language]), english, text)
            for language, words in change.translations.items()
            for english, text in words.items()
        ],
        may_decide=changes.may_decide(by, change),
    )


def show(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value) or "-"


def changes_view(request: StaffRequest, *, admin_site: admin.AdminSite) -> HttpResponse:
    """What waits; buttons for those who may decide it."""
    if not request.user.has_perm(changes.DECIDE):
        raise PermissionDenied
    waiting = CrisisLineChange.objects.filter(outcome="").order_by("asked_at", "pk")
    context = {
        **admin_site.each_context(request),
        "title": _("Crisis lines to check"),
        "rows": [
            describe_change(each, by=request.user)
            for each in waiting.select_related("line", "asked_by")
        ],
    }
    return TemplateResponse(request, "admin/programs/crisisline/changes.html", context)


def decide_view(request: StaffRequest, pk: int) -> HttpResponse:
    """Makes the change or declines it, or says why not."""
    if not request.user.has_perm(changes.DECIDE):
        raise PermissionDenied
    return second_person.decide(
        request, pk, approve=changes.approve, decline=changes.decline, back=CHANGES
    )
