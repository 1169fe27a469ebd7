"""The outbox: every email that is owed, what became of it, and what staff can do about it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from admissions.admin import pagination
from admissions.admin.read_only_admin import ReadOnlyAdmin
from admissions.audit import access_log
from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.messaging import staff_actions
from admissions.messaging.models import Message

from . import display

MESSAGE_PAGE = "admin:admissions_message_change"
# The frame holds what a letter says: no script, nothing from elsewhere, nothing it can open.
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox"
)
VIEW_SALT = "admissions.message.look"
VIEW_MAX_AGE = 60 * 60


class EmptyForm(forms.Form):
    """A step that needs nothing but the click."""


class ResendForm(forms.Form):
    """Why, and which copy it will be: a second click asks for the same one."""

    because = forms.ChoiceField(
        label=_("Why send it again?"),
        choices=[("", _("Choose one")), *Message.ResendReason.choices],
        error_messages={"required": _("Choose why.")},
    )
    copy = forms.IntegerField(min_value=1, max_value=1000, widget=forms.HiddenInput)


@dataclass(frozen=True)
class MessageAction:
    """One thing staff do to an email: its form, the service that does it, what we say after."""

    form: type[forms.Form]
    service: Callable
    success_message: Promise


MESSAGE_ACTIONS = {
    "resend": MessageAction(ResendForm, staff_actions.resend_message, _("It goes once more.")),
    "take-back": MessageAction(
        EmptyForm, staff_actions.cancel_message, _("It is taken back and will not go.")
    ),
    "came-back": MessageAction(
        EmptyForm, staff_actions.mark_bounced, _("Noted. They are on the desk for a call.")
    ),
}


class StateFilter(admin.SimpleListFilter):
    """The chips above the list: what is still owed, unless something else is asked for."""

    title = _("state")
    parameter_name = "show"
    OWED, ALL = "owed", "all"

    def lookups(self, request, model_admin):
        State = Message.State  # noqa: N806
        return [
            (self.OWED, _("To go")),
            (State.RETRYING, _("Delayed")),
            (State.FAILED, _("Failed for good")),
            (State.BOUNCED, _("Came back")),
            (State.SKIPPED, _("Not sent")),
            (State.SENT, _("Sent")),
            (self.ALL, _("All")),
        ]

    def queryset(self, request, queryset):
        shown = shown_state(request)
        if shown == self.ALL:
            return queryset
        return queryset.unfinished() if shown == self.OWED else queryset.filter(state=shown)


class KindFilter(admin.SimpleListFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return Message.Kind.choices

    def queryset(self, request, queryset):
        known = self.value() in Message.Kind.values
        return queryset.filter(kind=self.value()) if known else queryset


class AudienceFilter(admin.SimpleListFilter):
    title = _("for whom")
    parameter_name = "for"

    def lookups(self, request, model_admin):
        return [("requesters", _("Requesters")), ("staff", _("Staff"))]

    def queryset(self, request, queryset):
        if self.value() == "staff":
            return queryset.filter(kind__in=Message.STAFF_KINDS)
        return queryset.exclude(kind__in=Message.STAFF_KINDS) if self.value() else queryset


MESSAGE_FILTERS = [StateFilter, KindFilter, AudienceFilter]


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Emails are promised by what people do and sent by workers: nothing is edited here."""

    list_filter = MESSAGE_FILTERS
    list_select_related = ["request", "resent_by"]
    list_per_page = list_max_show_all = 50
    paginator = pagination.CappedPaginator
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def may_manage_messages(self, request):
        return request.user.has_perm("admissions.answer_for_messages")

    def get_ordering(self, request):
        """What is to go, the soonest first; all else the newest first. Each has its index."""
        to_go = shown_state(request) in (StateFilter.OWED, Message.State.RETRYING)
        return ["due_at", "pk"] if to_go else ["-due_at", "-pk"]

    def get_urls(self):
        def at(route, view, name):
            checked = self.admin_site.admin_view(view)
            return path(f"<int:pk>/{route}/", checked, name=f"admissions_message_{name}")

        steps = [
            at(name, require_POST(partial(self.action_view, name=name)), name.replace("-", "_"))
            for name in MESSAGE_ACTIONS
        ]
        html = at("html", require_safe(self.html_view), "html")
        file = at("file/<int:number>", require_safe(self.file_view), "file")
        return [*steps, html, file, *super().get_urls()]

    def changelist_view(self, request, extra_context=None):
        """The list, each row in words; never what an email says, nor an address."""
        response = super().changelist_view(request, extra_context)
        if not hasattr(response, "context_data"):
            return response
        now, changes = timezone.now(), response.context_data["cl"]
        response.context_data |= {
            "title": _("Outbox"),
            "rows": [display.message_row(message, now) for message in changes.result_list],
            "filters": {each.parameter_name: each for each in changes.filter_specs},
            "show": shown_state(request),
            "states": state_links(changes, request),
            "most": pagination.capped_at(changes),
        }
        return response

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The page of one email; looking at it is recorded, and changes nothing else."""
        message = self.get_object(request, object_id)
        if not self.has_view_permission(request, message):
            raise PermissionDenied
        if message is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return self.render_message(request, message)

    def history_view(self, request, object_id, extra_context=None):
        """The history is on the page itself."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse(MESSAGE_PAGE, args=[object_id]))

    def html_view(self, request, pk):
        """What the frame of the page holds, under a policy of its own."""
        return frame_response(self.render_viewed(request, pk))

    def file_view(self, request, pk, number):
        files = self.render_viewed(request, pk).attachments
        if number >= len(files):
            raise Http404
        name, content, kind = files[number]
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(content, content_type=kind, headers=headers)

    def render_viewed(self, request, pk):
        """The letter, for someone whose look at its page was recorded within the hour."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not has_viewed(request, pk):
            raise Http404
        letter = display.try_render(get_object_or_404(self.get_queryset(request), pk=pk))
        if letter is None:
            raise Http404
        return letter

    def action_view(self, request, pk, *, name):
        """Takes one step, or says kindly why not."""
        if not self.may_manage_messages(request):
            raise PermissionDenied
        message, step = get_object_or_404(self.get_queryset(request), pk=pk), MESSAGE_ACTIONS[name]
        form = step.form(request.POST)
        if not form.is_valid():
            messages.warning(request, _("Nothing is changed yet. Look at the words in red."))
            return self.render_message(request, message, form)
        try:
            told = step.service(message_id=pk, by=request.user, **form.cleaned_data)
        except ActionNotAllowed as refused:
            messages.warning(request, str(refused))
            told = message
        else:
            messages.success(request, step.success_message)
        return HttpResponseRedirect(url_after_action(request, told))

    def render_message(self, request, message, sent=None):
        """The page of one email; `sent` is a form that came back."""
        access_log.log_request_view(
            request, message.request, type=AuditEvent.Type.MESSAGE_SEEN, code=message.kind
        )
        now = timezone.now()
        copies = list(staff_actions.list_copies(message).select_related("request", "resent_by"))
        refusal = staff_actions.find_resend_refusal(copies)
        context = {
            **self.admin_site.each_context(request),
            "title": message.get_kind_display(),
            "opts": self.opts,
            "message": message,
            "row": display.message_row(message, now),
            "facts": display.message_facts(message, now),
            "copies": [display.message_row(each, now) for each in copies] if copies[1:] else [],
            "preview": display.preview_message(message),
            "look": signing.dumps([message.pk, request.user.pk], salt=VIEW_SALT),
            "may_manage_messages": self.may_manage_messages(request),
            "may_have_come_back": staff_actions.may_be_marked_bounced(message),
            "refusal": refusal,
            "resend": sent or ResendForm(initial={"copy": copies[-1].copy + 1}),
        }
        return TemplateResponse(request, "admin/admissions/message/message.html", context)


def shown_state(request) -> str:
    known = {StateFilter.ALL, *Message.State.values}
    shown = request.GET.get(StateFilter.parameter_name)
    return shown if shown in known else StateFilter.OWED


def state_links(changes, request) -> list[dict]:
    """The chips: each state with the address that shows it and keeps the other filters."""
    shown = shown_state(request)
    [by_state] = [each for each in changes.filter_specs if isinstance(each, StateFilter)]
    return [
        {
            "name": name,
            "query": changes.get_query_string({StateFilter.parameter_name: key}, ["p"]),
            "is_shown": key == shown,
        }
        for key, name in by_state.lookup_choices
    ]


def frame_response(letter) -> HttpResponse:
    """The letter as HTML, for a frame in one of our own pages."""
    headers = {"Content-Security-Policy": FRAME_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return HttpResponse(display.html_body(letter), headers=headers)


def has_viewed(request, pk: int) -> bool:
    try:
        seen = signing.loads(request.GET.get("look", ""), salt=VIEW_SALT, max_age=VIEW_MAX_AGE)
    except signing.BadSignature:
        return False
    return seen == [pk, request.user.pk]


def url_after_action(request, message) -> str:
    """Back to the request where the step was taken there, else to the email."""
    if "from_request" in request.POST and message.request_id:
        place = reverse("admin:admissions_consultationrequest_change", args=[message.request_id])
        return f"{place}#emails"
    return reverse(MESSAGE_PAGE, args=[message.pk])
