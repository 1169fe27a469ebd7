"""A time that staff book while someone is on the phone: check, change, record, promise."""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.alerts import news
from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.intake import requests
from admissions.intake.consents import record_consents
from admissions.intake.idempotency import find_or_claim_key, link_key_to_request
from admissions.intake.models import ConsultationRequest
from admissions.intake.requests import lock_open_request, set_due_unless_pressing
from admissions.messaging import outbox, tasks
from admissions.scheduling import assignment
from admissions.scheduling.assignment import SlotChoice
from admissions.scheduling.models import Consultation, Mode
from users.models import User

from . import consultations
from . import tasks as booking_tasks

Stage, Type = ConsultationRequest.Stage, AuditEvent.Type


@transaction.atomic
def book_new_caller(
    *,
    key: uuid.UUID,
    by: User,
    pick: SlotChoice,
    details: dict[str, Any],
    consents: dict[str, bool],
) -> ConsultationRequest:
    """Book a time for someone on the phone; the same key answers with the same request.

    `details` and `consents` are as booking takes them. Raises SlotTaken, and
    then nothing is saved.
    """
    if earlier := find_or_claim_key(key):
        return earlier

    now, promised = timezone.now(), details.get("promised_call_by")
    first_due = min(promised, pick.starts_at) if promised else pick.starts_at
    request = ConsultationRequest.objects.create(
        source=ConsultationRequest.Source.STAFF,
        stage=Stage.CONSULTATION_SCHEDULED,
        due_at=now if details.get("is_in_danger") else first_due,
        **details,
    )
    consultation = assignment.hold_slot(request=request, pick=pick, now=now, by=by)
    record_consents(request, consents, by=by)
    link_key_to_request(key, request)

    request.audit_events.create(
        type=Type.CONSULTATION_REQUESTED, actor=by, consultation=consultation
    )
    if promised:
        request.audit_events.create(type=Type.CALL_PROMISED, actor=by)

    outbox.enqueue_confirmation(consultation, is_new_request=True)
    tasks.wake_delivery(request)
    return request


@transaction.atomic
def book_for_request(
    *, key: uuid.UUID, request_id: uuid.UUID, by: User, pick: SlotChoice
) -> ConsultationRequest:
    """Book a time for a request without a consultation, or raise and change nothing.

    What nobody owned is theirs from then on.
    """
    request = requests.lock_open_request(request_id)
    if find_or_claim_key(key):
        return request
    check_may_book_for(request, pick.mode)

    consultations.schedule_consultation(request, pick, by=by)
    requests.claim_by_work(request, by=by)
    link_key_to_request(key, request)
    return request


def check_may_book_for(request: ConsultationRequest, mode: str) -> None:
    """A request holds one consultation at a time, and nobody is called who asked us not to."""
    if request.standing_consultation():
        raise ActionNotAllowed(_("A consultation stands already. Move it instead."))
    if mode == Mode.PHONE and not (request.phone and request.may_call):
        raise ActionNotAllowed(
            _(
                "The contact plan permits no call. Choose another mode, or first change the plan"
                " on this page if they now want calls."
            )
        )


@transaction.atomic
def reschedule_consultation(
    *, request_id: uuid.UUID, starts_at: datetime, by: User, counselor_id: int | None = None
) -> Consultation:
    """Move the consultation to another open time, or raise SlotTaken and change nothing.

    It may also move to another counselor, who is named then.
    """
    request = lock_open_request(request_id)
    consultation = require_standing_consultation(request)
    is_same_counselor = counselor_id in (None, consultation.counselor_id)
    if consultation.starts_at == starts_at and is_same_counselor:
        return consultation

    moved = assignment.move_to_slot(
        consultation=consultation,
        starts_at=starts_at,
        now=timezone.now(),
        by=by,
        counselor_id=counselor_id,
    )
    set_due_unless_pressing(request, starts_at)
    request.snoozed_until = None
    request.save(update_fields=["due_at", "snoozed_until"])

    request.audit_events.create(type=Type.CONSULTATION_MOVED, actor=by, consultation=moved)

    outbox.enqueue_reschedule_notice(moved)
    news.tell_of_moved_talk(moved, by=by)
    booking_tasks.wake_delivery_and_offers(request)
    return moved


def require_standing_consultation(request: ConsultationRequest) -> Consultation:
    consultation = request.standing_consultation()
    if consultation is None:
        raise ActionNotAllowed(_("No consultation stands."))
    return consultation
