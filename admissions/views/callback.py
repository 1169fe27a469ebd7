"""Ask for a call: one screen, and a time we can keep."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from admissions import booking, guiding, letters, times
from admissions.forms import CallbackForm
from admissions.models import ConsultationRequest

from . import visits
from .booking import asked_whom, centre_zone
from .private import private


@private
@require_http_methods(["GET", "POST"])
def request_callback(http_request):
    earlier = visits.remembered(http_request)
    if http_request.method == "GET" and "another" not in http_request.GET and is_awaited(earlier):
        return redirect("admissions:callback_requested")

    form = CallbackForm(
        http_request.POST or None,
        initial={"for_whom": asked_whom(http_request)},
        guide=guiding.taken(http_request.session),
    )
    key = visits.read_key(http_request, "callback")

    if http_request.method == "POST" and form.is_valid() and key is not None:
        request = booking.request_callback(
            key=key, details=form.details(), consents=form.consents()
        )
        visits.remember(http_request, request)
        guiding.forget(http_request.session)
        return redirect("admissions:callback_requested")

    if http_request.method == "GET":
        visits.renew_used_key(http_request, "callback")
    context = {
        "form": form,
        "key": visits.form_key(http_request, "callback"),
        "for_someone": form["for_whom"].value() == ConsultationRequest.ForWhom.LOVED_ONE,
        "is_stale": http_request.method == "POST" and form.is_valid(),
        "call_promise": times.call_promise(now=timezone.now(), zone=centre_zone()),
    }
    return render(http_request, "admissions/request_callback.html", context)


def is_awaited(request: ConsultationRequest | None) -> bool:
    """Whether this browser has asked already and the call has not come."""
    return (
        request is not None
        and request.source == ConsultationRequest.Source.CALLBACK
        and request.promised_call_by is not None
    )


@private
@require_safe
def callback_requested(http_request):
    """By when we call, from what number, and what to do meanwhile."""
    request = visits.remembered(http_request)
    if request is None or request.source != ConsultationRequest.Source.CALLBACK:
        raise Http404
    context = {
        "request": request,
        "call_by": letters.clock(request.promised_call_by, request.time_zone),
    }
    return render(http_request, "admissions/callback_requested.html", context)
