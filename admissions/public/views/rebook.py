"""Choose a time for a request that has none: it joins what we know already."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from admissions.booking import consultations
from admissions.counters import Refusal, count_refusal
from admissions.exceptions import ActionNotAllowed, SlotTaken
from admissions.intake.models import ConsultationRequest
from admissions.public import session
from admissions.public.decorators import private
from admissions.public.receipts.standing_call import describe_call
from admissions.scheduling import availability

from . import known_times
from .known_times import WayToTalk
from .manage import render_manage


@private
@require_http_methods(["GET", "HEAD", "POST"])
def rebook(request: HttpRequest) -> HttpResponse:
    """One tap books; where nothing can be booked, the page of the request says why."""
    consultation_request = session.managed_request(request)
    purpose = rebook_purpose(consultation_request)
    if request.method == "POST":
        return submit_rebooking(request, consultation_request, purpose)
    try:
        consultations.check_may_rebook(consultation_request)
    except ActionNotAllowed:
        return redirect("admissions:manage")
    return render_rebook(request, consultation_request, purpose)


def rebook_purpose(consultation_request: ConsultationRequest) -> str:
    return f"choose {consultation_request.pk}"


def submit_rebooking(
    request: HttpRequest, consultation_request: ConsultationRequest, purpose: str
) -> HttpResponse:
    key = session.read_form_key(request, purpose)
    starts_at = availability.parse_stamp(request.POST.get("at", ""))
    way = rebooking_way(request, consultation_request)
    if key is None or starts_at is None or not way.is_submitted(request):
        return render_rebook(request, consultation_request, purpose, is_stale=True)
    try:
        consultations.rebook_consultation(
            key=key,
            request=consultation_request,
            starts_at=starts_at,
            mode=way.mode,
            location=way.location,
            with_interpreter=way.is_interpreted,
            instead_of_call=request.POST.get("call") == "take_back",
        )
    except SlotTaken:
        count_refusal(Refusal.SLOT_TAKEN)
        return render_rebook(request, consultation_request, purpose, lost=starts_at)
    except ActionNotAllowed as refused:
        return render_manage(request, consultation_request, notice=str(refused), status=409)
    session.renew_form_key(request, purpose)
    session.set_flash(request, "booked")
    return redirect("admissions:manage")


def rebooking_way(request: HttpRequest, consultation_request: ConsultationRequest) -> WayToTalk:
    """What the address or form names, else the way of their last appointment."""
    latest = consultation_request.consultations.order_by("booked_at", "pk").last()
    return known_times.requested_way(request, consultation_request, latest=latest)


def render_rebook(
    request: HttpRequest,
    consultation_request: ConsultationRequest,
    purpose: str,
    *,
    lost: datetime | None = None,
    is_stale: bool = False,
) -> HttpResponse:
    """All open times of one mode; 409 when one was just lost, or the form was not ours."""
    way = rebooking_way(request, consultation_request)
    context = {
        **known_times.times_context(consultation_request, way, now=timezone.now(), lost=lost),
        "here": reverse("admissions:rebook"),
        "call_by": describe_call(consultation_request),
        "key": session.issue_form_key(request, purpose),
        "is_stale": is_stale,
    }
    status = 409 if lost or is_stale else 200
    return render(request, "admissions/rebook.html", context, status=status)
