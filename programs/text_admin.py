"""Where long texts are written: a draft, its preview, and the versions before it."""

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from . import editing, previews
from .differences import changed_lines
from .models import Article, Page, ProgramText, Question
from .plain_words import HIGHEST_GRADE, avoided, reading_grade

MOST_VERSIONS = 20


class ChoosesLanguage:
    """Offers the site's languages, without a migration for each new one."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "language":
            kwargs["widget"] = forms.Select(choices=settings.LANGUAGES)
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class TextForm(forms.ModelForm):
    """Words for the draft, written over the version that was seen."""

    seen = forms.CharField(max_length=40, widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen"] = self.instance.changed_at.isoformat()

    def clean(self):
        super().clean()
        if self.instance.pk:
            self.refuse_unseen()
        elif self.is_taken():
            raise ValidationError(_("There is such a text in this language. Open it to change it."))

    def refuse_unseen(self):
        """Holds the versions, so that what stands now still does when this is saved."""
        newest = editing.locked_newest(self.instance)
        if newest.pk != self.instance.pk:
            words = said(
                "%(who)s has begun version %(version)s meanwhile. Nothing of yours is saved, but"
                " it still stands below: copy what you need, then go on with that version."
            )
            raise ValidationError(words % {"who": named(newest.changed_by), **vars(newest)})
        if newest.changed_at.isoformat() != self.cleaned_data.get("seen"):
            self.data = self.data.copy()
            self.data[self.add_prefix("seen")] = newest.changed_at.isoformat()
            words = said(
                "%(who)s has saved this version meanwhile. Nothing of yours is saved, but it still"
                " stands below. To have it your way, save again."
            )
            raise ValidationError(words % {"who": named(newest.changed_by)})

    def is_taken(self) -> bool:
        names = [name.removesuffix("_id") for name in self._meta.model.KEY]
        key = {name: self.cleaned_data.get(name) for name in names}
        return all(key.values()) and self._meta.model.objects.filter(**key).exists()


class TextAdmin(ChoosesLanguage, admin.ModelAdmin):
    """Saving makes or changes a draft; publishing, going back and taking off are acts."""

    form = TextForm
    change_form_template = "admin/programs/text.html"
    list_filter = ["language", "is_published"]
    list_select_related = ["changed_by"]
    state_columns = ["language", "state", "changed_at", "who_changed"]

    def get_urls(self):
        name = f"programs_{self.opts.model_name}"
        shown = {"versions": self.versions_view, "preview": self.preview_view}
        acts = {
            "publish": self.publish_view,
            "take_up": self.take_up_view,
            "withdraw": self.withdraw_view,
            "throw_away": self.throw_away_view,
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

    def get_queryset(self, request):
        """The list has one line for each text; an address may name any version."""
        texts = super().get_queryset(request)
        if request.resolver_match.url_name.endswith("_changelist"):
            same = {field: OuterRef(field) for field in self.model.KEY}
            live = self.model.objects.published().filter(**same).values("version")
            texts = texts.newest().annotate(live=Subquery(live[:1]))
        return texts

    @admin.display(description=_("where it stands"))
    def state(self, text):
        words = {"version": text.version, "live": text.live}
        if text.is_withdrawn:
            return _("Taken off the site")
        if text.is_published:
            return said("On the site, version %(version)s") % words
        if text.live:
            return said("Draft %(version)s; version %(live)s is on the site") % words
        return said("Draft %(version)s, not on the site") % words

    @admin.display(description=_("changed by"))
    def who_changed(self, text):
        return named(text.changed_by)

    def has_delete_permission(self, request, obj=None):
        """What was published stays; a draft is thrown away from its versions."""
        return False

    def get_readonly_fields(self, request, obj=None):
        keys = [name.removesuffix("_id") for name in self.model.KEY]
        return [*super().get_readonly_fields(request, obj), *(keys if obj else [])]

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """An older version is only to be looked at; what is typed over one is kept on the page."""
        text = self.get_object(request, object_id)
        if text and request.method == "GET" and text.pk != text.versions.first().pk:
            return HttpResponseRedirect(self.address("versions", text))
        return super().change_view(request, object_id, form_url, extra_context)

    def save_model(self, request, obj, form, change):
        seen = parse_datetime(form.cleaned_data["seen"]) if change else None
        had_review = bool(getattr(obj, "reviewed_by", ""))
        editing.save(text=obj, by=request.user, seen=seen)
        if had_review and not obj.reviewed_by:
            messages.warning(
                request,
                _(
                    "The review was of other words, so it was taken out. Enter it again once"
                    " these words have been read."
                ),
            )

    def response_add(self, request, obj, post_url_continue=None):
        return self.after_saving(request, obj)

    def response_change(self, request, obj):
        return self.after_saving(request, obj)

    def after_saving(self, request, text):
        for words in hard_to_read(text):
            messages.warning(request, words)
        words = said("Saved as draft %(version)s. Visitors see it once you publish it.")
        messages.success(request, words % {"version": text.version})
        pages = [page for page in ("preview", "versions") if f"_{page}" in request.POST]
        return HttpResponseRedirect(self.address(*pages[:1] or ["change"], text))

    # Looking

    def versions_view(self, request, pk):
        """Every version, what changed in each, and what may be done with it."""
        text = self.found(request, pk, self.has_view_permission)
        rows = list(text.versions.select_related("changed_by", "published_by")[: MOST_VERSIONS + 1])
        before = [*rows[1:], None][: len(rows)]
        told = [self.told(row, last) for row, last in zip(rows, before, strict=True)]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Versions"),
            "newest": rows[0],
            "live": text.versions.published().first(),
            "warnings": [] if rows[0].is_published else hard_to_read(rows[0]),
            "versions": told[:MOST_VERSIONS],
            "may_change": self.has_change_permission(request, text),
            "list": self.address("changelist"),
        }
        return TemplateResponse(request, "admin/programs/versions.html", context)

    def told(self, row, last) -> dict:
        """One version as the page tells of it."""
        acts = ("change", "preview", "publish", "take_up", "withdraw", "throw_away")
        return {
            "row": row,
            "changed_by": named(row.changed_by),
            "published_by": named(row.published_by),
            "parts": [
                (row._meta.get_field(name).verbose_name, lines)
                for name in row.WORDS
                if (lines := changed_lines(getattr(last, name, ""), getattr(row, name)))
            ]
            if last
            else [],
            "is_first": last is None,
            "to": {act: self.address(act, row) for act in acts},
        }

    def preview_view(self, request, pk):
        """Any version as its page would show it, to those who may see drafts."""
        text = self.found(request, pk, self.has_view_permission)
        return previews.shown(
            request, text, back=self.address("versions", text), edit=self.address("change", text)
        )

    # Acts

    def publish_view(self, request, pk):
        return self.act(
            request, pk, self.publish, _("Published. Visitors read it from now on."), "is_published"
        )

    def take_up_view(self, request, pk):
        told = _("A draft with these words is ready. Publish it to have it on the site.")
        return self.act(request, pk, self.take_up, told, "version")

    def withdraw_view(self, request, pk):
        return self.act(
            request, pk, self.withdraw, _("Taken off the site. Its versions stay."), "is_withdrawn"
        )

    def throw_away_view(self, request, pk):
        return self.act(request, pk, self.throw_away, _("The draft is thrown away."), "")

    def publish(self, request, text):
        editing.publish(text=text, by=request.user, seen=seen_in(request))
        return text

    def take_up(self, request, text):
        return editing.take_up(text=text, by=request.user)

    def withdraw(self, request, text):
        return editing.withdraw(text=text, by=request.user)

    def throw_away(self, request, text):
        self.log_deletions(request, [text])
        editing.throw_away(text=text, seen=seen_in(request))
        return text.versions.first()

    def act(self, request, pk, do, told, field):
        """One act and its record, or a word on why not."""
        text = self.found(request, pk, self.has_change_permission)
        try:
            with transaction.atomic():
                left = do(request, text)
                if left and field:
                    self.log_change(request, left, [field])
        except editing.Refused as refused:
            messages.warning(request, WHY[type(refused)])
            left = text
        else:
            messages.success(request, told)
        page = self.address("versions", left) if left else self.address("changelist")
        return HttpResponseRedirect(page)

    def found(self, request, pk, is_allowed):
        text = get_object_or_404(self.model, pk=pk)
        if not is_allowed(request, text):
            raise PermissionDenied
        return text

    def address(self, page, text=None) -> str:
        args = [text.pk] if text else []
        return reverse(f"admin:programs_{self.opts.model_name}_{page}", args=args)


WHY = {
    editing.ChangedMeanwhile: _("Someone changed it meanwhile. Look at it once more."),
    editing.DraftStands: _("There is a draft already. Publish it or throw it away first."),
    editing.NotForThisVersion: _("That was done already, or does not fit this version."),
}


def hard_to_read(text) -> list[str]:
    """What a reader would stumble over in this version; it is told, never refused."""
    read = "\n".join(getattr(text, name) for name in text.WORDS)
    grade = reading_grade(read, text.language)
    told = []
    if grade is not None and grade > HIGHEST_GRADE:
        words = said("This reads like school grade %(grade)d. Aim at 6 to 8: shorter sentences.")
        told.append(words % {"grade": round(grade)})
    if found := avoided(read, text.language):
        words = said("Say it person first, and promise nothing: %(words)s.")
        told.append(words % {"words": ", ".join(dict.fromkeys(found))})
    return told


def seen_in(request):
    try:
        return parse_datetime(request.POST.get("seen", ""))
    except ValueError:
        return None


def named(user) -> str:
    """Who, in words; what came with the site was written by nobody in particular."""
    return (user.get_full_name() or user.get_username()) if user else said("the site's makers")


@admin.register(Question)
class QuestionAdmin(TextAdmin):
    list_display = ["question", *TextAdmin.state_columns, "sort_order", "is_on_home"]
    list_filter = [*TextAdmin.list_filter, "is_on_home"]
    search_fields = ["question", "answer"]
    prepopulated_fields = {"slug": ["question"]}


@admin.register(Article)
class ArticleAdmin(TextAdmin):
    list_display = ["title", *TextAdmin.state_columns, "reviewed_by", "reviewed_on"]
    search_fields = ["title", "body"]
    prepopulated_fields = {"slug": ["title"]}


@admin.register(ProgramText)
class ProgramTextAdmin(TextAdmin):
    list_display = ["program", *TextAdmin.state_columns, "reviewed_by", "reviewed_on"]
    list_filter = [*TextAdmin.list_filter, "program"]
    list_select_related = ["changed_by", "program"]
    search_fields = ["body"]


@admin.register(Page)
class PageAdmin(TextAdmin):
    list_display = ["title", "slug", *TextAdmin.state_columns, "effective_on"]
    list_filter = [*TextAdmin.list_filter, "slug"]
    search_fields = ["title", "body"]
