"""Stop all emails of a request, by the link in each of them. GET shows, POST acts.

The link works for years and for this alone. A mail program may post to it
without opening it (RFC 8058); a person who opens it finds one button.
"""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from admissions.intake import contact_plan, manage_links, suppressions
from admissions.intake.models import ConsultationRequest, ManageToken
from admissions.public import session
from admissions.public.decorators import private

ONE_CLICK = "One-Click"


@csrf_exempt  # exempt: a mail program has no page of ours; the token alone lets it stop emails
@private
@require_http_methods(["GET", "HEAD", "POST"])
def open_unsubscribe_link(request: HttpRequest, token: str) -> HttpResponse:
    """Unknown, expired and malformed links look the same: 404."""
    consultation_request = manage_links.find_request_by_token(token, ManageToken.Purpose.STOP)
    if consultation_request is None:
        return answer_former_address(request, token)
    if request.method == "POST":
        if request.POST.get("List-Unsubscribe") != ONE_CLICK:
            raise Http404
        contact_plan.stop_emails(
            key=session.new_idempotency_key(), request=consultation_request, owns_email=True
        )
        return HttpResponse("", content_type="text/plain")
    request.session["stops"] = str(consultation_request.pk)
    request.session["stops_email"] = consultation_request.email_number
    return redirect("admissions:unsubscribe")


def answer_former_address(request: HttpRequest, token: str) -> HttpResponse:
    """An address that was corrected since is written to no more: that is so, and all we say.

    The one that the request has now is somebody else's, and this link stops nothing there.
    """
    if not manage_links.is_of_former_address(token, ManageToken.Purpose.STOP):
        raise Http404
    if request.method == "POST":
        return HttpResponse("", content_type="text/plain")
    return render(request, "admissions/unsubscribe.html", {"email": "", "stands": False})


@private
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest) -> HttpResponse:
    """One button; afterwards, what we still do and how to reach us."""
    consultation_request = unsubscribing_request(request)
    purpose = f"stop {consultation_request.pk}"
    if request.method == "POST":
        key = session.read_form_key(request, purpose)
        if key is not None:
            contact_plan.stop_emails(key=key, request=consultation_request, owns_email=True)
            session.renew_form_key(request, purpose)
        return redirect("admissions:unsubscribe")
    context = {
        "email": suppressions.mask_email(consultation_request.email)
        if consultation_request.email and not suppressions.is_suppressed(consultation_request)
        else "",
        "stands": consultation_request.standing_consultation() is not None,
        "key": session.issue_form_key(request, purpose),
    }
    return render(request, "admissions/unsubscribe.html", context)


def unsubscribing_request(request: HttpRequest) -> ConsultationRequest:
    """The request whose emails this browser may stop; raises VisitClosed."""
    pk = request.session.get("stops")
    consultation_request = ConsultationRequest.objects.filter(pk=pk).first() if pk else None
    if consultation_request is None:
        raise session.VisitClosed
    if request.session.get("stops_email", 0) != consultation_request.email_number:
        raise session.VisitClosed
    return consultation_request


@private
@require_POST
def stop_emails(request: HttpRequest) -> HttpResponse:
    """No more emails about this request; the appointment itself stands."""
    consultation_request = session.managed_request(request)
    purpose = f"stop {consultation_request.pk}"
    key = session.read_form_key(request, purpose)
    if key is not None:
        contact_plan.stop_emails(
            key=key,
            request=consultation_request,
            owns_email=session.owns_email(request, consultation_request),
        )
        session.renew_form_key(request, purpose)
    return redirect("admissions:manage")
