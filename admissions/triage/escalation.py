"""Tells the on-call lead about a request now."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from admissions.audit.models import AuditEvent
from admissions.intake import requests
from admissions.intake.models import ConsultationRequest
from admissions.messaging import outbox, tasks
from admissions.messaging.models import Message
from users.models import User

Type = AuditEvent.Type


REPEAT_ESCALATION_WINDOW = timedelta(minutes=2)


@transaction.atomic
def escalate_safety(*, request_id: UUID, by: User) -> ConsultationRequest:
    """Staff hear of danger: first for everyone until somebody has talked, and the lead is rung."""
    request = requests.lock_open_request(request_id)
    if has_recent_escalation(request):
        return request

    request.is_in_danger, request.safety_answered_at = True, None
    request.due_at, request.snoozed_until = timezone.now(), None
    request.save(update_fields=["is_in_danger", "safety_answered_at", "due_at", "snoozed_until"])

    request.audit_events.create(type=Type.SAFETY_ESCALATED, actor=by)

    outbox.enqueue_safety_escalation(request)
    tasks.wake_delivery(request)
    return request


def has_recent_escalation(request: ConsultationRequest) -> bool:
    """Whether the lead was rung a moment ago, by this or another pair of hands."""
    return (
        request.needs_safety_answer
        and request.messages.filter(
            kind=Message.Kind.STAFF_ESCALATED,
            due_at__lte=timezone.now(),
            enqueued_at__gt=timezone.now() - REPEAT_ESCALATION_WINDOW,
        ).exists()
    )
