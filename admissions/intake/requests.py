"""What all rooms above ask of a request: its lock, its consultation, when it falls due."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.exceptions import ActionNotAllowed
from admissions.scheduling.models import Consultation, WaitlistEntry

from .models import ConsultationRequest, ContactAttempt
from .related_rows import read_related


def find_standing_consultation(request: ConsultationRequest) -> Consultation | None:
    return next((each for each in read_related(request, "consultations") if each.is_standing), None)


def find_current_waiting(request: ConsultationRequest) -> WaitlistEntry | None:
    """The wait for something sooner that goes on, if one does."""
    return next(
        (each for each in read_related(request, "waitlist_entries") if each.left_at is None), None
    )


def find_latest_consultation(request: ConsultationRequest) -> Consultation | None:
    return max(
        read_related(request, "consultations"),
        key=lambda each: (each.booked_at, each.pk),
        default=None,
    )


def find_last_attempt(request: ConsultationRequest) -> ContactAttempt | None:
    return max(read_related(request, "attempts"), key=lambda each: (each.at, each.pk), default=None)


def lock_open_request(request_id: UUID) -> ConsultationRequest:
    """The request, locked for this change, or ActionNotAllowed once it is closed."""
    request = ConsultationRequest.objects.lock(request_id)
    if request.is_closed:
        raise ActionNotAllowed(_("This request is closed."))
    return request


def set_due_unless_pressing(request: ConsultationRequest, at: datetime) -> None:
    """Staff act next then, unless they owe something before that cannot wait."""
    is_pressed = request.needs_safety_answer or request.concern_opened_at
    if not is_pressed and not request.promised_call_by:
        request.due_at = at


def mark_safety_answered(request: ConsultationRequest) -> None:
    if request.needs_safety_answer:
        request.safety_answered_at = timezone.now()
