"""The question before “Asked us to stop”: what it does, and what stays."""

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from admissions import staff_formatting
from admissions.accounts.staff_request import StaffRequest
from admissions.audit import access_log
from admissions.intake import requests
from admissions.intake.models import ContactAttempt
from admissions.intake.service_levels import CLOSE_AFTER_STOP

from .request_actions import RequestForm

TEMPLATE = "admin/admissions/consultationrequest/stop.html"
CONFIRMED = "is_confirmed"


def needs_question(request: StaffRequest, name: str, form: RequestForm) -> bool:
    """Whether this step ends all contact, and nobody has said yes to that yet."""
    result = form.cleaned_data.get("result") if name == "log" else ""
    return result == ContactAttempt.Result.ASKED_TO_STOP and CONFIRMED not in request.POST


def ask(request: StaffRequest, form: RequestForm, frame: dict) -> HttpResponse:
    """The page with the question; it carries all that was sent, and nothing is changed yet."""
    consultation_request = form.consultation_request
    access_log.log_request_view(request, consultation_request)
    talk = requests.find_standing_consultation(consultation_request)
    context = {
        **frame,
        "title": _("Did they ask us to stop?"),
        "consultation_request": consultation_request,
        "consultation_when": staff_formatting.format_date_and_time(talk.starts_at) if talk else "",
        "waits": requests.find_current_waiting(consultation_request) is not None,
        "hours": CLOSE_AFTER_STOP.seconds // 3600,
        "sent": [
            (name, value)
            for name, value in request.POST.items()
            if name not in ("csrfmiddlewaretoken", CONFIRMED)
        ],
        "confirmed": CONFIRMED,
    }
    return TemplateResponse(request, TEMPLATE, context)
