"""The triage desk: the list of requests, the page of one request, and the steps staff take."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from admissions.accounts.staff_request import StaffRequest
from admissions.admin import auto_refresh, pagination
from admissions.admin.calls.ringing import describe_ring
from admissions.admin.links import REQUEST_LIST, REQUEST_PAGE, redirect_missing
from admissions.admin.read_only_admin import ReadOnlyAdmin
from admissions.admin.staff_requests import as_staff
from admissions.audit import access_log
from admissions.exceptions import ActionNotAllowed, SlotTaken
from admissions.intake.models import ConsultationRequest
from admissions.intake.models.request_queries import ConsultationRequestQuerySet
from admissions.triage import next_action, ownership, promises, queues
from admissions.triage import search as triage_search

from . import (
    action_urls,
    cancel,
    duplicates,
    filters,
    forms,
    handing_over_all,
    request_detail,
    request_list,
    request_row,
    stop,
    undo,
)
from .request_actions import REQUEST_ACTIONS, RequestAction, RequestForm, forms_by_name

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SEARCH_SESSION_KEY = "triage_search"
LIST_PARTS = "admin/admissions/consultationrequest/_list_parts.html"
SAVED_VIEW_ROUTES: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
    "save_view": ("views/save/", request_list.save_view),
    "delete_saved_view": ("views/<int:pk>/delete/", request_list.delete_saved_view),
}
PAGE_ROUTES: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
    "undo": ("undo/<uuid:pk>/", require_POST(undo.undo_view)),
    "cancel": ("<uuid:pk>/cancel/", cancel.cancel_view),
}


class QueueFilter(admin.SimpleListFilter):
    """The chips above the list: one queue at a time, or what a search found."""

    title = _("queue")
    parameter_name = filters.QUEUE_PARAMETER

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> "list[tuple[str, StrOrPromise]]":
        return [(key, cast("StrOrPromise", name)) for key, name in queues.QUEUE_NAMES]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        now = timezone.now()
        everyone = cast(ConsultationRequestQuerySet, queryset).without_texts()
        if self.value() != queues.SEARCH_RESULTS:
            return queues.filter_queue(everyone, self.value(), by=as_staff(request).user, now=now)
        term = request.session.get(SEARCH_SESSION_KEY, "")
        found = triage_search.search_requests(term, now=now)
        request.found = found  # type: ignore[attr-defined]  # for the page around the list
        return everyone.filter(pk__in=found.ids).in_triage_order(now=now)


@admin.register(ConsultationRequest)
class ConsultationRequestAdmin(ReadOnlyAdmin):
    """Requests are made by the public and changed by triage: nothing is edited here."""

    list_filter = [QueueFilter, *request_list.REQUEST_ADMIN_FILTERS]
    list_per_page = list_max_show_all = 50
    paginator = request_list.RequestPaginator
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def has_triage_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("admissions.triage_consultationrequest")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return cast(ConsultationRequestQuerySet, super().get_queryset(request)).with_history()

    def get_urls(self) -> list[URLPattern]:
        steps = [
            path(
                f"<uuid:pk>/{name}/",
                self.admin_site.admin_view(require_POST(partial(self.action_view, name=name))),
                name=f"admissions_consultationrequest_{name.replace('-', '_')}",
            )
            for name in REQUEST_ACTIONS
        ]
        search = path(
            "search/",
            self.admin_site.admin_view(require_POST(self.search_view)),
            name="admissions_consultationrequest_search",
        )
        views = [
            path(
                address,
                self.admin_site.admin_view(
                    require_POST(request_list.require_view_permission(view))
                ),
                name=f"admissions_consultationrequest_{name}",
            )
            for name, (address, view) in SAVED_VIEW_ROUTES.items()
        ]
        merging = path(
            "<uuid:pk>/duplicates/",
            self.admin_site.admin_view(partial(duplicates.duplicates_view, site=self.admin_site)),
            name="admissions_consultationrequest_duplicates",
        )
        everything = handing_over_all.build_urls(self.admin_site)
        own = [
            path(
                address,
                self.admin_site.admin_view(partial(view, admin=self)),
                name=f"admissions_consultationrequest_{name}",
            )
            for name, (address, view) in PAGE_ROUTES.items()
        ]
        return [*steps, *own, merging, *everything, search, *views, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with a card for each row and a count on each chip."""
        unchanged = self.has_view_permission(request) and auto_refresh.unchanged_response(request)
        if unchanged:
            return unchanged
        response = super().changelist_view(request, extra_context)
        if not hasattr(response, "context_data"):
            return response
        shown, changes = request.GET.get(filters.QUEUE_PARAMETER), response.context_data["cl"]
        response.context_data |= {
            "title": _("Triage"),
            "ring": describe_ring(as_staff(request).user, timezone.now()),
            "show": shown,
            "search": forms.SearchForm(auto_id="search_%s", label_suffix=""),
            "found": getattr(request, "found", None),
            "most": pagination.capped_at(changes),
            "look": request_list.log_list_view(as_staff(request), changes, shown=shown).pk,
            **request_list.list_context(
                as_staff(request),
                changes,
                shown=shown,
                may_triage=self.has_triage_permission(request),
            ),
        }
        if auto_refresh.is_auto_refresh(request):
            return auto_refresh.refresh_response(
                request, cast(TemplateResponse, response), LIST_PARTS
            )
        return response

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of one request; looking at it is recorded, and changes nothing else."""
        consultation_request = self.get_object(request, object_id)
        if not self.has_view_permission(request, consultation_request):
            raise PermissionDenied
        if consultation_request is None:
            return redirect_missing(self, request, object_id)

        return self.render_request(as_staff(request), consultation_request)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The timeline is on the page itself."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse(REQUEST_PAGE, args=[object_id]) + "#timeline")

    def search_view(self, request: StaffRequest) -> HttpResponse:
        """Keeps the term in the session, so that no name ever stands in an address."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = forms.SearchForm(request.POST)
        if not form.is_valid():
            messages.warning(request, str(form.errors["term"][0]))
            return HttpResponseRedirect(reverse(REQUEST_LIST))
        request.session[SEARCH_SESSION_KEY] = form.cleaned_data["term"]
        return HttpResponseRedirect(reverse(REQUEST_LIST) + f"?show={queues.SEARCH_RESULTS}")

    def action_view(self, request: StaffRequest, pk: UUID, *, name: str) -> HttpResponse:
        """Takes one step, or says kindly why not and keeps what was typed."""
        if not self.has_triage_permission(request):
            raise PermissionDenied
        consultation_request, step = (
            get_object_or_404(self.get_queryset(request), pk=pk),
            REQUEST_ACTIONS[name],
        )
        form = step.form(
            request.POST, consultation_request=consultation_request, now=timezone.now()
        )
        if not form.is_valid():
            messages.warning(request, _("Nothing is changed yet. Look at the words in red."))
            return self.render_request(request, consultation_request, {name: form})
        if stop.needs_question(request, name, form):
            return stop.ask(request, form, self.admin_site.each_context(request))
        try:
            undoable = step.take(
                request_id=consultation_request.pk, by=request.user, **form.cleaned_data
            )
        except (ActionNotAllowed, SlotTaken) as refused:
            return self.render_refusal(request, consultation_request, name, form, refused)
        done = self.describe_success(request, consultation_request, step)
        undo.tell_done(request, done, undoable, is_claimed=undo.has_claimed(name, undoable))
        warn_of_promise(request, form.cleaned_data.get("promise_by"))
        return HttpResponseRedirect(action_urls.after_action(request, consultation_request))

    def describe_success(
        self, request: StaffRequest, consultation_request: ConsultationRequest, step: RequestAction
    ) -> str:
        """What was done; on the list also to which request, and what comes next for it."""
        if "query" not in request.POST:
            return str(step.success_message)
        now, consultation_request = (
            timezone.now(),
            self.get_queryset(request).get(pk=consultation_request.pk),
        )
        words = {
            "reference": consultation_request.reference,
            "done": step.success_message,
            "next": next_action.describe_next_action(consultation_request, now).text,
        }
        return _("%(reference)s: %(done)s Next: %(next)s.") % words

    def render_refusal(
        self,
        request: StaffRequest,
        consultation_request: ConsultationRequest,
        name: str,
        form: RequestForm,
        refused: Exception,
    ) -> HttpResponse:
        """The page as it is now, with the reason above and the form as it was sent."""
        messages.warning(request, str(refused) or _("That time was just taken. Choose another."))
        if "query" in request.POST:
            return HttpResponseRedirect(action_urls.after_action(request, consultation_request))
        return self.render_request(
            request, self.get_queryset(request).get(pk=consultation_request.pk), {name: form}
        )

    def permitted_actions(
        self, request: StaffRequest, consultation_request: ConsultationRequest, now: datetime
    ) -> set[str]:
        """What this person may do now; giving away takes an owner, or a role that assigns."""
        absent = ownership.find_absent(now)
        steps = request_row.available_actions(consultation_request, now, absent=absent)
        if not ownership.may_reassign(consultation_request, request.user):
            steps -= {"hand-over", "give-back"}
        return steps

    def render_request(
        self,
        request: StaffRequest,
        consultation_request: ConsultationRequest,
        sent: dict[str, RequestForm] | None = None,
    ) -> HttpResponse:
        """The page of one request; `sent` maps steps to forms that came back."""
        access_log.log_request_view(request, consultation_request)
        now, may_triage = timezone.now(), self.has_triage_permission(request)
        names = self.permitted_actions(request, consultation_request, now) if may_triage else set()
        blank = {
            name: REQUEST_ACTIONS[name].form(consultation_request=consultation_request, now=now)
            for name in names
        }
        sent = sent or {}
        context = {
            **self.admin_site.each_context(request),
            **request_detail.request_context(consultation_request, by=request.user, now=now),
            "title": consultation_request.reference,
            "opts": self.opts,
            "forms": forms_by_name(blank | sent),
            "sent": forms_by_name(sent),
            "may_triage": may_triage,
            "calendar": action_urls.calendar_url_for(consultation_request) if may_triage else "",
            "may_see_privacy": request.user.has_perm("admissions.view_privacyrequest"),
            "may_answer_for_messages": request.user.has_perm("admissions.answer_for_messages"),
        }
        page = "removed" if consultation_request.is_anonymized else "request"
        return TemplateResponse(
            request, f"admin/admissions/consultationrequest/{page}.html", context
        )


def warn_of_promise(request: HttpRequest, call_by: datetime | None) -> None:
    """Say so where nobody's hours hold the time at which a call was promised."""
    if call_by and not promises.is_in_phone_hours(call_by):
        words = _("Nobody has phone hours at that time. Tell a colleague who will call them.")
        messages.warning(request, words)
