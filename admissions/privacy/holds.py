"""Legal holds: placed on requests and lifted again. What is held is removed by nobody."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.intake.models import ConsultationRequest
from admissions.intake.models.search_tokens import phone_digits
from users.models import User

from .models import LegalHold

Type = AuditEvent.Type


@transaction.atomic
def place_holds(*, request_ids: Iterable[UUID], reason: str, by: User) -> list[LegalHold]:
    """Hold each of these requests; one that is held already keeps its hold.

    Raises ActionNotAllowed when personal data of one was removed: nothing is left to hold.
    """
    requests = ConsultationRequest.objects.lock_all(request_ids)
    gone = [each.reference for each in requests if each.is_anonymized]
    if gone or not requests:
        raise ActionNotAllowed(_("Personal data was removed already: %s.") % ", ".join(gone))
    held = set(LegalHold.objects.standing().filter(request__in=requests).values_list("request_id"))

    placed = [
        LegalHold.objects.create(request=each, reason=reason, placed_by=by)
        for each in requests
        if (each.pk,) not in held
    ]

    for hold in placed:
        AuditEvent.objects.create(type=Type.HOLD_PLACED, actor=by, request_id=hold.request_id)
    return placed


@transaction.atomic
def lift_hold(*, hold_id: int, reason: str, by: User) -> LegalHold:
    """Lift a hold, with why. What rules remove is removed again from tonight on, and a removal that
    was ordered follows within a minute.
    """
    hold = LegalHold.objects.select_for_update().get(pk=hold_id)
    if hold.lifted_at:
        raise ActionNotAllowed(_("This hold was lifted already."))

    hold.lifted_at, hold.lifted_by, hold.lift_reason = timezone.now(), by, reason
    hold.save(update_fields=["lifted_at", "lifted_by", "lift_reason"])

    AuditEvent.objects.create(type=Type.HOLD_LIFTED, actor=by, request_id=hold.request_id)
    return hold


def find_held_requests() -> QuerySet[ConsultationRequest]:
    """Requests under a standing hold, which covers what is merged with its request."""
    held = LegalHold.objects.standing().values("request")
    roots = ConsultationRequest.objects.filter(pk__in=held, merged_into__isnull=False)
    return ConsultationRequest.objects.filter(
        Q(pk__in=held) | Q(merged_into__in=held) | Q(pk__in=roots.values("merged_into"))
    )


def find_held_numbers() -> set[str]:
    """Phone numbers, in digits, of requests under a hold: what else was told from one is kept."""
    phones = find_held_requests().values_list("phone", flat=True)
    return {phone_digits(each) for each in phones if each}


def find_held_in_audit(*, begins: datetime, ends: datetime) -> list[str]:
    """References of requests under a hold that events of this time are about, or showed."""
    events = AuditEvent.objects.filter(at__gte=begins, at__lt=ends)
    return [
        each.reference
        for each in find_held_requests().order_by("reference")
        if events.filter(
            Q(request=each) | Q(consultation__request=each) | Q(shown__contains=[each.pk])
        ).exists()
    ]
