"""Where long texts are written: a draft, its preview, and the versions before it."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Case, OuterRef, QuerySet, Subquery, When
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from users.models import User

from . import missing_translations, previews, versioning
from .diff import diff_lines
from .language_admin import BehindFilter, LanguageChoiceAdmin, LanguageFilter, name_language
from .models import VersionedText
from .models.versions import VersionQuerySet
from .readability import readability_warnings
from .versioned_text_form import VersionedTextForm, author_label

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MAX_VERSIONS = 20
AdminView = Callable[..., HttpResponse]


class EditorRequest(HttpRequest):
    """A request behind the desk's door: its user is a person."""

    user: User


class VersionedTextAdmin(LanguageChoiceAdmin):
    """Saving makes or changes a draft; publishing, going back and taking off are acts."""

    form = VersionedTextForm
    change_form_template = "admin/programs/text.html"
    list_filter = [LanguageFilter, "is_published", BehindFilter]
    list_select_related = ["changed_by"]
    state_columns = ["language_name", "state", "changed_at", "who_changed"]

    def get_urls(self) -> list[URLPattern]:
        name = f"programs_{self.opts.model_name}"
        shown: dict[str, AdminView] = {"versions": self.versions_view, "preview": self.preview_view}
        acts: dict[str, AdminView] = {
            "publish": self.publish_view,
            "take_up": self.restore_view,
            "withdraw": self.withdraw_view,
            "still_right": self.confirm_view,
            "throw_away": self.discard_view,
        }
        views = {each: require_safe(view) for each, view in shown.items()}
        views |= {each: require_POST(view) for each, view in acts.items()}
        return [
            path(
                f"<int:pk>/{each.replace('_', '-')}/",
                self.admin_site.admin_view(view),
                name=f"{name}_{each}",
            )
            for each, view in views.items()
        ] + super().get_urls()

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """The list has one line for each text; an address may name any version."""
        texts = cast(VersionQuerySet, super().get_queryset(request))
        match = request.resolver_match
        if match and match.url_name and match.url_name.endswith("_changelist"):
            same = {field: OuterRef(field) for field in self.model.TEXT_IDENTITY}
            live = self.model.objects.published().filter(**same).values("version")
            behind = missing_translations.texts_behind(self.model)
            texts = texts.newest().annotate(
                live=Subquery(live[:1]),
                is_behind=Case(When(pk__in=list(behind), then=True), default=False),
            )
        return texts

    @admin.display(description=_("language"), ordering="language")
    def language_name(self, text: VersionedText) -> str:
        return name_language(text.language)

    @admin.display(description=_("where it stands"))
    def state(self, text: Any) -> "StrOrPromise":
        """In words, with a mark where the English was published after it."""
        if not text.is_behind:
            return self.describe_state(text)
        behind = said("%(language)s is behind") % {"language": name_language(text.language)}
        return format_html('{} <b class="tag care">{}</b>', self.describe_state(text), behind)

    def describe_state(self, text: Any) -> "StrOrPromise":
        words = {"version": text.version, "live": text.live}
        if text.is_withdrawn:
            return _("Taken off the site")
        if text.is_published:
            return said("On the site, version %(version)s") % words
        if text.live:
            return said("Draft %(version)s; version %(live)s is on the site") % words
        return said("Draft %(version)s, not on the site") % words

    @admin.display(description=_("changed by"))
    def who_changed(self, text: VersionedText) -> str:
        return author_label(text.changed_by)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """What was published stays; a draft is thrown away from its versions."""
        return False

    def get_readonly_fields(
        self, request: HttpRequest, obj: models.Model | None = None
    ) -> list[str]:
        keys = [name.removesuffix("_id") for name in self.model.TEXT_IDENTITY]
        return [*super().get_readonly_fields(request, obj), *(keys if obj else [])]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """An older version is only to be looked at; what is typed over one is kept on the page."""
        text = self.get_object(request, object_id)
        if text and request.method == "GET" and text.pk != text.versions.first().pk:
            return HttpResponseRedirect(self.page_url("versions", text))
        extra = {"lag": self.describe_lag(text)} if text else {}
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def describe_lag(self, text: VersionedText) -> dict[str, Any]:
        """What the English published after this text is, and where; empty if there is none."""
        english = missing_translations.texts_behind(self.model).get(text.pk)
        if english is None:
            return {}
        return {
            "language": name_language(text.language),
            "when": english.published_at,
            "english": self.page_url("versions", english),
            # A draft is published instead.
            "confirm": self.page_url("still_right", text) if text.is_published else "",
        }

    def save_model(
        self, request: HttpRequest, obj: VersionedText, form: ModelForm, change: bool
    ) -> None:
        seen = parse_datetime(form.cleaned_data["seen"]) if change else None
        had_review = bool(getattr(obj, "reviewed_by", ""))
        versioning.save_draft(text=obj, by=cast(EditorRequest, request).user, seen=seen)
        if had_review and not getattr(obj, "reviewed_by", ""):
            messages.warning(
                request,
                _(
                    "The review was of other words, so it was taken out. Enter it again once"
                    " these words have been read."
                ),
            )

    def response_add(
        self, request: HttpRequest, obj: VersionedText, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self.after_saving(request, obj)

    def response_change(self, request: HttpRequest, obj: VersionedText) -> HttpResponse:
        return self.after_saving(request, obj)

    def after_saving(self, request: HttpRequest, text: VersionedText) -> HttpResponse:
        for words in readability_warnings(text):
            messages.warning(request, words)
        words = said("Saved as draft %(version)s. Visitors see it once you publish it.")
        messages.success(request, words % {"version": text.version})
        pages = [page for page in ("preview", "versions") if f"_{page}" in request.POST]
        return HttpResponseRedirect(self.page_url(next(iter(pages), "change"), text))

    def versions_view(self, request: HttpRequest, pk: int) -> TemplateResponse:
        """Every version, what changed in each, and what may be done with it."""
        text = self.get_text_or_403(request, pk, self.has_view_permission)
        rows = list(text.versions.select_related("changed_by", "published_by")[: MAX_VERSIONS + 1])
        before = [*rows[1:], None][: len(rows)]
        told = [self.version_row(row, last) for row, last in zip(rows, before, strict=True)]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Versions"),
            "newest": rows[0],
            "live": text.versions.published().first(),
            "warnings": [] if rows[0].is_published else readability_warnings(rows[0]),
            "versions": told[:MAX_VERSIONS],
            "lag": self.describe_lag(rows[0]),
            "may_change": self.has_change_permission(request, text),
            "list": self.page_url("changelist"),
        }
        return TemplateResponse(request, "admin/programs/versions.html", context)

    def version_row(self, row: VersionedText, last: VersionedText | None) -> dict:
        """One version as the page tells of it."""
        acts = ("change", "preview", "publish", "take_up", "withdraw", "throw_away")
        return {
            "row": row,
            "changed_by": author_label(row.changed_by),
            "published_by": author_label(row.published_by),
            "parts": [
                (cast(models.Field, row._meta.get_field(name)).verbose_name, lines)
                for name in row.TEXT_FIELDS
                if (lines := diff_lines(getattr(last, name, ""), getattr(row, name)))
            ]
            if last
            else [],
            "is_first": last is None,
            "to": {act: self.page_url(act, row) for act in acts},
        }

    def preview_view(self, request: HttpRequest, pk: int) -> TemplateResponse:
        """Any version as its page would show it, to those who may see drafts."""
        text = self.get_text_or_403(request, pk, self.has_view_permission)
        return previews.render_preview(
            request, text, back=self.page_url("versions", text), edit=self.page_url("change", text)
        )

    def publish_view(self, request: EditorRequest, pk: int) -> HttpResponse:
        return self.run_action(
            request, pk, self.publish, _("Published. Visitors read it from now on."), "is_published"
        )

    def restore_view(self, request: EditorRequest, pk: int) -> HttpResponse:
        told = _("A draft with these words is ready. Publish it to have it on the site.")
        return self.run_action(request, pk, self.take_up, told, "version")

    def withdraw_view(self, request: EditorRequest, pk: int) -> HttpResponse:
        return self.run_action(
            request, pk, self.withdraw, _("Taken off the site. Its versions stay."), "is_withdrawn"
        )

    def confirm_view(self, request: EditorRequest, pk: int) -> HttpResponse:
        told = _("Noted: these words still fit the English.")
        return self.run_action(request, pk, self.confirm, told, "published_at")

    def discard_view(self, request: EditorRequest, pk: int) -> HttpResponse:
        return self.run_action(request, pk, self.throw_away, _("The draft is thrown away."), "")

    def publish(self, request: EditorRequest, text: VersionedText) -> VersionedText:
        versioning.publish_draft(text=text, by=request.user, seen=submitted_seen_at(request))
        return text

    def take_up(self, request: EditorRequest, text: VersionedText) -> VersionedText:
        return versioning.restore_version(text=text, by=request.user)

    def withdraw(self, request: EditorRequest, text: VersionedText) -> VersionedText:
        return versioning.withdraw_text(text=text, by=request.user)

    def confirm(self, request: EditorRequest, text: VersionedText) -> VersionedText:
        return versioning.confirm_text(text=text, by=request.user)

    def throw_away(self, request: EditorRequest, text: VersionedText) -> VersionedText | None:
        # It goes through the rows of whatever it is given.
        self.log_deletions(request, [text])  # type: ignore[arg-type]
        versioning.discard_draft(text=text, seen=submitted_seen_at(request))
        return text.versions.first()

    def run_action(
        self,
        request: EditorRequest,
        pk: int,
        do: Callable[[EditorRequest, VersionedText], VersionedText | None],
        told: "StrOrPromise",
        field: str,
    ) -> HttpResponse:
        """One act and its record, or a word on why not."""
        text = self.get_text_or_403(request, pk, self.has_change_permission)
        try:
            with transaction.atomic():
                left = do(request, text)
                if left and field:
                    self.log_change(request, left, [field])
        except versioning.EditRefused as refused:
            messages.warning(request, REFUSAL_MESSAGES[type(refused)])
            left = text
        else:
            messages.success(request, told)
        page = self.page_url("versions", left) if left else self.page_url("changelist")
        return HttpResponseRedirect(page)

    def get_text_or_403(
        self,
        request: HttpRequest,
        pk: int,
        is_allowed: Callable[[HttpRequest, VersionedText], bool],
    ) -> VersionedText:
        text = get_object_or_404(self.model, pk=pk)
        if not is_allowed(request, text):
            raise PermissionDenied
        return text

    def page_url(self, page: str, text: VersionedText | None = None) -> str:
        args = [text.pk] if text else []
        return reverse(f"admin:programs_{self.opts.model_name}_{page}", args=args)


REFUSAL_MESSAGES = {
    versioning.EditConflict: _("Someone changed it meanwhile. Look at it once more."),
    versioning.DraftExists: _("There is a draft already. Publish it or throw it away first."),
    versioning.WrongVersionState: _("That was done already, or does not fit this version."),
}


def submitted_seen_at(request: HttpRequest) -> datetime | None:
    try:
        return parse_datetime(request.POST.get("seen", ""))
    except ValueError:
        return None
