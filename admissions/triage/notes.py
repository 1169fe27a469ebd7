"""Notes of staff on a request."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from admissions.audit.models import AuditEvent
from admissions.intake.models import ConsultationRequest, Note
from users.models import User

from . import contact_attempts

Type = AuditEvent.Type


# What the next must know


@transaction.atomic
def add_note(*, request_id: UUID, by: User, text: str) -> Note:
    """Keep what a colleague should know, of a closed request as well; it cannot be changed."""
    request = ConsultationRequest.objects.lock(request_id)
    if twin := find_repeated_note(request, by, text):
        return twin

    note = request.notes.create(by=by, text=text)

    request.audit_events.create(type=Type.NOTE_ADDED, actor=by)
    return note


def find_repeated_note(request: ConsultationRequest, by: User, text: str) -> Note | None:
    """The same words by the same hand a moment ago."""
    recent = request.notes.filter(
        by=by, at__gt=timezone.now() - contact_attempts.DOUBLE_CLICK_WINDOW
    ).exclude(undoable__undone_at__isnull=False)
    return next((each for each in recent if each.text == text), None)
