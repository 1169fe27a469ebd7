"""Ask for a call: one screen, and a time we can keep."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from admissions import formatting, time_zones
from admissions.booking import callbacks
from admissions.intake.models import ConsultationRequest
from admissions.public import (
    callback_promise,
    guide_answers,
    language_switch,
    rate_limiting,
    session,
)
from admissions.public.callback_form import CallbackForm
from admissions.public.decorators import private
from admissions.public.parameters import chosen_zone, requested_for_whom
from admissions.public.receipts.facts import describe_contact
from admissions.rate_limits.limits import TooManyRequests

from .known_request import find_callable_request, render_already_received, render_known_call
from .manage import may_rebook


@private
@require_http_methods(["GET", "HEAD", "POST"])
def request_callback(request: HttpRequest) -> HttpResponse:
    earlier = session.remembered_request(request)
    if request.method != "POST" and "another" not in request.GET:
        if is_callback_pending(earlier):
            return redirect("admissions:callback_requested")
        if known_request := find_callable_request(earlier):
            return render_known_call(request, known_request)

    if language_switch.is_switching(request):
        return switch_language(request)

    form = build_form(request)
    key = session.read_form_key(request, "callback")

    if request.method == "POST" and form.is_valid() and key is not None:
        return submit_callback(request, form, key)

    if request.method == "GET":
        session.renew_used_form_key(request, "callback")
    is_stale = request.method == "POST" and form.is_valid()
    return render_callback(request, form, is_stale=is_stale)


def submit_callback(request: HttpRequest, form: CallbackForm, key: UUID) -> HttpResponse:
    sender = session.sender_of(request)
    try:
        consultation_request = callbacks.request_callback(
            key=key,
            details=form.request_fields(),
            consents=form.consent_answers(),
            origin=rate_limiting.origin_of(request),
            sender=sender,
        )
    except TooManyRequests as refused:
        rate_limiting.note_refusal(refused)
        return render_callback(request, form, status=429, is_refused=True)
    if not session.may_see_answer(request, consultation_request, key=key, sender=sender):
        return render_already_received(request)
    session.remember_request(request, consultation_request)
    guide_answers.forget_answers(request.session)
    return redirect("admissions:callback_requested")


def build_form(request: HttpRequest) -> CallbackForm:
    """The form that was sent, or a new one with what the address says."""
    return CallbackForm(
        request.POST or None,
        initial={"for_whom": requested_for_whom(request), "time_zone": chosen_zone(request)},
        guide=guide_answers.load_answers(request.session),
    )


def switch_language(request: HttpRequest) -> HttpResponse:
    """The same form in this language, as it was typed."""
    form = CallbackForm(guide=guide_answers.load_answers(request.session))
    language_switch.fill_with_typed(form, request)
    return render_callback(request, form)


def render_callback(
    request: HttpRequest, form: CallbackForm, *, status: int = 200, **extra: Any
) -> HttpResponse:
    zone = time_zones.parse_zone(form["time_zone"].value())
    promise = callback_promise.describe_callback_promise(
        now=timezone.now(), zone=zone, is_zone_named=not form["time_zone"].value()
    )
    form.name_soonest_time(promise)
    context = {
        "form": form,
        "key": session.issue_form_key(request, "callback"),
        "call_promise": promise,
        **extra,
    }
    return render(request, "admissions/request_callback.html", context, status=status)


def is_callback_pending(consultation_request: ConsultationRequest | None) -> bool:
    """Whether this browser has asked already and the call has not come."""
    return (
        consultation_request is not None
        and consultation_request.source == ConsultationRequest.Source.CALLBACK
        and consultation_request.promised_call_by is not None
    )


@private
@require_safe
def callback_requested(request: HttpRequest) -> HttpResponse:
    """By when we call, from what number, and what to do meanwhile; or the time booked since."""
    consultation_request = session.remembered_request(request)
    if consultation_request is None:
        raise session.VisitClosed
    if consultation_request.source != ConsultationRequest.Source.CALLBACK:
        return redirect("admissions:booked")
    if not callbacks.owes_call(consultation_request):
        session.allow_managing(request, consultation_request)
        has_time = consultation_request.standing_consultation() is not None
        return redirect("admissions:booked" if has_time else "admissions:manage")
    session.allow_managing(request, consultation_request)
    context = {
        "consultation_request": consultation_request,
        "contact": describe_contact(consultation_request),
        "may_book": may_rebook(consultation_request),
        "call_by": formatting.format_datetime_in_zone(
            consultation_request.promised_call_by, consultation_request.time_zone
        ),
    }
    return render(request, "admissions/callback_requested.html", context)
