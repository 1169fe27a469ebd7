"""What holds for every model of the staff desk: its pages and changes are written into the
audit, its list is narrowed by its own filters alone, and no text is longer than it may be."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import (
    SEARCH_VAR,
    ChangeList,
    ChangeListSearchForm,
)
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Field, Model, QuerySet
from django.forms import BaseFormSet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import ResolverMatch
from django.utils.translation import gettext_lazy as _

from admissions import formatting, staff_formatting
from admissions.accounts.staff_request import StaffRequest
from admissions.admin.links import redirect_missing
from admissions.admin.native_widgets import (
    NATIVE_WIDGETS,
    with_native_widgets,
    without_pop_ups,
)
from admissions.admin.staff_requests import as_staff
from admissions.audit import access_log
from admissions.audit.models import AuditEvent
from admissions.form_fields import LONGEST_SEARCH, BoundedTextField
from admissions.intake.models import ConsultationRequest
from users.models import User

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Type = AuditEvent.Type
# What a text of no length of its own may have: four times our longest article.
LONGEST_TEXT = 20_000


def log_page_view(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view of the desk whose page is written down by its name, unless it has done so itself.

    What a page's own frames and files show, its event stands for.
    """

    @wraps(view)
    def seen(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if isinstance(response, TemplateResponse) and not access_log.is_logged(request):
            match = cast(ResolverMatch, request.resolver_match)
            code = str(match.url_name).removeprefix("admissions_")
            access_log.log_view(request, code=code, shown=shown_request_ids(response))
        return response

    return seen


def shown_request_ids(response: TemplateResponse) -> list:
    """The requests that the rows of a plain list belong to."""
    changes = (response.context_data or {}).get("cl")
    rows = changes.result_list if changes else []
    ids = [
        row.pk if isinstance(row, ConsultationRequest) else getattr(row, "request_id", None)
        for row in rows
    ]
    return [pk for pk in ids if pk]


class BoundedSearchForm(ChangeListSearchForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {
            SEARCH_VAR: BoundedTextField(max_length=LONGEST_SEARCH, required=False, strip=False)
        }


class BoundedChangeList(ChangeList):
    """A list that no address makes fail, and that is in order by its sortable columns alone."""

    search_form_class = BoundedSearchForm

    def get_ordering_field(self, field_name: Any) -> Any:
        """None for what is not sortable, which an address may ask for all the same: Postgres orders
        no encrypted text."""
        is_sortable = field_name in (self.sortable_by or ())
        return super().get_ordering_field(field_name) if is_sortable else None

    def get_filters(self, request: HttpRequest) -> Any:
        """Raise IncorrectLookupParameters also for a day whose year, or whose next, is none."""
        try:
            return super().get_filters(request)
        except (OverflowError, ValueError) as wrong:
            raise IncorrectLookupParameters from wrong


class AuditedAdmin(admin.ModelAdmin):
    """What Django's own forms change: the record and the names of its fields, in the same
    transaction. Django's log would keep what the record is called, and could be edited."""

    object_history_template = "admin/history.html"
    formfield_overrides = NATIVE_WIDGETS
    # What the list and the button for a new row are called, where that is not by the model's name;
    # and what an empty list says.
    list_title: "StrOrPromise" = ""
    add_title: "StrOrPromise" = ""
    when_empty: "StrOrPromise" = ""

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> list[type]:
        return [with_native_widgets(each) for each in super().get_inlines(request, obj)]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedChangeList

    def formfield_for_dbfield(
        self, db_field: Field, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        """Every text that Django's own forms ask for has a length."""
        if isinstance(db_field, models.TextField) and db_field.max_length is None:
            kwargs.setdefault("max_length", LONGEST_TEXT)
        return without_pop_ups(super().formfield_for_dbfield(db_field, request, **kwargs))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only the parameters of this list's own filters.

        Django allows any lookup on a field of the model, and on what relates to it: whether a
        row is there would tell, letter by letter, a password's hash or the key of a session.
        """
        return lookup in self.filter_parameters(request)

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Rows are referred to by their key; Django fails at the names of some relations."""
        return to_field == self.opts.pk.name

    def filter_parameters(self, request: HttpRequest) -> set[str]:
        day = self.date_hierarchy
        parameters = {f"{day}__{part}" for part in ("year", "month", "day")} if day else set()
        for each in self.get_list_filter(request):
            parameters.update(self.parameters_of(each, request))
        return parameters

    def parameters_of(self, list_filter: Any, request: HttpRequest) -> list[str]:
        """What one filter reads from the address, as Django's ChangeList makes the filter."""
        if isinstance(list_filter, type):
            return [cast(type[admin.SimpleListFilter], list_filter).parameter_name or ""]
        path, make = list_filter, admin.FieldListFilter.create
        if isinstance(list_filter, (list, tuple)):
            path, make = list_filter
        field = get_fields_from_path(self.model, path)[-1]
        made = make(field, request, {}, self.model, self, field_path=path)
        return [name for name in made.expected_parameters() if name]

    # What Django makes of it goes into its own log, which we do not keep.
    def construct_change_message(  # type: ignore[override]
        self,
        request: HttpRequest,
        form: forms.BaseForm,
        formsets: Iterable[BaseFormSet],
        add: bool = False,
    ) -> list[str]:
        """Names of fields, which Django hands on to the three below."""
        names = list(form.changed_data)
        for formset in formsets or []:
            model = cast(Any, formset).model._meta.model_name
            changed = {name for each in formset.forms for name in each.changed_data}
            names += [f"{model} {name}" for name in sorted(changed)]
        return names

    # Django's own log names records in words and can be edited, so it is not written: an audit
    # event takes its place, in the same transaction. Nobody reads what these three return.
    def log_addition(  # type: ignore[override]
        self, request: HttpRequest, obj: Model, message: list[str]
    ) -> AuditEvent:
        return record_object_change(as_staff(request), Type.RECORD_ADDED, obj)

    def log_change(  # type: ignore[override]
        self, request: HttpRequest, obj: Model, message: list[str]
    ) -> AuditEvent:
        return record_object_change(as_staff(request), Type.RECORD_CHANGED, obj, fields=message)

    def log_deletions(  # type: ignore[override]
        self, request: HttpRequest, queryset: QuerySet
    ) -> list[AuditEvent]:
        staff = as_staff(request)
        return [record_object_change(staff, Type.RECORD_DELETED, obj) for obj in queryset]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django deletes many at once outside any transaction."""
        if request.method != "POST":
            return super().changelist_view(request, extra_context)
        with transaction.atomic():
            return super().changelist_view(request, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        names = {"list_title": self.list_title, "add_title": self.add_title}
        return super().render_change_form(request, context | names, *args, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who changed this record and when, from the audit."""
        obj = self.get_object(request, object_id)
        if obj is None:
            return redirect_missing(self, request, object_id)
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Who changed it"),
            "opts": self.opts,
            "object": obj,
            "changes": change_history(obj),
        }
        return TemplateResponse(request, self.object_history_template, context)


def with_audit(admin_class: type | None) -> type:
    """This admin class, or Django's own, whose changes are recorded."""
    if admin_class in (None, admin.ModelAdmin):
        return AuditedAdmin
    return type(admin_class.__name__, (admin_class, AuditedAdmin), {"__module__": __name__})


def record_object_change(
    request: StaffRequest, type: str, obj: Model, *, fields: Iterable[str] = ()
) -> AuditEvent:
    return AuditEvent.objects.create(
        type=type, actor=request.user, fields=list(fields), **identify_object(obj)
    )


def identify_object(obj: Model) -> dict[str, str]:
    """Which record, as columns of an audit event: never what it is called."""
    return {"object_type": str(obj._meta.model_name), "object_id": str(obj.pk)}


def change_history(obj: Model) -> list[dict]:
    events = AuditEvent.objects.filter(type__in=AuditEvent.RECORD_TYPES, **identify_object(obj))
    return [
        {
            "when": staff_formatting.format_date_and_time(event.at),
            "who": formatting.staff_name(cast(User, event.actor)),
            "what": event.get_type_display(),
            "fields": event.fields,
        }
        for event in events.select_related("actor").order_by("-at", "-pk")[:100]
    ]
