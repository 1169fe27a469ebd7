"""Find one's own appointment again: by email, or by its reference and phone.

Whatever is typed, the page by email says the same. What is found by reference can be seen and not
changed: whoever lives with the person knows their phone, and may have seen the reference.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from admissions.booking import lookups
from admissions.public import rate_limiting, session
from admissions.public.decorators import private
from admissions.public.lookup_forms import EmailLookupForm, LookupForm, ReferenceLookupForm
from admissions.rate_limits.limits import TooManyRequests
from admissions.scheduling import summaries

from .manage import no_consultation_context


@private
@require_http_methods(["GET", "HEAD", "POST"])
def find_appointment(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return render_find(request)
    is_by_email = request.POST.get("by") == EmailLookupForm.by
    form = EmailLookupForm(request.POST) if is_by_email else ReferenceLookupForm(request.POST)
    if not form.is_valid():
        return render_find(request, form)
    try:
        return ask_for_link(request, form) if is_by_email else look_up(request, form)
    except TooManyRequests:
        return render_find(request, form, status=429)


def ask_for_link(request: HttpRequest, form: LookupForm) -> HttpResponse:
    lookups.ask_for_link(email=form.cleaned_data["email"], origin=rate_limiting.origin_of(request))
    return redirect("admissions:link_asked")


def look_up(request: HttpRequest, form: LookupForm) -> HttpResponse:
    found = lookups.find_by_reference(
        reference=form.cleaned_data["reference"],
        phone=form.cleaned_data["phone"],
        origin=rate_limiting.origin_of(request),
    )
    if found is None:
        missed = _("We found nothing with this reference and phone. Check both, or call us.")
        form.add_error("reference", missed)
        return render_find(request, form)
    session.allow_seeing(request, found)
    return redirect("admissions:see_appointment")


def render_find(
    request: HttpRequest, sent: LookupForm | None = None, *, status: int = 200
) -> HttpResponse:
    """Both forms; the one that was sent as it was typed, with what is wrong."""
    forms = [EmailLookupForm(), ReferenceLookupForm()]
    context = {
        "forms": [sent if sent and sent.by == form.by else form for form in forms],
        "sent": sent,
        "is_refused": status == 429,
    }
    return render(request, "admissions/find_appointment.html", context, status=status)


@private
@require_safe
def link_asked(request: HttpRequest) -> HttpResponse:
    """The same for every address, known or not."""
    return render(request, "admissions/link_asked.html")


@private
@require_safe
def see_appointment(request: HttpRequest) -> HttpResponse:
    """When and how, or the call that we owe; neither a change nor an address."""
    consultation_request = session.seen_request(request)
    consultation = consultation_request.standing_consultation()
    zone = consultation_request.time_zone
    context = {
        "consultation_request": consultation_request,
        "consultation": consultation,
        "words": summaries.summarize_consultation(consultation, zone) if consultation else None,
        "has_started": consultation is not None and consultation.starts_at <= timezone.now(),
        "owed": {} if consultation else no_consultation_context(consultation_request),
    }
    return render(request, "admissions/see_appointment.html", context)
