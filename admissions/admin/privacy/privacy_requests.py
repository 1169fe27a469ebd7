"""What people ask about their own data: the list by due date, and a page for each."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django import forms as django_forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from admissions import staff_formatting
from admissions.accounts.reauthentication import require_recent_authentication
from admissions.accounts.staff_request import StaffRequest
from admissions.admin.links import redirect_missing
from admissions.admin.read_only_admin import ReadOnlyAdmin
from admissions.admin.reference_filter import FoundByReference, RequestsFilter
from admissions.admin.staff_requests import as_staff
from admissions.audit import access_log
from admissions.exceptions import ActionNotAllowed
from admissions.privacy import deletion, privacy_requests, revocation
from admissions.privacy.models import PrivacyRequest
from admissions.privacy.models.privacy_requests import PrivacyRequestQuerySet

from . import exports, forms, request_page
from .links import PRIVACY_REQUEST_LIST, PRIVACY_REQUEST_PAGE, privacy_link

if TYPE_CHECKING:
    from django.contrib.admin.filters import _ListFilterChoices
    from django_stubs_ext import StrOrPromise

TEMPLATE_DIR = "admin/admissions/privacyrequest"
DECIDE = "admissions.decide_privacyrequest"


class OpenFilter(admin.SimpleListFilter):
    """Those that are open, unless all are asked for."""

    title = _("which")
    parameter_name = "which"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> "list[tuple[str, StrOrPromise]]":
        return [("all", _("Every one that ever was"))]

    def choices(self, changelist: ChangeList) -> "Iterator[_ListFilterChoices]":
        first, *rest = super().choices(changelist)
        yield {**first, "display": _("Open")}
        yield from rest

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        asked = cast(PrivacyRequestQuerySet, queryset)
        return asked.order_by("-due_on", "-pk") if self.value() == "all" else asked.open()


@admin.register(PrivacyRequest)
class PrivacyRequestAdmin(FoundByReference, ReadOnlyAdmin):
    list_display = ["due", "kind", "of_requests", "received_on", "identity", "state"]
    list_filter = [OpenFilter, RequestsFilter]
    when_empty = _(
        "Nobody waits for an answer. When someone asks, open their request, then its privacy page."
    )
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("requests")

    def get_urls(self) -> list[URLPattern]:
        def at(address: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
            return path(
                address, self.admin_site.admin_view(view), name=f"admissions_privacyrequest_{name}"
            )

        site = self.admin_site
        again = require_recent_authentication
        steps = [
            at(f"<int:pk>/{name}/", require_POST(partial(self.step_view, name=name)), name)
            for name in STEPS
        ]
        return [
            *request_page.urls(at, site),
            *steps,
            at("<int:pk>/revoke/", require_POST(self.revoke_view), "revoke"),
            at(
                "<int:pk>/take-order-back/",
                require_POST(self.take_order_back_view),
                "take_order_back",
            ),
            at("<int:pk>/unmatch/<uuid:request_id>/", require_POST(self.unmatch_view), "unmatch"),
            at("<int:pk>/match-call/<uuid:call_id>/", require_POST(self.match_call_view), "call"),
            at(
                "<int:pk>/removal/",
                require_http_methods(["GET", "HEAD", "POST"])(again(self.removal_view)),
                "removal",
            ),
            at("<int:pk>/file/", require_POST(again(exports.file_view)), "file"),
            at(
                "<int:pk>/readable/",
                require_safe(again(partial(exports.readable_view, site=site))),
                "readable",
            ),
            *super().get_urls(),
        ]

    @admin.display(description=_("due"))
    def due(self, row: PrivacyRequest) -> str:
        is_late = row.is_open and row.due_on < timezone.localdate()
        late = format_html(' <b class="tag care">{}</b>', _("overdue")) if is_late else ""
        return format_html("{}{}", f"{row.due_on:%b %-d, %Y}", late)

    @admin.display(description=_("requests"))
    def of_requests(self, row: PrivacyRequest) -> str:
        links = ((privacy_link(each),) for each in row.requests.all())
        return format_html_join(", ", "{}", links)

    @admin.display(description=_("outcome"))
    def state(self, row: PrivacyRequest) -> "StrOrPromise":
        return _("Being removed") if row.is_open and row.is_ordered else row.get_outcome_display()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list; the event of it names every request that a row is about."""
        response = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and response.context_data:
            rows = response.context_data["cl"].result_list
            shown = [each.pk for row in rows for each in row.requests.all()]
            access_log.log_view(request, code="privacyrequest_changelist", shown=shown)
        return response

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        asked = self.get_object(request, object_id)
        if not self.has_view_permission(request):
            raise PermissionDenied
        if asked is None:
            return redirect_missing(self, request, object_id)
        return self.render_asked(as_staff(request), asked)

    def render_asked(
        self, request: StaffRequest, asked: PrivacyRequest, sent: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page; `sent` maps steps to forms that came back."""
        matched = list(asked.requests.order_by("created_at", "pk"))
        access_log.log_view(
            request, code="privacyrequest_change", shown=[each.pk for each in matched]
        )
        may_decide = request.user.has_perm(DECIDE) and asked.is_open and not asked.is_ordered
        blank = {name: step.form() for name, step in STEPS.items()} if may_decide else {}
        return self.render_page(
            request,
            "asked",
            title=asked.get_kind_display(),
            asked=asked,
            matched=matched,
            candidates=privacy_requests.find_candidates(asked) if may_decide else [],
            candidate_calls=privacy_requests.find_candidate_calls(asked) if may_decide else [],
            certificates=asked.certificates.select_related("request"),
            forms=blank | (sent or {}),
            sent=sent or {},
            may_decide=may_decide,
            may_take_back=request.user.has_perm(DECIDE) and asked.is_open and asked.is_ordered,
            is_overdue=asked.is_open and asked.due_on < timezone.localdate(),
            received=staff_formatting.format_all_day_range(asked.received_on, asked.received_on),
        )

    def step_view(self, request: StaffRequest, pk: int, *, name: str) -> HttpResponse:
        """Takes one step, or says kindly why not and keeps what was typed."""
        asked, step = self.get_to_decide(request, pk), STEPS[name]
        form = step.form(request.POST)
        if not form.is_valid():
            messages.warning(request, _("Nothing is changed yet. Look at the words in red."))
            return self.render_asked(request, asked, {name: form})
        return self.run(request, asked, step.act, **form.cleaned_data)

    def unmatch_view(self, request: StaffRequest, pk: int, request_id: UUID) -> HttpResponse:
        asked = self.get_to_decide(request, pk)
        return self.run(request, asked, privacy_requests.unmatch_request, request_id=request_id)

    def match_call_view(self, request: StaffRequest, pk: int, call_id: UUID) -> HttpResponse:
        asked = self.get_to_decide(request, pk)
        return self.run(request, asked, privacy_requests.match_call, call_id=call_id)

    def revoke_view(self, request: StaffRequest, pk: int) -> HttpResponse:
        asked = self.get_to_decide(request, pk)
        if asked.kind != PrivacyRequest.Kind.REVOCATION:
            messages.warning(request, _("They have not asked for that."))
            return HttpResponseRedirect(reverse(PRIVACY_REQUEST_PAGE, args=[pk]))
        return self.run(request, asked, revocation.revoke_consents)

    def take_order_back_view(self, request: StaffRequest, pk: int) -> HttpResponse:
        return self.run(request, self.get_to_decide(request, pk), deletion.take_order_back)

    def removal_view(self, request: StaffRequest, pk: int) -> HttpResponse:
        """What a removal takes and what it leaves: a second look, and the click that orders it."""
        asked = self.get_to_decide(request, pk)
        if asked.kind != PrivacyRequest.Kind.DELETION or not asked.is_open or asked.is_ordered:
            messages.warning(request, _("There is nothing to order."))
            return HttpResponseRedirect(reverse(PRIVACY_REQUEST_PAGE, args=[pk]))
        plans = deletion.plan_removal(asked)
        is_clinical = any(plan.is_clinical for plan in plans)
        form = forms.RemovalForm(request.POST or None, is_clinical=is_clinical)
        if form.is_valid():
            return self.run(request, asked, deletion.order_removal, **form.cleaned_data)
        shown = [plan.request.pk for plan in plans]
        access_log.log_view(request, code="privacyrequest_removal", shown=shown)
        return self.render_page(
            request,
            "removal",
            title=_("Remove personal data?"),
            asked=asked,
            plans=plans,
            candidate_calls=privacy_requests.find_candidate_calls(asked),
            form=form,
            may_order=bool(asked.identity) and not any(plan.refusal for plan in plans),
        )

    def get_to_decide(self, request: StaffRequest, pk: int) -> PrivacyRequest:
        if not request.user.has_perm(DECIDE):
            raise PermissionDenied
        return get_object_or_404(PrivacyRequest, pk=pk)

    def run(
        self, request: StaffRequest, asked: PrivacyRequest, act: Callable, **data: Any
    ) -> HttpResponse:
        try:
            act(privacy_request_id=asked.pk, by=request.user, **data)
        except ActionNotAllowed as refused:
            messages.warning(request, str(refused))
        else:
            messages.success(request, _("Saved."))
        return HttpResponseRedirect(reverse(PRIVACY_REQUEST_PAGE, args=[asked.pk]))

    def render_page(self, request: HttpRequest, name: str, **context: Any) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "list_url": reverse(PRIVACY_REQUEST_LIST),
            **context,
        }
        return TemplateResponse(request, f"{TEMPLATE_DIR}/{name}.html", context)


class Step:
    """One thing that a director does to a privacy request: its form, and the service behind it."""

    def __init__(self, form: type[django_forms.Form], act: Callable) -> None:
        self.form, self.act = form, act


def match_by_reference(*, reference: Any, **data: Any) -> PrivacyRequest:
    return privacy_requests.match_request(request_id=reference.pk, **data)


STEPS = {
    "identity": Step(forms.IdentityForm, privacy_requests.check_identity),
    "match": Step(forms.MatchForm, match_by_reference),
    "decide": Step(forms.DecideForm, privacy_requests.decide_privacy_request),
}
