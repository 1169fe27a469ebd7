"""What one kind of email says in one language: change it, look at it, go back to an earlier way."""

import hashlib

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from admissions import formatting, staff_formatting
from admissions.exceptions import ChangedMeanwhile
from admissions.form_fields import BoundedTextField
from admissions.messaging import previews, templates
from admissions.messaging.kinds import MessageText
from admissions.messaging.models import MessageTemplate
from programs.models import Facility

from .outbox import frame_response

TEMPLATE_PAGE = "admin:admissions_messagerule_template"
PREVIEW_FRAME = "admin:admissions_messagerule_preview"
CURRENT_DRAFT, MAX_DRAFTS = "now", 4
ADD_PERMISSION = "admissions.add_messagetemplate"
LANGUAGE_NAMES = dict(settings.LANGUAGES)


class MessageTemplateForm(forms.Form):
    """The three parts of an email; whether they may be sent, the service says."""

    subject = BoundedTextField(
        label=_("Subject"),
        max_length=templates.MAX_PART_LENGTHS["subject"],
        required=False,
        strip=False,
        help_text=_("Shown on a locked phone. One line."),
    )
    heading = BoundedTextField(
        label=_("Heading"),
        max_length=templates.MAX_PART_LENGTHS["heading"],
        required=False,
        strip=False,
        help_text=_("Above the text. One line."),
    )
    text = BoundedTextField(
        label=_("Text"),
        max_length=templates.MAX_PART_LENGTHS["text"],
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 9}),
        help_text=_("It follows “Hello Alex.” An empty line begins a new paragraph."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=10**9)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        for part in templates.TEXT_PARTS:
            self.fields[part].widget.attrs["autocomplete"] = "off"

    @property
    def words(self):
        return MessageText(**{part: self.cleaned_data[part] for part in templates.TEXT_PARTS})

    def add_faults(self, errors):
        for part, reasons in errors.items():
            for reason in reasons:
                self.add_error(part, reason)

    def based_on(self, number):
        """What was typed stays, and is based on this version: sent again, it counts."""
        self.data = self.data.copy()
        self.data["seen"] = number


def template_urls(rules, at) -> list:
    """The pages below those of the rules; `rules` is the desk that draws them."""

    def of(view):
        def draw(request, kind, language, **known):
            rules.check_may_view(request)
            if templates.find_editable_kind(kind) is None or language not in LANGUAGE_NAMES:
                raise Http404
            return view(rules, request, templates.find_editable_kind(kind), language, **known)

        return draw

    return [
        at("<slug:kind>/<slug:language>/", of(template_view), "template", "GET", "HEAD", "POST"),
        at("<slug:kind>/<slug:language>/again/", of(restore_view), "restore", "POST"),
        at(
            "<slug:kind>/<slug:language>/letter/<slug:draft>/<slug:plan>/",
            of(preview_view),
            "preview",
        ),
    ]


def template_view(rules, request, kind, language):
    """The words in use; by POST others, to look at or to keep."""
    newest = templates.find_latest_template(kind, language)
    number = newest.version if newest else 0
    if request.method != "POST":
        stands = templates.split_text(templates.get_template_text(newest, kind, language))
        form = MessageTemplateForm(initial=stands | {"seen": number})
        return render_template_page(rules, request, kind, language, form=form)
    check_may_edit(request)
    form = MessageTemplateForm(request.POST)
    if not form.is_valid():
        return render_template_page(rules, request, kind, language, form=form)
    if "preview" in request.POST:
        return render_draft(rules, request, kind, language, form)
    if save_template(request, kind, language, form):
        return HttpResponseRedirect(reverse(TEMPLATE_PAGE, args=[kind, language]))
    return render_template_page(rules, request, kind, language, form=form)


def render_draft(rules, request, kind, language, form):
    """The letter in words that are not kept, where they may be sent at all."""
    words = templates.normalize_text(form.words)
    form.add_faults(templates.find_text_errors(kind, words, Facility.objects.get().name))
    draft = None if form.errors else keep_preview_draft(request, kind, language, words)
    return render_template_page(rules, request, kind, language, form=form, draft=draft)


def save_template(request, kind, language, form) -> bool:
    """Whether the words are in use now; else the form says why not."""
    known = {"kind": kind, "language": language, "seen": form.cleaned_data["seen"]}
    try:
        is_new = templates.save_template(words=form.words, by=request.user, **known)
    except templates.InvalidTemplate as refused:
        form.add_faults(refused.errors)
    except ChangedMeanwhile:
        newest = templates.find_latest_template(kind, language)
        form.based_on(newest.version if newest else 0)
        form.add_error(None, describe_newer_template(newest))
    else:
        report_saved(request, is_new)
    return not form.errors


def restore_view(rules, request, kind, language):
    """An earlier version once more, or our words: a new version all the same."""
    check_may_edit(request)
    numbers = [request.POST.get(name, "") for name in ("seen", "version")]
    if not all(number.isdecimal() and len(number) < 10 for number in numbers):
        raise Http404
    seen, number = map(int, numbers)
    known = {"kind": kind, "language": language, "seen": seen, "by": request.user}
    try:
        report_saved(request, restore_template(number, **known))
    except templates.InvalidTemplate as refused:
        reasons = [reason for part in refused.errors.values() for reason in part]
        messages.warning(request, _("That version cannot be sent any more:"))
        messages.warning(request, " ".join(reasons))
    except ChangedMeanwhile:
        messages.warning(
            request, describe_newer_template(templates.find_latest_template(kind, language))
        )
    return HttpResponseRedirect(reverse(TEMPLATE_PAGE, args=[kind, language]))


