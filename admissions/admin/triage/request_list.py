"""The triage list: what narrows it, and the views of it that staff keep."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions import formatting, staff_formatting
from admissions.accounts.staff_request import StaffRequest
from admissions.admin import auto_refresh, fragments, pagination
from admissions.admin.links import REQUEST_LIST
from admissions.admin.staff_requests import as_staff
from admissions.audit import access_log
from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.form_fields import PlainTextField
from admissions.intake.models import ConsultationRequest
from admissions.intake.related_rows import load_related
from admissions.triage import desk_clock, ownership, queues, saved_views
from admissions.triage.models import SavedView
from users.models import User

from . import filters, request_row
from .row_writer import RowWriter

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# What forms of Today send for the list to go back to.
TODAY = "today"


def build_admin_filter(each: filters.RequestFilter) -> type[admin.SimpleListFilter]:
    """One narrowing as the admin asks for it; a code that is not ours narrows nothing."""

    class CodeFilter(admin.SimpleListFilter):
        title = cast("StrOrPromise", each.name)
        parameter_name = each.key

        def lookups(
            self, request: HttpRequest, model_admin: admin.ModelAdmin
        ) -> "list[tuple[str, StrOrPromise]]":
            return [(str(code), name) for code, name in each.choices(as_staff(request).user)]

        def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
            code = filters.known_code(self.value() or "", self.lookup_choices)
            by = as_staff(request).user
            return queryset.filter(each.condition(code, by)) if code else queryset

    return CodeFilter


REQUEST_ADMIN_FILTERS = [build_admin_filter(each) for each in filters.REQUEST_FILTERS]


class RequestPaginator(pagination.CappedPaginator):
    """Puts a page in order by the ids alone; then its requests are read, with all that belongs to
    them, by their ids."""

    def page(self, number: Any) -> Page:
        page = super().page(number)
        keys = list(cast(QuerySet, page.object_list).values_list("pk", flat=True))
        found = ConsultationRequest.objects.with_columns_of_a_line().without_texts().in_bulk(keys)
        page.object_list = [found[key] for key in keys if key in found]
        load_related(page.object_list)
        return page


class SaveViewForm(forms.Form):
    """A name for the list as it is narrowed now."""

    name = PlainTextField(
        label=_("Name of this list"),
        max_length=40,
        help_text=_("Never the name of a person we help."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Give the list a name.")},
    )
    is_shared = forms.BooleanField(label=_("Show it to everyone"), required=False)
    query = forms.CharField(max_length=500, required=False, widget=forms.HiddenInput)


def list_context(
    request: StaffRequest, changes: ChangeList, *, shown: str | None, may_triage: bool
) -> dict:
    """What the list shows beside its frame; every row is written out."""
    now, by = timezone.now(), request.user
    chosen = filters.select_filters(request.GET, by=by, read=read_choices(changes))
    clock = desk_clock.read_desk_clock(now)
    opens_at = clock.opens_at
    query = filters.list_query(shown or "", chosen)
    cards = [request_row.request_row(each, by=by, clock=clock) for each in changes.result_list]
    writer = RowWriter(
        fragments.fragment_renderer(), token=get_token(request), query=query, may_triage=may_triage
    )
    return {
        "cards": cards,
        "rows": [writer.write(card) for card in cards],
        "chips": queues.build_queue_chips(shown, by=by, now=now),
        "narrowings": chosen,
        "narrowed": [
            (each, filters.list_query(shown or "", chosen, without=each.key))
            for each in chosen
            if each.code
        ],
        "kept": filters.list_query("", chosen),
        "query": query,
        "views": saved_view_links(by, query),
        "save_view": SaveViewForm(auto_id="view_%s", label_suffix="", initial={"query": query}),
        "may_share": by.has_perm(saved_views.SHARE_PERMISSION),
        "may_triage": may_triage,
        "gone_owners": list_gone_owners(by, now) if shown == "unclaimed" else [],
        "now": now,
        "shown_at": staff_formatting.format_short_datetime(now, now),
        "opens_at": staff_formatting.format_opening(opens_at, now) if opens_at else "",
    }


def list_gone_owners(by: User, now: datetime) -> list[tuple[int, str, int]]:
    """(id, name, how many open requests are theirs) of who has left or is away; for whoever
    assigns work.
    """
    if not by.has_perm(ownership.REASSIGN_PERMISSION):
        return []
    theirs = ConsultationRequest.objects.open().filter(ownership.owner_gone_condition(now))
    counted = dict(theirs.values_list("owner").annotate(count=Count("pk")))
    owners = User.objects.filter(pk__in=counted).order_by("first_name", "last_name", "pk")
    return [(each.pk, formatting.staff_name(each), counted[each.pk]) for each in owners]


def read_choices(changes: ChangeList) -> dict[str, list]:
    """The choices of the narrowings that the list has read for itself."""
    return {
        str(each.parameter_name): list(each.lookup_choices)
        for each in changes.filter_specs
        if isinstance(each, admin.SimpleListFilter)
    }


def saved_view_links(by: User, query: str) -> list[tuple]:
    """Each saved view, and whether it is the one shown."""
    seen = SavedView.objects.visible_to(by).select_related("user")
    return [(each, each.query == query and query != "", each.user_id == by.pk) for each in seen]


def log_list_view(request: StaffRequest, changes: ChangeList, *, shown: str | None) -> AuditEvent:
    """Who looks at which requests; a refresh that shows nobody new adds nothing."""
    found = changes.result_count if shown == queues.SEARCH_RESULTS else None
    return access_log.log_refreshed_view(
        request,
        since=auto_refresh.last_view_event(request),
        code=f"triage:{queues.resolve_queue_key(shown)}",
        shown=[row.pk for row in changes.result_list],
        found=found,
    )


def save_view(request: StaffRequest) -> HttpResponse:
    """Names the list as it is narrowed; what is not a code of ours is dropped."""
    form = SaveViewForm(request.POST)
    if not form.is_valid():
        messages.warning(request, str(next(iter(form.errors.values()))[0]))
        return HttpResponseRedirect(list_url(request))
    sent = form.cleaned_data
    try:
        saved_views.create_saved_view(
            by=request.user,
            name=sent["name"],
            query=clean_query(sent["query"], request.user),
            is_shared=sent["is_shared"],
        )
    except ActionNotAllowed as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, _("The list is saved."))
    return HttpResponseRedirect(list_url(request))


def delete_saved_view(request: StaffRequest, pk: int) -> HttpResponse:
    saved_views.delete_saved_view(by=request.user, pk=pk)
    messages.success(request, _("The saved list is deleted."))
    return HttpResponseRedirect(reverse(REQUEST_LIST))


def clean_query(query: str, by: User) -> str:
    """The query of a list, of our codes only."""
    sent = QueryDict(query)
    shown = sent.get(filters.QUEUE_PARAMETER, "")
    shown = shown if shown in {*dict(queues.QUEUE_NAMES), queues.SEARCH_RESULTS} else ""
    return filters.list_query(shown, filters.select_filters(sent, by=by))


def list_url(request: HttpRequest, consultation_request: ConsultationRequest | None = None) -> str:
    """The list a step was taken from, at the row of this request."""
    query = clean_query(request.POST.get("query", ""), as_staff(request).user)
    return (
        reverse(REQUEST_LIST)
        + (f"?{query}" if query else "")
        + (f"#{consultation_request.reference}" if consultation_request else "")
    )


def require_view_permission(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Only for those who may see requests."""

    def guarded(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm("admissions.view_consultationrequest"):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
