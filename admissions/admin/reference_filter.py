"""Lists found by the reference of a request, however it is typed. It has no place in an address:
what is typed is sent, and the address of the answer names the request by its key."""

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from admissions.form_fields import LONGEST_SEARCH
from admissions.intake.models import ConsultationRequest
from admissions.intake.models.references import spell_reference

if TYPE_CHECKING:
    from django.contrib.admin.filters import _ListFilterChoices
    from django_stubs_ext import StrOrPromise

PARAMETER = "of"


class RequestFilter(admin.SimpleListFilter):
    """Rows of one request alone; a key that is none finds nothing."""

    title = _("request")
    parameter_name = PARAMETER
    is_hidden = True
    path = "request"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> "list[tuple[str, StrOrPromise]]":
        return []

    def has_output(self) -> bool:
        """Django leaves out a filter that offers no choice."""
        return True

    def choices(self, changelist: ChangeList) -> "Iterator[_ListFilterChoices]":
        return iter(())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        asked = self.value()
        if not asked:
            return queryset
        try:
            return queryset.filter(**{self.path: uuid.UUID(asked)})
        except ValueError:
            return queryset.none()


class RequestsFilter(RequestFilter):
    """The same for rows that may belong to several requests."""

    path = "requests"


class FoundByReference(admin.ModelAdmin):
    """A list with a box for a reference above it. Its `list_filter` names a filter from here."""

    is_found_by_reference = True

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method != "POST" or "reference" not in request.POST:
            return super().changelist_view(request, extra_context)
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        typed = spell_reference(request.POST["reference"][:LONGEST_SEARCH])
        found = ConsultationRequest.objects.filter(reference=typed).first()
        if found is None:
            messages.warning(request, _("There is no request with this reference."))
            return HttpResponseRedirect(request.path)
        return HttpResponseRedirect(f"{request.path}?{PARAMETER}={found.pk}")
