"""A mistyped number or email, corrected by whoever booked, or came by the link."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from admissions.booking import corrections
from admissions.exceptions import ActionNotAllowed, ChangedMeanwhile
from admissions.intake.models import ConsultationRequest
from admissions.public import rate_limiting, session
from admissions.public.decorators import private
from admissions.public.receipts.correction_form import CorrectionForm
from admissions.rate_limits.limits import TooManyRequests

from .manage import render_manage


@private
@require_http_methods(["GET", "HEAD", "POST"])
def correct_contact(request: HttpRequest) -> HttpResponse:
    """One small form; what we have stands masked beside it."""
    consultation_request = session.managed_request(request)
    purpose = f"correct {consultation_request.pk}"
    form = CorrectionForm(request.POST or None, consultation_request=consultation_request)
    key = session.read_form_key(request, purpose)
    is_sent = request.method == "POST" and form.is_valid()
    is_refused, is_stale = False, is_sent and key is None
    if is_sent and key is not None:
        try:
            corrected = corrections.correct_contact(
                key=key,
                request=consultation_request,
                contact=form.contact(),
                language=get_language(),
                origin=rate_limiting.origin_of(request),
                email_number=session.letter_number(request, consultation_request),
            )
        except ChangedMeanwhile as refused:
            raise session.VisitClosed from refused
        except ActionNotAllowed as refused:
            return render_manage(request, consultation_request, notice=str(refused), status=409)
        except TooManyRequests:
            is_refused = True
        else:
            note_correction(request, corrected, purpose)
            # Where another tab has sent this key before, nothing of this form was taken.
            is_stale = bool(corrections.find_corrected(corrected, form.contact()))
            if not is_stale:
                session.set_flash(request, "corrected")
                return redirect("admissions:manage")

    context = {
        "form": form,
        "key": session.issue_form_key(request, purpose),
        "is_stale": is_stale,
        "is_refused": is_refused,
        "has_email": bool(consultation_request.email),
    }
    return render_correction(request, context)


def render_correction(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The form; 429 beyond a limit."""
    status = 429 if context["is_refused"] else 200
    return render(request, "admissions/correct_contact.html", context, status=status)


def note_correction(request: HttpRequest, corrected: ConsultationRequest, purpose: str) -> None:
    """Whoever types an address may go on here; what it means to own it, its letter shows."""
    session.allow_managing(request, corrected)
    session.renew_form_key(request, purpose)
