"""Whether insurance pays: asked for by who works on the request, looked into by few."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.alerts import news
from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.intake import requests
from admissions.intake.models import ConsultationRequest
from users.models import User

from .models import BenefitsVerification

Type = AuditEvent.Type


@transaction.atomic
def request_verification(*, request_id: UUID, by: User, has_consent: bool) -> BenefitsVerification:
    """Have the insurance of this request checked, as they agreed; asking again changes nothing."""
    request = requests.lock_open_request(request_id)
    if not has_consent:
        raise ActionNotAllowed(_("They have to agree first that we ask their insurer."))
    if hasattr(request, "benefits"):
        return request.benefits

    now = timezone.now()
    asked = BenefitsVerification.objects.create(
        request=request, asked_at=now, consented_at=now, changed_by=by
    )

    request.audit_events.create(type=Type.BENEFITS_ASKED, actor=by)

    news.tell_of_insurance(asked.pk, by=by)
    return asked


@transaction.atomic
def update_verification(
    *, benefits_id: int, by: User, seen_at: datetime, details: dict[str, Any]
) -> BenefitsVerification:
    """Keep new details, by someone who has seen those of `seen_at`; the same again is no change."""
    benefits = BenefitsVerification.objects.select_for_update().get(pk=benefits_id)
    if benefits.request.is_closed:
        raise ActionNotAllowed(_("This request is closed."))
    changed = [name for name, value in details.items() if value != getattr(benefits, name)]
    if not changed:
        return benefits
    if benefits.changed_at != seen_at:
        raise ActionNotAllowed(_("A colleague has changed it meanwhile. Look at it again."))

    was_open = benefits.is_open
    for name in changed:
        setattr(benefits, name, details[name])
    benefits.changed_at, benefits.changed_by = timezone.now(), by
    benefits.save(update_fields=[*changed, "changed_at", "changed_by"])

    benefits.request.audit_events.create(type=Type.BENEFITS_CHANGED, actor=by, fields=changed)

    if was_open and not benefits.is_open:
        people = find_askers(benefits.request)
        news.tell_of_checked_insurance(benefits.pk, benefits.request_id, people=people, by=by)
    return benefits


def find_askers(request: ConsultationRequest) -> list[User]:
    """Who asked for the check, and whose request it is."""
    asked = request.audit_events.filter(type=Type.BENEFITS_ASKED).select_related("actor")
    return [each for each in [*(event.actor for event in asked), request.owner] if each]


def find_pending_verifications() -> QuerySet[BenefitsVerification]:
    """What is to be looked into, of requests that are open; who has waited longest first."""
    return (
        BenefitsVerification.objects.filter(status__in=BenefitsVerification.OPEN_STATUSES)
        .exclude(request__stage=ConsultationRequest.Stage.CLOSED)
        .select_related("request")
        .order_by("asked_at", "pk")
    )
