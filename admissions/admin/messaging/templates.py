"""What one kind of email says in one language: change it, look at it, go back to an earlier way."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from admissions import formatting, staff_formatting
from admissions.accounts.staff_request import StaffRequest
from admissions.exceptions import ChangedMeanwhile
from admissions.form_fields import BoundedTextField
from admissions.messaging import previews, templates
from admissions.messaging.kinds import Kind, MessageText
from admissions.messaging.models import MessageTemplate
from programs.models import Facility
from users.models import User

from . import display, preview_drafts
from .outbox import frame_response

if TYPE_CHECKING:
    from .rules import MessageRuleAdmin

TEMPLATE_PAGE = "admin:admissions_messagerule_template"
PREVIEW_FRAME = "admin:admissions_messagerule_preview"
CURRENT_DRAFT = "now"
ADD_PERMISSION = "admissions.add_messagetemplate"
LANGUAGE_NAMES = dict(settings.LANGUAGES)


def part_length(part: str) -> int:
    """Letters that one part of an email may have: each of its columns has a length."""
    return templates.MAX_PART_LENGTHS[part]


class MessageTemplateForm(forms.Form):
    """The three parts of an email; whether they may be sent, the service says."""

    subject = BoundedTextField(
        label=_("Subject"),
        max_length=part_length("subject"),
        required=False,
        strip=False,
        help_text=_("Shown on a locked phone. One line."),
    )
    heading = BoundedTextField(
        label=_("Heading"),
        max_length=part_length("heading"),
        required=False,
        strip=False,
        help_text=_("Above the text. One line."),
    )
    text = BoundedTextField(
        label=_("Text"),
        max_length=part_length("text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 9}),
        help_text=_("It follows “Hello Alex.” An empty line begins a new paragraph."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=10**9)

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)
        for part in templates.TEXT_PARTS:
            self.fields[part].widget.attrs["autocomplete"] = "off"

    @property
    def words(self) -> MessageText:
        return MessageText(**{part: self.cleaned_data[part] for part in templates.TEXT_PARTS})

    def add_faults(self, errors: dict[str, list[str]]) -> None:
        for part, reasons in errors.items():
            for reason in reasons:
                self.add_error(part, reason)

    def based_on(self, number: int) -> None:
        """What was typed stays, and is based on this version: sent again, it counts."""
        data = cast("MultiValueDict[str, Any]", self.data).copy()
        data["seen"] = number
        self.data = data


def template_urls(rules: "MessageRuleAdmin", at: Callable[..., URLPattern]) -> list:
    """The pages below those of the rules; `rules` is the desk that draws them."""

    def of(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        def draw(request: StaffRequest, kind: str, language: str, **known: Any) -> HttpResponse:
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


def template_view(
    rules: "MessageRuleAdmin", request: StaffRequest, kind: Kind, language: str
) -> HttpResponse:
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


def render_draft(
    rules: "MessageRuleAdmin",
    request: StaffRequest,
    kind: Kind,
    language: str,
    form: MessageTemplateForm,
) -> HttpResponse:
    """The letter in words that are not kept, where they may be sent at all."""
    words = templates.normalize_text(form.words)
    form.add_faults(templates.find_text_errors(kind, words, Facility.objects.get().name))
    draft = None if form.errors else preview_drafts.keep_draft(request, kind, language, words)
    return render_template_page(rules, request, kind, language, form=form, draft=draft)


def save_template(
    request: StaffRequest, kind: Kind, language: str, form: MessageTemplateForm
) -> bool:
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


def restore_view(
    rules: "MessageRuleAdmin", request: StaffRequest, kind: Kind, language: str
) -> HttpResponse:
    """An earlier version once more, or our words: a new version all the same."""
    check_may_edit(request)
    numbers = [request.POST.get(name, "") for name in ("seen", "version")]
    if not all(number.isdecimal() and len(number) < 10 for number in numbers):
        raise Http404
    seen, number = map(int, numbers)
    try:
        is_new = restore_template(number, kind=kind, language=language, seen=seen, by=request.user)
        report_saved(request, is_new)
    except templates.InvalidTemplate as refused:
        reasons = [reason for part in refused.errors.values() for reason in part]
        messages.warning(request, _("That version cannot be sent any more:"))
        messages.warning(request, " ".join(reasons))
    except ChangedMeanwhile:
        messages.warning(
            request, describe_newer_template(templates.find_latest_template(kind, language))
        )
    return HttpResponseRedirect(reverse(TEMPLATE_PAGE, args=[kind, language]))


def restore_template(number: int, *, kind: str, language: str, seen: int, by: User) -> bool:
    """Ours for 0, or where that version was ours."""
    kept = MessageTemplate.objects.filter(kind=kind, language=language, version=number).first()
    if number and kept is None:
        raise Http404
    if kept is None or kept.is_built_in:
        return templates.restore_built_in_text(kind=kind, language=language, seen=seen, by=by)
    words = templates.get_template_text(kept, kind, language)
    return templates.save_template(kind=kind, language=language, words=words, seen=seen, by=by)


def preview_view(
    _rules: "MessageRuleAdmin",
    request: StaffRequest,
    kind: Kind,
    language: str,
    *,
    draft: str,
    plan: str,
) -> HttpResponse:
    """The letter alone, as a phone shows it: for a frame."""
    words = None if draft == CURRENT_DRAFT else preview_drafts.load_draft(request, draft)
    if plan not in ("discreet", "named") or (draft != CURRENT_DRAFT and words is None):
        raise Http404
    letter = previews.render_example(kind, language, words=words, is_discreet=plan == "discreet")
    return frame_response(letter)


def render_template_page(
    rules: "MessageRuleAdmin",
    request: StaffRequest,
    kind: Kind,
    language: str,
    *,
    form: MessageTemplateForm,
    draft: str | None = None,
) -> HttpResponse:
    newest = templates.find_latest_template(kind, language)
    words = preview_drafts.load_draft(request, draft) if draft else None
    known = (kind, language)
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
        whose=display.describe_source(
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


def version_row(version: templates.TemplateVersion) -> dict:
    """One version as the page tells of it."""
    return {
        **vars(version),
        "by": formatting.staff_name(version.template.made_by),
        "at": staff_formatting.format_date_and_time(version.template.made_at),
    }


def preview_row(known: tuple[Kind, str], draft: str, words: MessageText | None, plan: str) -> dict:
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


def check_may_edit(request: HttpRequest) -> None:
    if not request.user.has_perm(ADD_PERMISSION):
        raise PermissionDenied


def report_saved(request: HttpRequest, is_new: bool) -> None:
    if is_new:
        messages.success(
            request, _("Saved. Every email of this kind that goes from now on says this.")
        )
    else:
        messages.success(request, _("These words are in use already."))


def describe_newer_template(newest: MessageTemplate | None) -> str:
    words = {"by": formatting.staff_name(newest.made_by), "n": newest.version} if newest else {}
    return (
        said(
            "%(by)s has just saved version %(n)s, see below. Nothing of yours is saved. To have"
            " it your way, save again."
        )
        % words
    )
