"""Removes what callers told us who have no request, once it was kept long enough."""

from collections.abc import Set
from datetime import datetime

from django.db import transaction

from admissions.audit.models import AuditEvent

from . import lookup
from .models import CALL_TEXTS, Call, CallQuerySet


def find_expired(*, before: datetime, held_numbers: Set[str]) -> CallQuerySet:
    """Calls older than that which led to no request, and still hold what the caller told us.

    Not those from a number that must be kept, with all that was kept of the same call.
    """
    expired = Call.objects.without_request().filter(emptied_at=None, at__lt=before)
    held = lookup.find_without_request(held_numbers)
    kept = {version.pk for each in held for version in lookup.list_versions(each)}
    return expired.exclude(pk__in=kept)


@transaction.atomic
def empty_expired_calls(*, before: datetime, at: datetime, held_numbers: Set[str]) -> int:
    """Empty their texts; the rows stay, to be counted. Return how many."""
    nothing = dict.fromkeys(CALL_TEXTS, "")
    emptied = find_expired(before=before, held_numbers=held_numbers).update(
        **nothing, emptied_at=at
    )
    if emptied:
        AuditEvent.objects.create(
            type=AuditEvent.Type.DATA_REMOVED,
            source=AuditEvent.Source.SYSTEM,
            code="calls",
            object_type="call",
            detail={"count": emptied},
        )
    return emptied
