"""Rings whoever is on call about a request now."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from admissions.audit.models import AuditEvent
from admissions.intake import requests
from admissions.intake.models import ConsultationRequest
from admissions.messaging import tasks
from admissions.messaging.alarms.raising import raise_alarm
from users.models import User

Type = AuditEvent.Type


@transaction.atomic
def escalate_safety(*, request_id: UUID, by: User) -> ConsultationRequest:
    """Staff hear of danger: first for everyone until somebody has talked, and the alarm rings.

    While it rings already, nothing changes.
    """
    request = requests.lock_open_request(request_id)
    if request.needs_safety_answer and request.alarms.open().exists():
        return request

    request.is_in_danger, request.safety_answered_at = True, None
    request.due_at, request.snoozed_until = timezone.now(), None
    request.save(update_fields=["is_in_danger", "safety_answered_at", "due_at", "snoozed_until"])

    request.audit_events.create(type=Type.SAFETY_ESCALATED, actor=by)

    raise_alarm(request, raised_by=by, is_pressing=True)
    tasks.wake_delivery(request)
    return request
