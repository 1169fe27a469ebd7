"""The auditor's desk: every event to read, and who saw one record. Looking leaves an event too."""

from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from .. import audit_page, looks
from ..fields import PlainTextField
from ..models import AuditEvent, ConsultationRequest
from .closures import day_field

LIST = "admin:admissions_auditevent_changelist"
TEMPLATE = "admin/admissions/auditevent/list.html"


class StaffChoice(forms.ModelChoiceField):
    def label_from_instance(self, user):
        return user.get_full_name() or user.get_username()


class NarrowForm(forms.Form):
    """Which events; what cannot be read narrows nothing."""

    type = forms.ChoiceField(
        label=_("What"), choices=[("", _("Everything")), *AuditEvent.Type.choices], required=False
    )
    who = StaffChoice(
        label=_("Who"),
        queryset=User.objects.order_by("first_name", "username"),
        required=False,
        empty_label=_("Everyone"),
    )
    first = day_field(_("From"), required=False)
    last = day_field(_("Until"), required=False)
    before = forms.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput
    )


class RecordForm(forms.Form):
    """One request by its reference, which has no place in an address."""

    reference = PlainTextField(
        label=_("Who saw the request"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "NKW9-N32F"}),
    )

    def clean_reference(self):
        text = self.cleaned_data["reference"].strip().upper()
        found = ConsultationRequest.objects.filter(reference=text).first()
        if found is None:
            raise forms.ValidationError(_("There is no request with this reference."))
        return found


@admin.register(AuditEvent)
class AuditDesk(admin.ModelAdmin):
    """Events are written by what people do: they are read here, and nothing else."""

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("", view(require_safe(self.changelist_view)),
                 name="admissions_auditevent_changelist"),
            path("record/", view(require_POST(self.record_view)),
                 name="admissions_auditevent_record"),
        ]  # fmt: skip

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def changelist_view(self, request, extra_context=None):
        """The newest events first; an address leads on to older ones, and none is counted."""
        self.must_see(request)
        form = NarrowForm(request.GET, auto_id="by-%s", label_suffix="")
        form.is_valid()
        asked = form.cleaned_data
        found = list(audit_page.narrowed(**asked)[: audit_page.AT_ONCE + 1])
        rows = audit_page.rows(found[: audit_page.AT_ONCE])
        looks.record(request, type=AuditEvent.Type.AUDIT_VIEWED, code=asked.get("type") or "all")
        older = older_than(request, found) if len(found) > audit_page.AT_ONCE else ""
        return self.draw(request, rows=rows, narrow=form, older=older, record=RecordForm())

    def record_view(self, request):
        """Everyone who looked at or changed one request."""
        self.must_see(request)
        form = RecordForm(request.POST)
        if not form.is_valid():
            messages.warning(request, form.errors["reference"][0])
            return HttpResponseRedirect(reverse(LIST))
        asked = form.cleaned_data["reference"]
        rows = audit_page.rows(audit_page.of_request(asked.pk))
        looks.record_request(request, asked, type=AuditEvent.Type.AUDIT_VIEWED, code="who saw it")
        return self.draw(request, rows=rows, record=form, asked=asked.reference)

    def must_see(self, request):
        if not self.has_view_permission(request):
            raise PermissionDenied

    def draw(self, request, **context):
        context = {
            **self.admin_site.each_context(request),
            "title": _("Audit"),
            "opts": self.opts,
            "chain": audit_page.chain(),
            **context,
        }
        return TemplateResponse(request, TEMPLATE, context)


def older_than(request, found) -> str:
    """The same list from its last event on."""
    kept = {name: value for name, value in request.GET.items() if name in NarrowForm.base_fields}
    return f"?{urlencode(kept | {'before': found[audit_page.AT_ONCE - 1].pk})}"
