"""The outbox: every email that is owed, what became of it, and what staff can do about it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from admissions.accounts.staff_request import StaffRequest
from admissions.admin import pagination
from admissions.admin.links import redirect_missing
from admissions.admin.read_only_admin import ReadOnlyAdmin
from admissions.admin.reference_filter import FoundByReference, RequestFilter
from admissions.admin.staff_requests import as_staff
from admissions.audit import access_log
from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.messaging import rendering, staff_actions
from admissions.messaging.models import Message

from . import display, outbox_filters

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

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
    success_message: "StrOrPromise"


MESSAGE_ACTIONS = {
    "resend": MessageAction(ResendForm, staff_actions.resend_message, _("It goes once more.")),
    "take-back": MessageAction(
        EmptyForm, staff_actions.cancel_message, _("It is taken back and will not go.")
    ),
    "came-back": MessageAction(
        EmptyForm, staff_actions.mark_bounced, _("Noted. They are on the desk for a call.")
    ),
}


@admin.register(Message)
class MessageAdmin(FoundByReference, ReadOnlyAdmin):
    """Emails are promised by what people do and sent by workers: nothing is edited here."""

    list_filter = [
        outbox_filters.StateFilter,
        outbox_filters.KindFilter,
        outbox_filters.AudienceFilter,
        RequestFilter,
    ]
    list_select_related = ["request", "resent_by"]
    list_per_page = list_max_show_all = 50
    paginator = pagination.CappedPaginator
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def may_manage_messages(self, request: HttpRequest) -> bool:
        return request.user.has_perm("admissions.answer_for_messages")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """What goes to a colleague about their account is for those who keep accounts."""
        found = super().get_queryset(request)
        return found if request.user.has_perm("users.view_user") else found.filter(colleague=None)

    def get_ordering(self, request: HttpRequest) -> tuple[str, str]:
        """What is to go, the soonest first; all else the newest first. Each has its index."""
        to_go = outbox_filters.shown_state(request) in (
            outbox_filters.StateFilter.OWED,
            Message.State.RETRYING,
        )
        return ("due_at", "pk") if to_go else ("-due_at", "-pk")

    def get_urls(self) -> list[URLPattern]:
        def at(route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
            checked = self.admin_site.admin_view(view)
            return path(f"<int:pk>/{route}/", checked, name=f"admissions_message_{name}")

        steps = [
            at(name, require_POST(partial(self.action_view, name=name)), name.replace("-", "_"))
            for name in MESSAGE_ACTIONS
        ]
        html = at("html", require_safe(self.html_view), "html")
        file = at("file/<int:number>", require_safe(self.file_view), "file")
        return [*steps, html, file, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, each row in words; never what an email says, nor an address."""
        response = super().changelist_view(request, extra_context)
        if not hasattr(response, "context_data"):
            return response
        now, changes = timezone.now(), response.context_data["cl"]
        response.context_data |= {
            "title": _("Outbox"),
            "rows": [display.message_row(message, now) for message in changes.result_list],
            "filters": {each.parameter_name: each for each in changes.filter_specs},
            "show": outbox_filters.shown_state(request),
            "states": outbox_filters.state_links(changes, request),
            "most": pagination.capped_at(changes),
        }
        return response

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of one email; looking at it is recorded, and changes nothing else."""
        message = self.get_object(request, object_id)
        if not self.has_view_permission(request, message):
            raise PermissionDenied
        if message is None:
            return redirect_missing(self, request, object_id)
        return self.render_message(as_staff(request), message)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The history is on the page itself."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse(MESSAGE_PAGE, args=[object_id]))

    def html_view(self, request: StaffRequest, pk: int) -> HttpResponse:
        """What the frame of the page holds, under a policy of its own."""
        return frame_response(self.render_viewed(request, pk))

    def file_view(self, request: StaffRequest, pk: int, number: int) -> HttpResponse:
        files = self.render_viewed(request, pk).attachments
        if number >= len(files):
            raise Http404
        name, content, kind = files[number]
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(content, content_type=kind, headers=headers)

    def render_viewed(self, request: StaffRequest, pk: int) -> rendering.RenderedEmail:
        """The letter, for someone whose look at its page was recorded within the hour."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not has_viewed(request, pk):
            raise Http404
        letter = display.try_render(get_object_or_404(self.get_queryset(request), pk=pk))
        if letter is None:
            raise Http404
        return letter

    def action_view(self, request: StaffRequest, pk: int, *, name: str) -> HttpResponse:
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

    def render_message(
        self, request: StaffRequest, message: Message, sent: forms.Form | None = None
    ) -> HttpResponse:
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


def frame_response(letter: rendering.RenderedEmail) -> HttpResponse:
    """The letter as HTML, for a frame in one of our own pages."""
    headers = {"Content-Security-Policy": FRAME_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return HttpResponse(display.html_body(letter), headers=headers)


def has_viewed(request: StaffRequest, pk: int) -> bool:
    try:
        seen = signing.loads(request.GET.get("look", ""), salt=VIEW_SALT, max_age=VIEW_MAX_AGE)
    except signing.BadSignature:
        return False
    return seen == [pk, request.user.pk]


def url_after_action(request: HttpRequest, message: Message) -> str:
    """Back to the request where the step was taken there, else to the email."""
    if "from_request" in request.POST and message.request_id:
        place = reverse("admin:admissions_consultationrequest_change", args=[message.request_id])
        return f"{place}#emails"
    return reverse(MESSAGE_PAGE, args=[message.pk])
