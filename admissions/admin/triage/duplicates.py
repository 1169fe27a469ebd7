"""Requests with the same phone or email side by side, and what merges them."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from admissions import staff_formatting
from admissions.accounts.staff_request import StaffRequest
from admissions.admin.action_form import set_choices
from admissions.admin.links import REQUEST_PAGE
from admissions.audit import access_log
from admissions.exceptions import ActionNotAllowed
from admissions.intake import requests as intake_requests
from admissions.intake.models import ConsultationRequest
from admissions.intake.models.request_queries import ConsultationRequestQuerySet
from admissions.triage import desk_clock, duplicates

from . import request_row

TRIAGE_PERMISSION = "admissions.triage_consultationrequest"


class MergeForm(forms.Form):
    """Which stays, which end in it, and that someone has made sure."""

    keep = forms.UUIDField(error_messages={"required": _lazy("Choose which one stays.")})
    end = forms.TypedMultipleChoiceField(
        coerce=str, error_messages={"required": _lazy("Tick what is to be merged.")}
    )
    is_same_person = forms.BooleanField(
        label=_lazy("I have made sure that this is the same person."),
        error_messages={"required": _lazy("First make sure that this is the same person.")},
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, requests: list[ConsultationRequest]
    ) -> None:
        super().__init__(data, label_suffix="")
        set_choices(self, "end", [(str(each.pk), each.reference) for each in requests])


def duplicates_view(request: StaffRequest, pk: UUID, *, site: admin.AdminSite) -> HttpResponse:
    """GET shows what is needed to tell two people apart; POST merges."""
    if not request.user.has_perm(TRIAGE_PERMISSION):
        raise PermissionDenied
    everyone = ConsultationRequest.objects.with_history()
    consultation_request = get_object_or_404(everyone, pk=pk)
    found = duplicates.find_duplicates(consultation_request)
    others = cast(ConsultationRequestQuerySet, found).with_history()[: duplicates.MAX_SHOWN]
    compared = (
        [consultation_request, *others] if consultation_request.merged_into_id is None else []
    )
    if request.method == "POST":
        return submit_merge(request, site, consultation_request, compared)
    return render_duplicates(request, site, consultation_request, compared)


def submit_merge(
    request: StaffRequest,
    site: admin.AdminSite,
    consultation_request: ConsultationRequest,
    compared: list[ConsultationRequest],
) -> HttpResponse:
    check_known_requests(request, consultation_request, compared)
    form = MergeForm(request.POST, requests=compared)
    if not form.is_valid():
        return render_duplicates(request, site, consultation_request, compared, form)
    chosen = form.cleaned_data
    ended = [UUID(each) for each in chosen["end"] if each != str(chosen["keep"])]
    try:
        kept = duplicates.merge_requests(
            keep_id=chosen["keep"],
            end_ids=ended,
            by=request.user,
            is_same_person=chosen["is_same_person"],
        )
    except ActionNotAllowed as refused:
        messages.warning(request, str(refused))
        return render_duplicates(request, site, consultation_request, compared, form)
    messages.success(request, _("They are one request now: %(one)s.") % {"one": kept.reference})
    return HttpResponseRedirect(reverse(REQUEST_PAGE, args=[kept.pk]))


def check_known_requests(
    request: HttpRequest,
    consultation_request: ConsultationRequest,
    compared: list[ConsultationRequest],
) -> None:
    """Only what the page shows, or did until it was merged a moment ago; all else is 404."""
    known = {
        str(each.pk)
        for each in [consultation_request, *compared, *consultation_request.merged.all()]
    }
    sent = {request.POST.get("keep", ""), *request.POST.getlist("end")} - {""}
    if not sent <= known:
        raise Http404


def render_duplicates(
    request: StaffRequest,
    site: admin.AdminSite,
    consultation_request: ConsultationRequest,
    compared: list[ConsultationRequest],
    form: MergeForm | None = None,
) -> HttpResponse:
    if not compared[1:]:
        messages.info(request, _("There is no other request with this phone or email now."))
        return HttpResponseRedirect(
            reverse(
                REQUEST_PAGE, args=[consultation_request.merged_into_id or consultation_request.pk]
            )
        )
    access_log.log_view(request, code="duplicates", shown=[each.pk for each in compared])
    context = {
        **site.each_context(request),
        "title": _("Compare %(one)s") % {"one": consultation_request.reference},
        "consultation_request": consultation_request,
        "sides": comparison_sides(
            request, consultation_request, compared, is_sent=form is not None
        ),
        "form": form or MergeForm(requests=compared),
    }
    return TemplateResponse(
        request, "admin/admissions/consultationrequest/duplicates.html", context
    )


def comparison_sides(
    request: StaffRequest,
    consultation_request: ConsultationRequest,
    compared: list[ConsultationRequest],
    *,
    is_sent: bool,
) -> list[dict]:
    """Each request as one side of the comparison, with what is chosen about it."""
    best = duplicates.suggest_request_to_keep(compared)
    clock = desk_clock.read_desk_clock(timezone.now())
    kept = request.POST.get("keep") or str(best.pk if best else "")
    ended = (
        request.POST.getlist("end")
        if is_sent
        else preselected_duplicates(consultation_request, compared)
    )
    return [
        {
            "card": request_row.request_row(each, by=request.user, clock=clock),
            "when": staff_formatting.format_date_and_time(each.created_at),
            "may_stay": not each.is_closed,
            "may_end": duplicates.may_be_merged(each),
            "stays": str(each.pk) == kept,
            "ends": str(each.pk) in ended,
            "consultation": describe_consultation_time(each),
        }
        for each in compared
    ]


def describe_consultation_time(consultation_request: ConsultationRequest) -> str:
    standing = intake_requests.find_standing_consultation(consultation_request)
    return staff_formatting.format_date_and_time(standing.starts_at) if standing else ""


def preselected_duplicates(
    consultation_request: ConsultationRequest, compared: list[ConsultationRequest]
) -> list[str]:
    """Ticked at first: those in the same name that can end; it takes a tick more to merge."""
    name = consultation_request.preferred_name.casefold()
    alike = [each for each in compared if each.preferred_name.casefold() == name]
    return [str(each.pk) for each in alike if duplicates.may_be_merged(each)] if alike[1:] else []
