"""The page on which staff cancel a consultation, and where it leads."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions import staff_formatting
from admissions.accounts.staff_request import StaffRequest
from admissions.admin import contact_summary
from admissions.admin.links import CALENDAR_PAGE, REQUEST_PAGE
from admissions.audit import access_log
from admissions.exceptions import ActionNotAllowed
from admissions.intake import requests
from admissions.intake.models import ConsultationRequest
from admissions.scheduling.models import Consultation
from admissions.triage import cancellations
from admissions.undo import steps

from . import undo
from .cancel_form import CancelConsultationForm

if TYPE_CHECKING:
    from .requests import ConsultationRequestAdmin

TEMPLATE = "admin/admissions/consultationrequest/cancel.html"


def cancel_view(
    request: StaffRequest, pk: UUID, *, admin: "ConsultationRequestAdmin"
) -> HttpResponse:
    """The form, or what came of it; where nothing stands any more, the request says why."""
    if not admin.has_triage_permission(request):
        raise PermissionDenied
    consultation_request = get_object_or_404(admin.get_queryset(request), pk=pk)
    consultation = requests.find_standing_consultation(consultation_request)
    if request.method == "POST":
        return submit_cancellation(request, admin, consultation_request, consultation)
    if consultation is None:
        messages.info(request, _("There is no consultation to cancel any more."))
        return HttpResponseRedirect(reverse(REQUEST_PAGE, args=[pk]))
    form = CancelConsultationForm(consultation_request=consultation_request, now=timezone.now())
    return render_cancellation(request, admin, consultation, form)


def submit_cancellation(
    request: StaffRequest,
    admin: "ConsultationRequestAdmin",
    consultation_request: ConsultationRequest,
    consultation: Consultation | None,
) -> HttpResponse:
    """Cancels, or shows the form again; whoever was too late is told on the request's page."""
    form = CancelConsultationForm(
        request.POST, consultation_request=consultation_request, now=timezone.now()
    )
    if consultation and not form.is_valid():
        return render_cancellation(request, admin, consultation, form)
    page = reverse(REQUEST_PAGE, args=[consultation_request.pk])
    if not form.is_valid():
        messages.warning(request, _("There is no consultation to cancel any more."))
        return HttpResponseRedirect(page)
    try:
        action = steps.take_step(
            service=cancellations.cancel_consultation,
            request_id=consultation_request.pk,
            by=request.user,
            consultation_id=form.cleaned_data["consultation_id"],
            said=form.answers(),
        )
    except ActionNotAllowed as refused:
        messages.warning(request, str(refused))
        return HttpResponseRedirect(page)
    undo.tell_done(request, _("The consultation is canceled."), action)
    wants_time = form.cleaned_data["next_step"] == cancellations.NextStep.NEW_TIME
    is_new = wants_time and consultation is not None
    return HttpResponseRedirect(calendar_for(consultation) if is_new and consultation else page)


def calendar_for(canceled: Consultation) -> str:
    """The free times of the same counselor and mode, for the request whose time was canceled."""
    query = {
        "for": canceled.request_id,
        "counselor": canceled.counselor_id,
        "mode": canceled.mode,
        "from": timezone.localdate(),
    }
    return f"{reverse(CALENDAR_PAGE)}?{urlencode(query)}"


def render_cancellation(
    request: StaffRequest,
    admin: "ConsultationRequestAdmin",
    consultation: Consultation,
    form: CancelConsultationForm,
) -> HttpResponse:
    consultation_request = form.consultation_request
    access_log.log_view(request, code="cancel", shown=[consultation_request.pk])
    context = {
        **admin.admin_site.each_context(request),
        "title": _("Cancel the consultation"),
        "consultation_request": consultation_request,
        "consultation": consultation,
        "when": staff_formatting.format_date_and_time(consultation.starts_at),
        "tags": [
            *contact_summary.phone_tags(consultation_request),
            *contact_summary.email_tags(consultation_request),
        ],
        "form": form,
    }
    return TemplateResponse(request, TEMPLATE, context)
