"""A warm referral: someone is led elsewhere, until somebody there has said they are in touch.

Each is one transaction.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.intake import requests
from admissions.intake.models import ConsultationRequest
from programs.models import LevelOfCare
from users.models import User

from . import rules
from .models import Referral


@transaction.atomic
def record_referral(
    *, request_id: UUID, by: User, to_whom: str, level: LevelOfCare | None = None, note: str = ""
) -> Referral:
    """Keep where they are led; staff ask the next day whether it came to anything."""
    request = requests.lock_open_request(request_id)

    referral = rules.add_referral(request, by=by, to_whom=to_whom, level=level, note=note)
    if not request.standing_consultation():
        requests.set_due_unless_pressing(request, rules.next_morning(timezone.now()))
        request.save(update_fields=["due_at"])
    return referral


@transaction.atomic
def confirm_referral(*, request_id: UUID, by: User, referral_id: int) -> Referral:
    """Somebody there has said that they are in touch; also after the request has closed."""
    request = ConsultationRequest.objects.lock(request_id)
    referral = request.referrals.filter(pk=referral_id).first()
    if referral is None or referral.confirmed_at:
        raise ActionNotAllowed(_("This hand-over is confirmed already."))

    referral.confirmed_at, referral.confirmed_by = timezone.now(), by
    referral.save(update_fields=["confirmed_at", "confirmed_by"])

    request.audit_events.create(type=AuditEvent.Type.REFERRAL_CONFIRMED, actor=by)
    return referral
