"""The auditor's desk: every event to read, and who saw one record. Looking leaves an event too."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from admissions.accounts.staff_request import StaffRequest
from admissions.admin.date_fields import date_field
from admissions.admin.read_only_admin import ReadOnlyAdmin
from admissions.audit import access_log
from admissions.audit.models import AuditEvent
from admissions.form_fields import PlainTextField
from admissions.intake.models import ConsultationRequest
from admissions.intake.models.references import spell_reference
from users.models import User

from . import display

EVENT_LIST = "admin:admissions_auditevent_changelist"
TEMPLATE = "admin/admissions/auditevent/list.html"


class StaffChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, user: User) -> str:
        return user.get_full_name() or user.get_username()


class EventFilterForm(forms.Form):
    """Which events; what cannot be read narrows nothing."""

    type = forms.ChoiceField(
        label=_("What"), choices=[("", _("Everything")), *AuditEvent.Type.choices], required=False
    )
    who = StaffChoiceField(
        label=_("Who"),
        queryset=User.objects.order_by("first_name", "username"),
        required=False,
        empty_label=_("Everyone"),
    )
    first = date_field(_("From"), required=False)
    last = date_field(_("Until"), required=False)
    before = forms.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput
    )


class RequestLookupForm(forms.Form):
    """One request by its reference, which has no place in an address."""

    reference = PlainTextField(
        label=_("Who saw the request"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "NKW9-N32F"}),
    )

    def clean_reference(self) -> ConsultationRequest:
        text = spell_reference(self.cleaned_data["reference"])
        found = ConsultationRequest.objects.filter(reference=text).first()
        if found is None:
            raise forms.ValidationError(_("There is no request with this reference."))
        return found


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Events are written by what people do: they are read here, and nothing else."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("", view(require_safe(self.changelist_view)),
                 name="admissions_auditevent_changelist"),
            path("record/", view(require_POST(self.lookup_view)),
                 name="admissions_auditevent_lookup"),
        ]  # fmt: skip

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The newest events first; an address leads on to older ones, and none is counted."""
        self.check_may_view(request)
        form = EventFilterForm(request.GET, auto_id="by-%s", label_suffix="")
        form.is_valid()
        filters = form.cleaned_data
        found = list(display.filter_events(**filters)[: display.PAGE_SIZE + 1])
        rows = display.event_rows(found[: display.PAGE_SIZE])
        access_log.log_view(
            request, type=AuditEvent.Type.AUDIT_VIEWED, code=filters.get("type") or "all"
        )
        older = older_events_query(request, found) if len(found) > display.PAGE_SIZE else ""
        return self.render_page(
            request, rows=rows, narrow=form, older=older, record=RequestLookupForm()
        )

    def lookup_view(self, request: StaffRequest) -> HttpResponse:
        """Everyone who looked at or changed one request."""
        self.check_may_view(request)
        form = RequestLookupForm(request.POST)
        if not form.is_valid():
            messages.warning(request, str(form.errors["reference"][0]))
            return HttpResponseRedirect(reverse(EVENT_LIST))
        consultation_request = form.cleaned_data["reference"]
        rows = display.event_rows(display.events_of_request(consultation_request.pk))
        access_log.log_request_view(
            request, consultation_request, type=AuditEvent.Type.AUDIT_VIEWED, code="who saw it"
        )
        return self.render_page(
            request, rows=rows, record=form, reference=consultation_request.reference
        )

    def check_may_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def render_page(self, request: HttpRequest, **context: Any) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Audit"),
            "opts": self.opts,
            "chain": display.seal_chain_status(),
            **context,
        }
        return TemplateResponse(request, TEMPLATE, context)


def older_events_query(request: HttpRequest, found: list[AuditEvent]) -> str:
    """The same list from its last event on."""
    kept = {
        name: value for name, value in request.GET.items() if name in EventFilterForm.base_fields
    }
    return f"?{urlencode(kept | {'before': found[display.PAGE_SIZE - 1].pk})}"
