"""The insurance desk: who waits for a check, and one form. It shows nothing else of a request."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from admissions import staff_formatting
from admissions.accounts.staff_request import StaffRequest
from admissions.admin import contact_summary
from admissions.admin.action_form import ActionForm
from admissions.admin.links import redirect_missing
from admissions.admin.staff_requests import as_staff
from admissions.audit import access_log
from admissions.audit.models import AuditEvent
from admissions.care import insurance
from admissions.care.models import BenefitsVerification
from admissions.exceptions import ActionNotAllowed
from admissions.form_fields import PlainLinesField, PlainTextField
from admissions.intake import contact_hours

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

INSURANCE_LIST = "admin:admissions_benefitsverification_changelist"
INSURANCE_PAGE = "admin:admissions_benefitsverification_change"
PAGE_SIZE = 50


class InsuranceConsentForm(ActionForm):
    has_consent = forms.BooleanField(
        label=_lazy("The person it insures has agreed that we ask their insurer."),
        error_messages={"required": _lazy("They have to agree first that we ask their insurer.")},
    )


def short_text_field(label: "StrOrPromise", most: int, **extra: Any) -> PlainTextField:
    return PlainTextField(
        label=label,
        required=False,
        max_length=most,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        **extra,
    )


def long_text_field(label: "StrOrPromise", **extra: Any) -> PlainLinesField:
    return PlainLinesField(
        label=label,
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        **extra,
    )


class BenefitsVerificationForm(forms.Form):
    """The details; `seen_at` says which ones the form was made from."""

    status = forms.ChoiceField(label=_lazy("Status"), choices=BenefitsVerification.Status)
    payer = short_text_field(_lazy("Payer"), 120)
    member_id = short_text_field(_lazy("Member ID"), 60)
    policy_holder = short_text_field(_lazy("Policy holder"), 120)
    estimate = long_text_field(_lazy("Estimate"), help_text=_lazy("An estimate, never a promise."))
    note = long_text_field(
        _lazy("Note"), help_text=_lazy("About the insurance alone. No clinical details.")
    )
    seen_at = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, *, of: BenefitsVerification) -> None:
        kept = {name: getattr(of, name) for name in DETAIL_FIELDS}
        super().__init__(data, initial=kept | {"seen_at": of.changed_at.isoformat()})
        self.label_suffix = ""

    def clean_seen_at(self) -> datetime:
        try:
            return datetime.fromisoformat(self.cleaned_data["seen_at"])
        except ValueError:
            raise forms.ValidationError(_("Open this page again.")) from None


DETAIL_FIELDS = ["status", "payer", "member_id", "policy_holder", "estimate", "note"]


@admin.register(BenefitsVerification)
class BenefitsVerificationAdmin(admin.ModelAdmin):
    """Only who verifies benefits comes here; a look at details is recorded each time."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("admissions.verify_benefits")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_change_permission(request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who waits for a check, the longest first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = timezone.now()
        page = Paginator(
            insurance.find_pending_verifications().defer(*ENCRYPTED_FIELDS), PAGE_SIZE
        ).get_page(request.GET.get("page"))
        access_log.log_view(request, code="insurance", shown=[each.request_id for each in page])
        context = {
            **self.admin_site.each_context(request),
            "title": _("Insurance to check"),
            "page": page,
            "rows": [insurance_row(each, now) for each in page],
        }
        return TemplateResponse(request, "admin/admissions/benefitsverification/list.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One check: GET shows it, POST keeps what changed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        of = self.get_object(request, object_id)
        if of is None:
            return redirect_missing(self, request, object_id)
        if request.method != "POST":
            return self.show(as_staff(request), of, BenefitsVerificationForm(of=of))
        form = BenefitsVerificationForm(request.POST, of=of)
        if not form.is_valid():
            return self.show(as_staff(request), of, form)
        details = {name: form.cleaned_data[name] for name in DETAIL_FIELDS}
        seen_at = form.cleaned_data["seen_at"]
        try:
            insurance.update_verification(
                benefits_id=of.pk, by=as_staff(request).user, seen_at=seen_at, details=details
            )
        except ActionNotAllowed as refused:
            messages.warning(request, str(refused))
            return self.show(as_staff(request), of, form)
        messages.success(request, _("It is kept."))
        return HttpResponseRedirect(reverse(INSURANCE_LIST))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who looked and who changed it is the auditor's to see."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse(INSURANCE_PAGE, args=[object_id]))

    def show(
        self, request: StaffRequest, of: BenefitsVerification, form: BenefitsVerificationForm
    ) -> TemplateResponse:
        access_log.log_request_view(request, of.request, type=AuditEvent.Type.BENEFITS_SEEN)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Insurance of %(one)s") % {"one": of.request.reference},
            "of": of,
            "row": insurance_row(of, timezone.now()),
            "form": form,
        }
        return TemplateResponse(
            request, "admin/admissions/benefitsverification/check.html", context
        )


ENCRYPTED_FIELDS = ["member_id", "policy_holder", "estimate", "note"]


def insurance_row(of: BenefitsVerification, now: datetime) -> dict:
    """What the insurance desk may know of a person: how to ask them, and how long they wait."""
    request = of.request
    may_call = bool(request.phone and request.may_call)
    return {
        "of": of,
        "reference": request.reference,
        "name": request.name_used,
        "phone": request.phone if may_call else None,
        "tags": contact_summary.phone_tags(request) if may_call else [],
        "is_quiet": contact_hours.is_in_quiet_hours(now, ZoneInfo(request.time_zone)),
        "waited": staff_formatting.format_duration(now - of.asked_at),
        "address": reverse(INSURANCE_PAGE, args=[of.pk]),
    }
