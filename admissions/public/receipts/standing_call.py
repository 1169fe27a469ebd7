"""The call that we owe to whoever looks on or books: it stands until they take it back."""

from django.http import HttpRequest
from django.utils import timezone

from admissions.formatting import format_datetime_in_zone
from admissions.intake.models import ConsultationRequest
from admissions.public import session


def describe_standing_call(request: HttpRequest) -> str:
    """By when we call whoever asked in this browser; nothing once it is late, or was made."""
    if "request" not in request.session:
        return ""
    consultation_request = session.remembered_request(request)
    return describe_call(consultation_request) if consultation_request else ""


def describe_call(consultation_request: ConsultationRequest) -> str:
    """The promised time by the person's clock, while it is yet to come."""
    by = consultation_request.promised_call_by
    if by is None or by < timezone.now() or consultation_request.is_closed:
        return ""
    return format_datetime_in_zone(by, consultation_request.time_zone)
