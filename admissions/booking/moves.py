"""A requester moves their consultation, and back again. Each is one transaction."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.alerts import news
from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.intake import waitlist_entries
from admissions.intake.idempotency import find_or_claim_key, link_key_to_request
from admissions.intake.models import ConsultationRequest
from admissions.messaging import outbox
from admissions.scheduling import assignment
from admissions.scheduling.models import Consultation, Mode, WaitlistEntry

from . import consultations
from . import tasks as booking_tasks

Type = AuditEvent.Type
REQUESTER = AuditEvent.Source.REQUESTER


@transaction.atomic
def move_consultation(
    *,
    key: uuid.UUID,
    request: ConsultationRequest,
    starts_at: datetime,
    mode: str | None = None,
    location: int | None = None,
    with_interpreter: bool = False,
) -> Consultation:
    """Take the new time and free the old, or raise SlotTaken or ActionNotAllowed and do neither.

    `mode` is another way to talk, at the same time or at a new one; `location` is the id of where
    they come then. Whoever changes to a talk by phone asks to be called. `with_interpreter` takes
    a time of whoever has it, and notes that an interpreter is needed.
    """
    request = ConsultationRequest.objects.lock(request.pk)
    if find_or_claim_key(key):
        return request.consultations.latest("booked_at", "pk")
    consultation = require_movable_consultation(request)
    wanted = mode or consultation.mode, location or consultation.visit_location_id
    if (starts_at, *wanted) == (consultation.starts_at, *consultation.way_to_talk):
        return consultation
    if wanted[0] == Mode.PHONE and not request.phone:
        raise ActionNotAllowed(_("We need a phone number to call you."))

    if with_interpreter:
        consultation.request.ask_for_interpreter()
    moved = apply_move(consultation, starts_at, location=location, mode=mode)
    if moved.is_by_phone and not consultation.is_by_phone:
        consultations.permit_call(request, moved=moved)
    waitlist_entries.stop_waiting(request, WaitlistEntry.LeaveReason.MOVED, source=REQUESTER)
    link_key_to_request(key, request)
    return moved


@transaction.atomic
def undo_move(
    *, key: uuid.UUID, request: ConsultationRequest, consultation_id: int
) -> Consultation:
    """Put back the time and the way to talk that were moved from, with their counselor if free.

    Raises SlotTaken where it is not free any more, and ActionNotAllowed where another time stands
    by now or it is too late; both leave the new time as it is. The permission to call that the move
    gave is taken back with it.
    """
    request = ConsultationRequest.objects.lock(request.pk)
    if find_or_claim_key(key):
        return request.consultations.latest("booked_at", "pk")
    consultation = require_movable_consultation(request)
    former = consultation.moved_from
    if consultation.pk != consultation_id or former is None:
        raise ActionNotAllowed(_("Your appointment has changed. Please look at its time."))

    moved = apply_move(
        consultation,
        former.starts_at,
        location=former.visit_location_id,
        mode=former.mode,
        preferred_counselor_id=former.counselor_id,
    )
    if moved.is_by_phone and not consultation.is_by_phone:
        consultations.permit_call(request, moved=moved)
    elif not moved.is_by_phone:
        consultations.take_back_permission(request, consultation)
    link_key_to_request(key, request)
    return moved


def apply_move(
    consultation: Consultation,
    starts_at: datetime,
    *,
    location: int | None = None,
    preferred_counselor_id: int | None = None,
    mode: str | None = None,
) -> Consultation:
    """The move itself: the new time held, the old one freed, recorded and told, or SlotTaken."""
    request = consultation.request
    moved = assignment.move_to_slot(
        consultation=consultation,
        starts_at=starts_at,
        now=timezone.now(),
        location=location,
        preferred_counselor_id=preferred_counselor_id,
        mode=mode,
    )
    if not request.needs_safety_answer and not request.promised_call_by:
        request.due_at = starts_at
        request.save(update_fields=["due_at"])

    request.audit_events.create(type=Type.CONSULTATION_MOVED, source=REQUESTER, consultation=moved)

    outbox.enqueue_reschedule_notice(moved)
    news.tell_of_moved_talk(moved)
    booking_tasks.wake_delivery_and_offers(request)
    return moved


def require_movable_consultation(request: ConsultationRequest) -> Consultation:
    """The consultation that its requester may still move, or ActionNotAllowed."""
    consultation = consultations.require_upcoming_consultation(request)
    if not consultations.get_mode_rules(consultation).may_move(
        consultation.starts_at, now=timezone.now()
    ):
        raise ActionNotAllowed(_("Your appointment is too soon to change here. Please call us."))
    return consultation
