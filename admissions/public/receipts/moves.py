"""What the page says after a move: from when to when, and the way back."""

from django.http import HttpRequest

from admissions.formatting import format_datetime_in_zone
from admissions.intake.models import ConsultationRequest
from admissions.public import session
from admissions.scheduling.models import Consultation

MOVED = "moved"


def note_move(request: HttpRequest, consultation_request: ConsultationRequest) -> None:
    """This browser has just moved it: its page offers the way back while that time stands."""
    if consultation := consultation_request.standing_consultation():
        request.session[MOVED] = consultation.pk


def undo_purpose(consultation: Consultation | None) -> str:
    """One for each time that stands: a key of the page before undoes nothing."""
    return f"undo {consultation.pk if consultation else ''}"


def describe_move(
    request: HttpRequest, consultation: Consultation | None, *, zone_name: str
) -> dict[str, str] | None:
    """From when, to when, and the key of the button; None where this browser moved nothing."""
    if consultation is None or request.session.get(MOVED) != consultation.pk:
        return None
    former = consultation.moved_from
    if former is None or former.starts_at == consultation.starts_at:
        return None
    return {
        "before": format_datetime_in_zone(former.starts_at, zone_name),
        "after": format_datetime_in_zone(consultation.starts_at, zone_name),
        "key": session.issue_form_key(request, undo_purpose(consultation)),
    }
