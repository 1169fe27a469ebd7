"""Ask for a call: one screen, and a time we can keep."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from admissions import formatting
from admissions.booking import callbacks
from admissions.intake.models import ConsultationRequest
from admissions.local_time import center_zone
from admissions.public import callback_promise, guide_answers, session
from admissions.public.decorators import private
from admissions.public.forms import CallbackForm
from admissions.public.parameters import requested_for_whom


@private
@require_http_methods(["GET", "POST"])
def request_callback(http_request):
    earlier = session.remembered_request(http_request)
    if (
        http_request.method == "GET"
        and "another" not in http_request.GET
        and is_callback_pending(earlier)
    ):
        return redirect("admissions:callback_requested")

    form = CallbackForm(
        http_request.POST or None,
        initial={"for_whom": requested_for_whom(http_request)},
        guide=guide_answers.load_answers(http_request.session),
    )
    key = session.read_form_key(http_request, "callback")

    if http_request.method == "POST" and form.is_valid() and key is not None:
        request = callbacks.request_callback(
            key=key, details=form.request_fields(), consents=form.consent_answers()
        )
        session.remember_request(http_request, request)
        guide_answers.forget_answers(http_request.session)
        return redirect("admissions:callback_requested")

    if http_request.method == "GET":
        session.renew_used_form_key(http_request, "callback")
    context = {
        "form": form,
        "key": session.issue_form_key(http_request, "callback"),
        "for_someone": form["for_whom"].value() == ConsultationRequest.ForWhom.LOVED_ONE,
        "is_stale": http_request.method == "POST" and form.is_valid(),
        "call_promise": callback_promise.describe_callback_promise(
            now=timezone.now(), zone=center_zone()
        ),
    }
    return render(http_request, "admissions/request_callback.html", context)


def is_callback_pending(request: ConsultationRequest | None) -> bool:
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
    request = session.remembered_request(http_request)
    if request is None or request.source != ConsultationRequest.Source.CALLBACK:
        raise Http404
    context = {
        "request": request,
        "call_by": formatting.format_datetime_in_zone(request.promised_call_by, request.time_zone),
    }
    return render(http_request, "admissions/callback_requested.html", context)
