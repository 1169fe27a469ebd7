"""The call that somebody asked for: at another time, or not at all."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from admissions.booking import callbacks
from admissions.exceptions import ActionNotAllowed
from admissions.formatting import format_datetime_in_zone
from admissions.intake.models import ConsultationRequest
from admissions.public import session
from admissions.public.decorators import private
from admissions.public.rate_limiting import CALL_CHANGED_TOO_OFTEN
from admissions.public.receipts.call_time_form import CallTimeForm
from admissions.rate_limits.limits import TooManyRequests

from .manage import render_manage


@private
@require_http_methods(["GET", "HEAD", "POST"])
def change_callback(request: HttpRequest) -> HttpResponse:
    """Another part of the day, or no call: for whoever asked, while we owe it."""
    consultation_request = session.managed_request(request)
    purpose = change_purpose(consultation_request)
    form = CallTimeForm(request.POST or None, consultation_request=consultation_request)
    key = session.read_form_key(request, purpose)
    is_sent = request.method == "POST" and form.is_valid()

    if is_sent and key is not None:
        try:
            changed = callbacks.change_good_time(
                key=key,
                request=consultation_request,
                good_time=form.cleaned_data["good_time"],
            )
        except ActionNotAllowed as refused:
            return render_manage(request, consultation_request, notice=str(refused), status=409)
        except TooManyRequests:
            return render_change(
                request, consultation_request, form, notice=str(CALL_CHANGED_TOO_OFTEN), status=429
            )
        session.renew_form_key(request, purpose)
        # Another tab may have sent the same key before: then nothing of this form was taken.
        if changed.good_time == form.cleaned_data["good_time"]:
            session.set_flash(request, "call")
            return redirect("admissions:manage")

    if not callbacks.owes_call(consultation_request):
        return redirect("admissions:manage")
    return render_change(request, consultation_request, form, is_stale=is_sent)


def render_change(
    request: HttpRequest,
    consultation_request: ConsultationRequest,
    form: CallTimeForm,
    *,
    is_stale: bool = False,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    """By when we call as it stands, the other times, and the way to have no call."""
    context = {
        "form": form,
        "key": session.issue_form_key(request, change_purpose(consultation_request)),
        "stop_key": session.issue_form_key(request, withdrawal_purpose(consultation_request)),
        "is_stale": is_stale,
        "notice": notice,
        "call_by": format_datetime_in_zone(
            consultation_request.promised_call_by, consultation_request.time_zone
        ),
    }
    return render(request, "admissions/change_callback.html", context, status=status)


def change_purpose(consultation_request: ConsultationRequest) -> str:
    return f"call {consultation_request.pk}"


def withdrawal_purpose(consultation_request: ConsultationRequest) -> str:
    """One for each promise: a page that lay open takes back no later call."""
    return f"no_call {consultation_request.pk} {consultation_request.promised_call_by}"


@private
@require_POST
def withdraw_callback(request: HttpRequest) -> HttpResponse:
    """Take the call back; it can be asked for again at any time."""
    consultation_request = session.managed_request(request)
    key = session.read_form_key(request, withdrawal_purpose(consultation_request))
    if key is not None:
        callbacks.withdraw_callback(key=key, request=consultation_request)
        # Nobody is told that we will not call while a talk by phone stands.
        has_time = consultation_request.standing_consultation() is not None
        session.set_flash(request, "call" if has_time else "no_call")
    return redirect("admissions:manage")
