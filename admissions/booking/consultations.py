"""Everything a requester can do. Each is one transaction: check, change, record, promise."""

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions import failpoints
from admissions.alerts import news
from admissions.audit import actors
from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.intake import contact_hours, waitlist_entries
from admissions.intake.consents import record_consents
from admissions.intake.idempotency import find_or_claim_key, link_key_to_request
from admissions.intake.models import ConsultationRequest
from admissions.intake.service_levels import CHECK_IN_AFTER_CANCELING
from admissions.messaging import outbox, tasks
from admissions.rate_limits import limits
from admissions.rate_limits.limits import Origin
from admissions.scheduling import assignment
from admissions.scheduling.assignment import SlotChoice
from admissions.scheduling.models import Consultation, Mode, ModeRules, WaitlistEntry
from users.models import User

from . import callbacks
from . import tasks as booking_tasks

Stage, Type = ConsultationRequest.Stage, AuditEvent.Type
REQUESTER = AuditEvent.Source.REQUESTER


@transaction.atomic
def request_consultation(
    *,
    key: uuid.UUID,
    starts_at: datetime,
    mode: str,
    details: dict[str, Any],
    consents: dict[str, bool],
    location: int | None = None,
    origin: Origin | None = None,
    sender: str = "",
) -> ConsultationRequest:
    """Return the one request of this key with its time; SlotTaken or TooManyRequests save nothing.

    `consents` maps ConsentVersion keys to granted or not; `location` is the id of where they come.
    What has an `origin` is counted; `sender` is the mark of the browser that sent the key.
    """
    if earlier := find_or_claim_key(key, sender=sender):
        return earlier

    now = timezone.now()
    limits.count_request(origin=origin, details=details, now=now)
    request = ConsultationRequest.objects.create(
        source=ConsultationRequest.Source.BOOKING,
        stage=Stage.CONSULTATION_SCHEDULED,
        due_at=now if details.get("is_in_danger") else starts_at,
        **details,
    )
    pick = SlotChoice(starts_at, mode, location_id=location)
    consultation = assignment.hold_slot(request=request, pick=pick, now=now)
    record_consents(request, consents)
    link_key_to_request(key, request)
    failpoints.hit_failpoint("half_booked")

    fields = {"type": Type.CONSULTATION_REQUESTED, "source": REQUESTER}
    request.audit_events.create(consultation=consultation, **fields)

    outbox.enqueue_confirmation(consultation, is_new_request=True)
    transaction.on_commit(lambda: failpoints.hit_failpoint("after_commit"))
    tasks.wake_delivery(request)
    return request


@transaction.atomic
def confirm_consultation(
    *, key: uuid.UUID, request: ConsultationRequest, sequence: int
) -> Consultation:
    """Note that they will keep the time they saw, the one of this sequence; again changes nothing.

    Raises ActionNotAllowed once another time stands, or none, or it has started.
    """
    request = ConsultationRequest.objects.lock(request.pk)
    consultation = require_upcoming_consultation(request)
    # They keep the time that they saw: their page carries the sequence of that.
    if consultation.sequence != sequence:
        raise ActionNotAllowed(_("Your appointment has changed. Please look at its time."))
    if consultation.is_confirmed or find_or_claim_key(key):
        return consultation

    consultation.move_to(Consultation.Status.CONFIRMED)
    consultation.save(update_fields=["status"])
    link_key_to_request(key, request)

    request.audit_events.create(
        type=Type.CONSULTATION_CONFIRMED, source=REQUESTER, consultation=consultation
    )
    return consultation


@transaction.atomic
def rebook_consultation(
    *,
    key: uuid.UUID,
    request: ConsultationRequest,
    starts_at: datetime,
    mode: str,
    location: int | None = None,
    instead_of_call: bool = False,
    with_interpreter: bool = False,
) -> Consultation:
    """Book a time for a request that has none, or raise SlotTaken or ActionNotAllowed.

    Whoever chooses a talk by phone asks to be called. A call that we owe stands, unless the time is
    booked `instead_of_call`. `with_interpreter` takes a time of whoever has it, and notes that an
    interpreter is needed. Nothing is changed by what is refused.
    """
    request = ConsultationRequest.objects.lock(request.pk)
    if find_or_claim_key(key):
        return request.consultations.latest("booked_at", "pk")
    check_may_rebook(request)
    if mode == Mode.PHONE and not request.phone:
        raise ActionNotAllowed(_("We need a phone number to call you."))

    pick = SlotChoice(starts_at, mode, location_id=location)
    if instead_of_call and callbacks.owes_call(request):
        callbacks.take_back_promise(request)
    if with_interpreter:
        request.ask_for_interpreter()
    consultation = schedule_consultation(request, pick)
    if mode == Mode.PHONE:
        permit_call(request)
    link_key_to_request(key, request)
    return consultation


