"""The privacy page of one request: holds, disclosures, what its person asked, what was removed."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from admissions.accounts.staff_request import StaffRequest
from admissions.audit import access_log
from admissions.exceptions import ActionNotAllowed
from admissions.intake.models import ConsultationRequest
from admissions.privacy import disclosures, holds, privacy_requests
from admissions.privacy.models import LegalHold
from admissions.triage.duplicates import find_duplicates

from . import forms
from .links import PRIVACY_PAGE

VIEW = "admissions.view_privacyrequest"
MAX_OTHERS = 20
PERMISSIONS = {
    "hold": "admissions.change_legalhold",
    "lift": "admissions.change_legalhold",
    "disclose": "admissions.add_disclosure",
    "ask": "admissions.add_privacyrequest",
}


def urls(at: Callable[..., URLPattern], site: admin.AdminSite) -> list[URLPattern]:
    page = require_safe(partial(page_view, site=site))
    return [
        at("of/<uuid:request_id>/", page, "of_request"),
        *(
            at(f"of/<uuid:request_id>/{name}/", require_POST(partial(view, site=site)), name)
            for name, view in (("hold", hold_view), ("disclose", disclose_view), ("ask", ask_view))
        ),
        at(
            "of/<uuid:request_id>/lift/<int:hold_id>/",
            require_POST(partial(lift_view, site=site)),
            "lift",
        ),
    ]


def page_view(request: StaffRequest, request_id: UUID, *, site: admin.AdminSite) -> HttpResponse:
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    return render(request, get_object_or_404(ConsultationRequest, pk=request_id), site)


def hold_view(request: StaffRequest, request_id: UUID, *, site: admin.AdminSite) -> HttpResponse:
    ours = get_for(request, request_id, "hold")
    form = build_hold_form(ours, request.POST)
    if not form.is_valid():
        return refuse_form(request, ours, site, {"hold": form})
    data = {"request_ids": form.cleaned_data["requests"], "reason": form.cleaned_data["reason"]}
    return run(request, ours, holds.place_holds, _("It is held from now on."), **data)


def lift_view(
    request: StaffRequest, request_id: UUID, hold_id: int, *, site: admin.AdminSite
) -> HttpResponse:
    ours = get_for(request, request_id, "lift")
    form = forms.LiftHoldForm(request.POST)
    hold = get_object_or_404(LegalHold, pk=hold_id, request=ours)
    if not form.is_valid():
        return refuse_form(request, ours, site, {"lift": form})
    said = _("The hold is lifted.")
    return run(request, ours, holds.lift_hold, said, hold_id=hold.pk, **form.cleaned_data)


def disclose_view(
    request: StaffRequest, request_id: UUID, *, site: admin.AdminSite
) -> HttpResponse:
    ours = get_for(request, request_id, "disclose")
    form = build_disclosure_form(ours, request.POST)
    if not form.is_valid():
        return refuse_form(request, ours, site, {"disclose": form})
    said = _("The disclosure is recorded.")
    act = disclosures.record_disclosure
    return run(request, ours, act, said, request_id=ours.pk, told=form.told)


def ask_view(request: StaffRequest, request_id: UUID, *, site: admin.AdminSite) -> HttpResponse:
    ours = get_for(request, request_id, "ask")
    form = forms.AskForm(request.POST)
    if not form.is_valid():
        return refuse_form(request, ours, site, {"ask": form})
    said = _("It is noted, with the day by which we owe an answer.")
    act = privacy_requests.record_privacy_request
    return run(request, ours, act, said, request_id=ours.pk, **form.cleaned_data)


def get_for(request: StaffRequest, request_id: UUID, name: str) -> ConsultationRequest:
    if not request.user.has_perm(PERMISSIONS[name]):
        raise PermissionDenied
    return get_object_or_404(ConsultationRequest, pk=request_id)


def run(
    request: StaffRequest,
    ours: ConsultationRequest,
    act: Callable,
    said: Any,
    **data: Any,
) -> HttpResponse:
    try:
        act(by=request.user, **data)
    except ActionNotAllowed as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, said)
    return HttpResponseRedirect(reverse(PRIVACY_PAGE, args=[ours.pk]))


def refuse_form(
    request: StaffRequest, ours: ConsultationRequest, site: admin.AdminSite, sent: dict[str, Any]
) -> HttpResponse:
    messages.warning(request, _("Nothing is changed yet. Look at the words in red."))
    return render(request, ours, site, sent)


def render(
    request: StaffRequest,
    ours: ConsultationRequest,
    site: admin.AdminSite,
    sent: dict[str, Any] | None = None,
) -> HttpResponse:
    access_log.log_request_view(request, ours, code="privacy")
    standing = LegalHold.objects.covering(ours).first()
    may = {name for name, permission in PERMISSIONS.items() if request.user.has_perm(permission)}
    context = {
        **site.each_context(request),
        "title": _("Privacy of %s") % ours.reference,
        "consultation_request": ours,
        "may_open": request.user.has_perm("admissions.view_consultationrequest"),
        "standing": standing,
        "holds": ours.legal_holds.select_related("placed_by", "lifted_by"),
        "disclosures": disclosures.list_disclosures([ours]),
        "asked": ours.privacy_requests.order_by("-received_on", "-pk"),
        "certificate": getattr(ours, "removal_certificate", None),
        "forms": build_forms(ours, standing, may) | (sent or {}),
        "sent": sent or {},
    }
    return TemplateResponse(request, "admin/admissions/privacyrequest/of_request.html", context)


def build_forms(
    ours: ConsultationRequest, standing: LegalHold | None, may: set[str]
) -> dict[str, Any]:
    """Those that this person may send, and that can work now."""
    if ours.is_anonymized:
        may = may & {"lift"}
    if standing is None:
        may = may - {"lift"}
    elif standing.request_id == ours.pk:
        may = may - {"hold"}
    builders: dict[str, Callable[[], Any]] = {
        "hold": lambda: build_hold_form(ours),
        "lift": forms.LiftHoldForm,
        "disclose": lambda: build_disclosure_form(ours),
        "ask": forms.AskForm,
    }
    return {name: builders[name]() for name in may}


def build_hold_form(ours: ConsultationRequest, data: Any = None) -> forms.HoldForm:
    others = [each for each in find_duplicates(ours)[:MAX_OTHERS] if not each.is_anonymized]
    return forms.HoldForm(data, consultation_request=ours, others=others)


def build_disclosure_form(ours: ConsultationRequest, data: Any = None) -> forms.DisclosureForm:
    referrals = disclosures.find_unstated_referrals([ours])
    return forms.DisclosureForm(data, referrals=referrals)
