"""Where steps on a request lead: to the calendar, and back to where they were taken."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from admissions.admin.links import CALENDAR_PAGE, REQUEST_PAGE
from admissions.intake import requests
from admissions.intake.models import ConsultationRequest

from . import request_list


def calendar_url_for(consultation_request: ConsultationRequest) -> str:
    """The week calendar, to book a time for this request or to move the one that stands."""
    consultation = requests.find_standing_consultation(consultation_request)
    query: dict[str, Any] = {"for": consultation_request.pk}
    if consultation:
        day = max(timezone.localdate(consultation.starts_at), timezone.localdate())
        query = {"move": consultation.pk, "counselor": consultation.counselor_id, "from": day}
    return "" if consultation_request.is_closed else f"{reverse(CALENDAR_PAGE)}?{urlencode(query)}"


def after_action(request: HttpRequest, consultation_request: ConsultationRequest) -> str:
    """Back to the row of the list, or of Today, a step was taken from, else to the request."""
    if request.POST.get("query") == request_list.TODAY:
        return f"{reverse('admin:index')}#{consultation_request.reference}"
    if "query" in request.POST:
        return request_list.list_url(request, consultation_request)
    return reverse(REQUEST_PAGE, args=[consultation_request.pk])