def restore_template(number, *, kind, language, seen, by) -> bool:
    """Ours for 0, or where that version was ours."""
    kept = MessageTemplate.objects.filter(kind=kind, language=language, version=number).first()
    if number and kept is None:
        raise Http404
    known = {"kind": kind, "language": language, "seen": seen, "by": by}
    if kept is None or kept.is_built_in:
        return templates.restore_built_in_text(**known)
    return templates.save_template(words=templates.get_template_text(kept, kind, language), **known)


def preview_view(_rules, request, kind, language, *, draft, plan):
    """The letter alone, as a phone shows it: for a frame."""
    words = None if draft == CURRENT_DRAFT else load_preview_draft(request, draft)
    if plan not in ("discreet", "named") or (draft != CURRENT_DRAFT and words is None):
        raise Http404
    letter = previews.render_example(kind, language, words=words, is_discreet=plan == "discreet")
    return frame_response(letter)


def render_template_page(rules, request, kind, language, *, form, draft=None):
    newest = templates.find_latest_template(kind, language)
    words = load_preview_draft(request, draft) if draft else None
    known = [kind, language]
    if form.errors:
        messages.warning(request, _("Nothing is saved yet. Look at the words in red."))
    return rules.render_page(
        request,
        "template",
        title=kind.label,
        kind=kind,
        language=language,
        language_name=LANGUAGE_NAMES[language],
        form=form,
        newest=newest,
        whose=describe_source(
            templates.find_template_in_use(newest, language, Facility.objects.get().name)
        ),
        may_write=request.user.has_perm(ADD_PERMISSION),
        placeholders=previews.list_example_values(kind, language),
        is_draft=draft is not None,
        letters=[
            preview_row(known, draft or CURRENT_DRAFT, words, plan)
            for plan in ("discreet", "named")
        ],
        versions=[version_row(each) for each in templates.list_template_versions(kind, language)],
        ours=templates.get_template_text(None, kind, language),
    )


def version_row(version) -> dict:
    """One version as the page tells of it."""
    return {
        **vars(version),
        "by": formatting.staff_name(version.template.made_by),
        "at": staff_formatting.format_date_and_time(version.template.made_at),
    }


def preview_row(known, draft, words, plan) -> dict:
    """One letter as the page tells of it: from whom, its subject and text, and its frame."""
    letter = previews.render_example(*known, words=words, is_discreet=plan == "discreet")
    return {
        "plan": plan,
        "name": said("Discreet") if plan == "discreet" else said("Named"),
        "sender": letter.from_email.partition("<")[0].strip(' "'),
        "subject": letter.subject,
        "text": letter.body,
        "frame": reverse(PREVIEW_FRAME, args=[*known, draft, plan]),
    }


def describe_source(used) -> dict:
    """Whose words are in use, in words of its own."""
    found = {
        "language": LANGUAGE_NAMES[used.language],
        "code": used.language,
        "is_custom": used.is_custom,
    }
    if used.template is None:
        return found | {"name": said("our words")}
    words = {
        "version": used.template.version,
        "by": formatting.staff_name(used.template.made_by),
        "at": staff_formatting.format_date_and_time(used.template.made_at),
    }
    found["since"] = said("by %(by)s, %(at)s") % words
    if used.revealing_words:
        telling = {"words": ", ".join(used.revealing_words)}
        found["trouble"] = (
            said("Version %(version)s is passed over") % words
            + ": "
            + said("it now gives people away (%(words)s).") % telling
        )
    return found | {
        "name": said("version %(version)s") % words if used.is_custom else said("our words")
    }


def check_may_edit(request):
    if not request.user.has_perm(ADD_PERMISSION):
        raise PermissionDenied


def report_saved(request, is_new):
    if is_new:
        messages.success(
            request, _("Saved. Every email of this kind that goes from now on says this.")
        )
    else:
        messages.success(request, _("These words are in use already."))


def describe_newer_template(newest) -> str:
    words = {"by": formatting.staff_name(newest.made_by) if newest else "", "n": newest.version}
    return (
        said(
            "%(by)s has just saved version %(n)s, see below. Nothing of yours is saved. To have"
            " it your way, save again."
        )
        % words
    )


def keep_preview_draft(request, kind, language, words) -> str:
    """Keeps words that are being tried in the session alone; returns the name they go by."""
    said_words = templates.split_text(words)
    name = hashlib.sha256(repr((str(kind), language, said_words)).encode()).hexdigest()[:16]
    drafts = request.session.get("drafts", {})
    drafts.pop(name, None)
    request.session["drafts"] = dict([*drafts.items(), (name, said_words)][-MAX_DRAFTS:])
    return name


def load_preview_draft(request, name) -> MessageText | None:
    kept = request.session.get("drafts", {}).get(name)
    return MessageText(**kept) if kept else None
