"""What was booked, what may follow it at once, and how to leave no trace of it here."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from admissions import formatting
from admissions.calendars import ics
from admissions.intake.models import ConsultationRequest
from admissions.messaging import catalog
from admissions.public import callback_promise, session
from admissions.public.decorators import private
from admissions.public.receipts import contact_card as cards
from admissions.public.receipts.facts import describe_contact, find_map_link
from admissions.scheduling import summaries

from .manage import earlier_time_context


@private
@require_safe
def booked(request: HttpRequest) -> HttpResponse:
    """What was booked, and what happens next; nothing that was typed.

    Back may lead here from what this browser asked for since: that is shown then.
    """
    consultation_request = session.remembered_request(request)
    if consultation_request is None:
        raise session.VisitClosed
    consultation = consultation_request.standing_consultation()
    if consultation is None:
        session.allow_managing(request, consultation_request)
        is_call = consultation_request.source == ConsultationRequest.Source.CALLBACK
        return redirect("admissions:callback_requested" if is_call else "admissions:manage")
    confirmation = consultation.messages.filter(kind__in=catalog.list_invitation_kinds()).last()
    context = {
        "consultation": consultation,
        "consultation_request": consultation_request,
        "words": summaries.summarize_consultation(consultation, consultation_request.time_zone),
        "gets_email": bool(consultation_request.email and consultation_request.may_email),
        "is_email_sent": confirmation is not None and confirmation.is_sent,
        "is_email_lost": confirmation is not None and confirmation.is_lost,
        "is_email_skipped": confirmation is not None and confirmation.is_skipped,
        "call_by": formatting.format_datetime_in_zone(
            consultation_request.promised_call_by, consultation_request.time_zone
        ),
        "key": session.issue_form_key(request, call_now_purpose(consultation_request)),
        "call_promise": callback_promise.describe_urgent_promise(
            now=timezone.now(), zone=ZoneInfo(consultation_request.time_zone)
        )
        if consultation_request.needs_safety_answer
        else None,
        "sooner": earlier_time_context(request, consultation_request),
        "contact": describe_contact(consultation_request),
        "map_link": find_map_link(consultation),
    }
    session.allow_managing(request, consultation_request)
    return render(request, "admissions/booked.html", context)


def call_now_purpose(consultation_request: ConsultationRequest) -> str:
    """One for each request: the next one made in this browser may ask as well."""
    return f"call_now {consultation_request.pk}"


@private
@require_safe
def calendar_file(request: HttpRequest) -> HttpResponse:
    """The appointment as a file, neutral and without anyone's address."""
    consultation = session.remembered_consultation(request)
    if consultation is None:
        return redirect("admissions:booked")
    return HttpResponse(
        ics.build_download(consultation),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="appointment.ics"'},
    )


@private
@require_safe
def contact_card(request: HttpRequest) -> HttpResponse:
    """Our number for the contacts of a phone, under a discreet name unless they said otherwise."""
    consultation_request = session.remembered_request(request) or session.managed_request(request)
    return HttpResponse(
        cards.build_contact_card(consultation_request),
        content_type=cards.MEDIA_TYPE,
        headers={"Content-Disposition": 'attachment; filename="contact.vcf"'},
    )


@require_safe
def before_the_call(request: HttpRequest) -> HttpResponse:
    return render(request, "admissions/before_the_call.html")


@require_POST
def finish(request: HttpRequest) -> HttpResponse:
    """Forget this visit on this device."""
    request.session.flush()
    response = redirect("admissions:finished")
    response.delete_cookie(settings.CSRF_COOKIE_NAME, samesite=settings.CSRF_COOKIE_SAMESITE)
    # Whatever this or an older page of ours has left here; browsers heed it over TLS.
    response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


@private
@require_safe
def finished(request: HttpRequest) -> HttpResponse:
    return render(request, "admissions/finished.html")
