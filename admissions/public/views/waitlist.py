"""Ask for something sooner, stop asking, and answer an offer. All of it is POST."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from admissions import formatting
from admissions.booking import waitlist
from admissions.exceptions import ActionNotAllowed
from admissions.intake.models import ConsultationRequest
from admissions.public import session
from admissions.public.decorators import private

from .manage import render_manage


@private
@require_POST
def join_waitlist(request: HttpRequest) -> HttpResponse:
    """Back to the page that asked, which then says that we are looking."""
    return apply_waitlist_service(request, waitlist.join_waitlist)


@private
@require_POST
def leave_waitlist(request: HttpRequest) -> HttpResponse:
    return apply_waitlist_service(request, waitlist.leave_waitlist)


def apply_waitlist_service(request: HttpRequest, service: Callable[..., Any]) -> HttpResponse:
    consultation_request = session.managed_request(request)
    purpose = f"sooner {consultation_request.pk}"
    key = session.read_form_key(request, purpose)
    if key is not None:
        try:
            service(key=key, request=consultation_request)
        except ActionNotAllowed as refused:
            return render_manage(request, consultation_request, notice=str(refused), status=409)
        session.renew_form_key(request, purpose)
    is_from_booked = request.POST.get("page") == "booked" and session.remembered_consultation(
        request
    )
    return redirect("admissions:booked" if is_from_booked else "admissions:manage")


@private
@require_POST
def answer_offer(request: HttpRequest) -> HttpResponse:
    """Take the offered time or keep the own one; whoever comes too late is told so kindly."""
    consultation_request = session.managed_request(request)
    number, answer = request.POST.get("number", ""), request.POST.get("answer")
    # The key was issued for this very number, so it is one of ours.
    key = session.read_form_key(request, f"answer {consultation_request.pk} {number}")
    if key is None or answer not in ("accept", "decline"):
        notice = _("Nothing has changed yet. Please choose once more.")
        return render_manage(request, consultation_request, notice=notice, status=409)
    if answer == "decline":
        waitlist.decline_offer(key=key, request=consultation_request, number=int(number))
        return redirect("admissions:manage")
    return accept_offer(request, consultation_request, key=key, number=int(number))


def accept_offer(
    request: HttpRequest, consultation_request: ConsultationRequest, *, key: UUID, number: int
) -> HttpResponse:
    try:
        moved = waitlist.accept_offer(key=key, request=consultation_request, number=number)
    except ActionNotAllowed as refused:
        return render_manage(request, consultation_request, notice=str(refused), status=409)
    if moved is None:
        return render_manage(
            request,
            consultation_request,
            notice=offer_taken_notice(consultation_request),
            status=409,
        )
    return redirect("admissions:manage")


def offer_taken_notice(consultation_request: ConsultationRequest) -> str:
    consultation = consultation_request.standing_consultation()
    if consultation is None:
        return _("Someone just took that time.")
    return _(
        "Someone just took that time. Your appointment on %(when)s has not changed. We will keep"
        " looking."
    ) % {
        "when": formatting.format_datetime_in_zone(
            consultation.starts_at, consultation_request.time_zone
        )
    }
