"""What stands in the database: to show what an act wrote, and that a refusal wrote nothing."""

from operator import attrgetter

import pytest

from admissions.audit.models import AuditEvent
from admissions.care.models import (
    Acknowledgment,
    Assessment,
    Finding,
    Recommendation,
    Referral,
)
from admissions.exceptions import ActionNotAllowed
from admissions.intake.models import (
    ConsentEvent,
    ConsultationRequest,
    ContactAttempt,
    IdempotencyKey,
    LinkRequest,
    Note,
    Suppression,
)
from admissions.messaging.models import Message
from admissions.scheduling.models import Closure, Consultation

WRITTEN = (
    ConsultationRequest,
    Consultation,
    Closure,
    ConsentEvent,
    ContactAttempt,
    IdempotencyKey,
    LinkRequest,
    Message,
    Note,
    Suppression,
    Assessment,
    Finding,
    Acknowledgment,
    Recommendation,
    Referral,
)


def everything() -> dict:
    """Every row that an act on a request may write, by model; who viewed a page is no act."""
    rows = {model: list(model.objects.order_by("pk").values()) for model in WRITTEN}
    return rows | {AuditEvent: list(AuditEvent.objects.without_views().order_by("pk").values())}


def refused(act, **options) -> str:
    """Prove that the act is refused and changes nothing; return the reason."""
    before = everything()
    with pytest.raises(ActionNotAllowed) as refusal:
        act(**options)
    assert everything() == before
    return str(refusal.value)


def audit_of(*columns: str):
    """What reads these columns of every audit event of a request, oldest first."""
    read = attrgetter(*columns)
    return lambda request: [read(event) for event in request.audit_events.all()]
