"""What all rooms above ask of a request: its lock, its consultation, when it falls due."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.scheduling.models import Consultation, WaitlistEntry
from users.models import User

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


def claim_by_work(request: ConsultationRequest, *, by: User) -> bool:
    """Make what nobody owns theirs, since they work on it; return whether it was nobody's.

    Not for whoever requests cannot be handed to, such as a superuser in an emergency. Within the
    caller's transaction, which has locked the request.
    """
    may_own = not by.is_superuser and by.has_perm("admissions.triage_consultationrequest")
    if request.owner_id or request.is_closed or not may_own:
        return False
    claim(request, by=by)
    return True


def claim(request: ConsultationRequest, *, by: User) -> None:
    """Make it theirs, whosever it was, and record that; within the caller's transaction."""
    was, request.owner, request.claimed_at = request.owner, by, timezone.now()
    request.save(update_fields=["owner", "claimed_at"])
    request.audit_events.create(type=AuditEvent.Type.REQUEST_CLAIMED, actor=by, staff=was)


def mark_safety_answered(request: ConsultationRequest) -> None:
    if request.needs_safety_answer:
        request.safety_answered_at = timezone.now()
