"""Removes what callers told us who have no request, once it was kept long enough."""

from datetime import datetime

from django.db import transaction

from admissions.audit.models import AuditEvent

from .models import CALL_TEXTS, Call, CallQuerySet


def find_expired(*, before: datetime) -> CallQuerySet:
    """Calls older than that which led to no request, and still hold what the caller told us."""
    return Call.objects.without_request().filter(emptied_at=None, at__lt=before)


@transaction.atomic
def empty_expired_calls(*, before: datetime, at: datetime) -> int:
    """Empty their texts; the rows stay, to be counted. Return how many."""
    nothing = dict.fromkeys(CALL_TEXTS, "")
    emptied = find_expired(before=before).update(**nothing, emptied_at=at)
    if emptied:
        AuditEvent.objects.create(
            type=AuditEvent.Type.DATA_REMOVED,
            source=AuditEvent.Source.SYSTEM,
            code="calls",
            object_type="call",
            detail={"count": emptied},
        )
    return emptied
