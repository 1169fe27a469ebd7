"""From the guide into a booking: the answers come along, because the visitor says so."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from admissions.public import guide_answers
from admissions.public.decorators import private
from programs.forms.guide_form import GuideForm


@csrf_exempt  # exempt: a token would set a cookie too early, so where it comes from is checked
@private
@require_POST
def continue_from_guide(request: HttpRequest) -> HttpResponse:
    """Keep the answers for this visit, and go on to the times or to a call."""
    for_whom = "loved_one" if request.POST.get("for") == "loved_one" else "self"
    form = GuideForm(request.POST, for_whom=for_whom)
    if is_same_origin(request) and form.is_valid():
        guide_answers.save_answers(request.session, form.answers, for_whom)
    is_call = request.POST.get("to") == "call"
    address = reverse("admissions:request_callback" if is_call else "admissions:choose_time")
    return redirect(address + ("?for=loved_one" if for_whom == "loved_one" else ""))


def is_same_origin(request: HttpRequest) -> bool:
    """Whether a page of ours sent this: nobody may put words into another's mouth."""
    sent_from = request.headers.get("Origin") or request.headers.get("Referer", "")
    parts = urlsplit(sent_from)
    return (parts.scheme, parts.netloc) == (request.scheme, request.get_host())