@transaction.atomic
def cancel_consultation(
    *, key: uuid.UUID, request: ConsultationRequest, reason: str = ""
) -> Consultation:
    """Free the time and keep the row; canceling again changes nothing and sends nothing."""
    request = ConsultationRequest.objects.lock(request.pk)
    consultation = request.standing_consultation()
    if find_or_claim_key(key) or consultation is None:
        return request.consultations.latest("booked_at", "pk")

    now = timezone.now()
    if consultation.starts_at <= now:
        raise ActionNotAllowed(_("Your appointment has already started. Please call us instead."))
    if not get_mode_rules(consultation).may_cancel(consultation.starts_at, now=now):
        raise ActionNotAllowed(_("Your appointment is too soon to change here. Please call us."))

    assignment.release_consultation(
        consultation, Consultation.Status.CANCELED_BY_PERSON, reason=reason
    )
    request.move_to(Stage.ATTEMPTING_CONTACT)
    if not request.needs_safety_answer and not request.promised_call_by:
        request.due_at = contact_hours.shift_into_call_hours(
            now + CHECK_IN_AFTER_CANCELING, ZoneInfo(request.time_zone)
        )
    request.save(update_fields=["stage", "due_at"])
    waitlist_entries.stop_waiting(request, WaitlistEntry.LeaveReason.ENDED, source=REQUESTER)
    link_key_to_request(key, request)

    request.audit_events.create(
        type=Type.CONSULTATION_CANCELED, source=REQUESTER, consultation=consultation
    )

    outbox.enqueue_cancellation_notice(consultation)
    news.tell_of_canceled_talk(consultation)
    booking_tasks.wake_delivery_and_offers(request)
    return consultation


def schedule_consultation(
    request: ConsultationRequest, pick: SlotChoice, *, by: User | None = None
) -> Consultation:
    """Hold a time for a request that has none, by its requester or staff; locked by the caller.

    Recorded and told, or SlotTaken.
    """
    now = timezone.now()
    consultation = assignment.hold_slot(request=request, pick=pick, now=now, by=by)
    assignment.continue_canceled_entry(consultation)
    if request.stage != Stage.CONSULTATION_SCHEDULED:
        request.move_to(Stage.CONSULTATION_SCHEDULED)
    if not request.needs_safety_answer and not request.promised_call_by:
        request.due_at = consultation.starts_at
    request.snoozed_until = None
    request.save(update_fields=["stage", "due_at", "snoozed_until"])

    request.audit_events.create(
        type=Type.CONSULTATION_REQUESTED,
        consultation=consultation,
        **actors.actor_fields(REQUESTER, by),
    )

    outbox.enqueue_confirmation(consultation)
    tasks.wake_delivery(request)
    return consultation


def permit_call(request: ConsultationRequest, *, moved: Consultation | None = None) -> None:
    """Whoever chooses a talk by phone may be called; recorded with what it was `moved` to."""
    if not request.may_call:
        set_may_call(request, True, consultation=moved)


def take_back_permission(request: ConsultationRequest, consultation: Consultation) -> None:
    """Permit no call where the move to this consultation alone did; recorded.

    What the requester said of it afterwards stands, and so does a call they asked for.
    """
    said = request.audit_events.filter(
        Q(type=Type.PLAN_CHANGED, fields__contains=["may_call"]) | Q(type=Type.CALL_NOW_REQUESTED)
    ).last()
    if request.may_call and said and said.consultation_id == consultation.pk:
        set_may_call(request, False)


def set_may_call(
    request: ConsultationRequest, may_call: bool, *, consultation: Consultation | None = None
) -> None:
    request.may_call = may_call
    request.save(update_fields=["may_call"])
    request.audit_events.create(
        type=Type.PLAN_CHANGED, source=REQUESTER, fields=["may_call"], consultation=consultation
    )


def check_may_rebook(request: ConsultationRequest) -> None:
    """Raise ActionNotAllowed unless the request is open and has no consultation that stands."""
    if request.is_closed:
        raise ActionNotAllowed(_("Your request is closed. You can make a new one at any time."))
    if request.standing_consultation():
        raise ActionNotAllowed(_("You have an appointment already. You can move it instead."))
    is_scheduled = request.stage == Stage.CONSULTATION_SCHEDULED
    if not is_scheduled and not request.may_become(Stage.CONSULTATION_SCHEDULED):
        raise ActionNotAllowed(_("Please call us, and we will find a time together."))


def require_upcoming_consultation(request: ConsultationRequest) -> Consultation:
    """The consultation that can still change, or ActionNotAllowed."""
    consultation = request.standing_consultation()
    if consultation is None:
        raise ActionNotAllowed(_("There is no appointment left to change."))
    if consultation.starts_at <= timezone.now():
        raise ActionNotAllowed(_("Your appointment has already started. Please call us instead."))
    return consultation


def get_mode_rules(consultation: Consultation) -> ModeRules:
    return ModeRules.objects.get(mode=consultation.mode)
