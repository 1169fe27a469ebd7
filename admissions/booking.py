"""Everything a requester can do. Each is one transaction: check, change, record, promise."""

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from . import assignment, availability, cadence, clocks, offers, privacy, promises, tasks
from .availability import CallPromise
from .models import (
    AuditEvent,
    ConsentVersion,
    Consultation,
    ConsultationRequest,
    Mode,
    ModeRules,
    MoveNotAllowed,
    Suppression,
    Waiting,
)
from .submissions import answered_before, keep_consents, remember

CHECK_IN_AFTER_CANCELLING = timedelta(days=1)
Stage, Type = ConsultationRequest.Stage, AuditEvent.Type
REQUESTER = AuditEvent.Source.REQUESTER


@transaction.atomic
def request_consultation(
    *, key: uuid.UUID, starts_at: datetime, mode: str, details: dict, consents: dict, location=None
) -> ConsultationRequest:
    """Book a time for a new request; the same key always answers with the same request.

    `details` are columns of ConsultationRequest; `consents` maps ConsentVersion keys to
    granted or not; `location` is the id of where they come. Raises SlotTaken, saving nothing.
    """
    if earlier := answered_before(key):
        return earlier

    asked = {"starts_at": starts_at, "mode": mode, "location": location, "now": timezone.now()}
    request = ConsultationRequest.objects.create(
        source=ConsultationRequest.Source.BOOKING,
        stage=Stage.CONSULTATION_SCHEDULED,
        due_at=asked["now"] if details.get("is_in_danger") else starts_at,
        **details,
    )
    consultation = assignment.hold(request=request, **asked)
    keep_consents(request, consents)
    remember(key, request)

    request.audit_events.create(
        type=Type.CONSULTATION_REQUESTED, source=REQUESTER, consultation=consultation
    )

    promises.promise_booked(consultation, is_new=True)
    tasks.wake(request)
    return request


@transaction.atomic
def request_callback(*, key: uuid.UUID, details: dict, consents: dict) -> ConsultationRequest:
    """Promise a call in the time asked for, as soon as staff can keep it, or promise no time."""
    if earlier := answered_before(key):
        return earlier

    now = timezone.now()
    zone = ZoneInfo(details["time_zone"])
    promise = availability.promise_call_by(
        now=privacy.next_good_time(details["good_time"], now, zone)
    )
    request = ConsultationRequest.objects.create(
        source=ConsultationRequest.Source.CALLBACK,
        promised_call_by=promise.by if promise else None,
        due_at=first_due(details, promise, now),
        may_call=True,
        **details,
    )
    keep_consents(request, consents)
    remember(key, request)

    request.audit_events.create(type=Type.CALLBACK_REQUESTED, source=REQUESTER)

    promises.promise_requested(request)
    tasks.wake(request)
    return request


def first_due(details: dict, promise: CallPromise | None, now: datetime) -> datetime:
    """Danger at once; else by the time we promise, or soon where we can promise none."""
    if details.get("is_in_danger"):
        return now
    return promise.by if promise else now + clocks.ANSWER_WITHIN


@transaction.atomic
def ask_for_call_now(*, key: uuid.UUID, request: ConsultationRequest) -> ConsultationRequest:
    """Add the promise of a call to a request that stands; asking twice changes nothing."""
    request = locked(request)
    if answered_before(key):
        return request
    if request.is_closed or not request.phone:
        raise MoveNotAllowed(_("We need a phone number to call you."))
    if request.promised_call_by:
        return request

    now = timezone.now()
    promise = availability.promise_call_by(now=now)
    request.promised_call_by = promise.by if promise else now + clocks.ANSWER_WITHIN
    request.due_at = min(request.due_at, request.promised_call_by)
    request.may_call = True
    request.save(update_fields=["promised_call_by", "due_at", "may_call"])
    remember(key, request)

    request.audit_events.create(type=Type.CALL_NOW_REQUESTED, source=REQUESTER)

    promises.promise_call_now(request)
    tasks.wake(request)
    return request


@transaction.atomic
def confirm(*, key: uuid.UUID, request: ConsultationRequest, sequence: int) -> Consultation:
    """Note that they will keep the time they saw, the one of this sequence; again changes nothing.

    Raises MoveNotAllowed once another time stands, or none, or it has started.
    """
    request = locked(request)
    consultation = standing(request)
    if consultation.sequence != sequence:
        raise MoveNotAllowed(_("Your appointment has changed. Please look at its time."))
    if consultation.is_confirmed or answered_before(key):
        return consultation

    consultation.move_to(Consultation.Status.CONFIRMED)
    consultation.save(update_fields=["status"])
    remember(key, request)

    request.audit_events.create(
        type=Type.CONSULTATION_CONFIRMED, source=REQUESTER, consultation=consultation
    )
    return consultation


@transaction.atomic
def choose_again(
    *,
    key: uuid.UUID,
    request: ConsultationRequest,
    starts_at: datetime,
    mode: str,
    location: int | None = None,
) -> Consultation:
    """Book a time for a request that has none, or raise SlotTaken or MoveNotAllowed.

    Whoever chooses a talk by phone asks to be called. Nothing is changed by what is refused.
    """
    request = locked(request)
    if answered_before(key):
        return request.consultations.latest("booked_at", "pk")
    check_choosable(request)
    if mode == Mode.PHONE and not request.phone:
        raise MoveNotAllowed(_("We need a phone number to call you."))

    chosen = {"starts_at": starts_at, "mode": mode, "location": location}
    consultation = schedule(request, **chosen)
    if mode == Mode.PHONE:
        permit_call(request)
    remember(key, request)
    return consultation


@transaction.atomic
def move(*, key: uuid.UUID, request: ConsultationRequest, starts_at: datetime) -> Consultation:
    """Take the new time and free the old, or raise SlotTaken or MoveNotAllowed and do neither."""
    request = locked(request)
    if answered_before(key):
        return request.consultations.latest("booked_at", "pk")
    consultation = movable(request)
    if consultation.starts_at == starts_at:
        return consultation

    moved = take_time(consultation, starts_at)
    offers.stop_waiting(request, Waiting.Left.MOVED, source=REQUESTER)
    remember(key, request)
    return moved


@transaction.atomic
def cancel(*, key: uuid.UUID, request: ConsultationRequest, reason: str = "") -> Consultation:
    """Free the time and keep the row; cancelling again changes nothing and sends nothing."""
    request = locked(request)
    consultation = request.standing_consultation()
    if answered_before(key) or consultation is None:
        return request.consultations.latest("booked_at", "pk")

    now = timezone.now()
    if consultation.starts_at <= now:
        raise MoveNotAllowed(_("It has already started. Please call us instead."))
    if not rules_of(consultation).may_cancel(consultation.starts_at, now=now):
        raise MoveNotAllowed(_("It is too close to change here. Please call us."))

    assignment.release(consultation, Consultation.Status.CANCELLED_BY_PERSON, reason=reason)
    request.move_to(Stage.ATTEMPTING_CONTACT)
    if not request.needs_safety_answer and not request.promised_call_by:
        request.due_at = cadence.within_the_day(
            now + CHECK_IN_AFTER_CANCELLING, ZoneInfo(request.time_zone)
        )
    request.save(update_fields=["stage", "due_at"])
    offers.stop_waiting(request, Waiting.Left.ENDED, source=REQUESTER)
    remember(key, request)

    request.audit_events.create(
        type=Type.CONSULTATION_CANCELLED, source=REQUESTER, consultation=consultation
    )

    promises.promise_cancelled(consultation)
    tasks.wake_after_freeing(request)
    return consultation


@transaction.atomic
def stop_emails(*, key: uuid.UUID, request: ConsultationRequest) -> ConsultationRequest:
    """Withdraw the permission to write; whatever is still promised will not go."""
    request = locked(request)
    if not request.may_email or answered_before(key):
        return request

    request.may_email = False
    request.save(update_fields=["may_email"])
    keep_consents(request, {ConsentVersion.Key.EMAIL: False})
    privacy.suppress(request, Suppression.Cause.STOPPED)
    offers.stop_waiting(request, Waiting.Left.NO_EMAIL, source=REQUESTER)
    remember(key, request)

    request.audit_events.create(type=Type.EMAILS_STOPPED, source=REQUESTER)
    return request


def locked(request: ConsultationRequest) -> ConsultationRequest:
    return ConsultationRequest.objects.select_for_update().get(pk=request.pk)


def schedule(request: ConsultationRequest, *, by: User | None = None, **chosen) -> Consultation:
    """Hold a time for a request that has none, by its requester or staff; locked by the caller.

    `chosen` is what assignment.hold takes. Recorded and told, or SlotTaken.
    """
    now = timezone.now()
    consultation = assignment.hold(request=request, now=now, by=by, **chosen)
    assignment.take_up_entry(consultation)
    if request.stage != Stage.CONSULTATION_SCHEDULED:
        request.move_to(Stage.CONSULTATION_SCHEDULED)
    if not request.needs_safety_answer and not request.promised_call_by:
        request.due_at = consultation.starts_at
    request.snoozed_until = None
    request.save(update_fields=["stage", "due_at", "snoozed_until"])

    request.audit_events.create(
        type=Type.CONSULTATION_REQUESTED,
        consultation=consultation,
        **offers.who(REQUESTER, by),
    )

    promises.promise_booked(consultation)
    tasks.wake(request)
    return consultation


def permit_call(request: ConsultationRequest) -> None:
    if request.may_call:
        return
    request.may_call = True
    request.save(update_fields=["may_call"])
    request.audit_events.create(type=Type.PLAN_CHANGED, source=REQUESTER, fields=["may_call"])


def check_choosable(request: ConsultationRequest) -> None:
    """One consultation at a time, and only while the request is open for one; or MoveNotAllowed."""
    if request.is_closed:
        raise MoveNotAllowed(_("Your request is closed. You can make a new one at any time."))
    if request.standing_consultation():
        raise MoveNotAllowed(_("You have an appointment already. You can move it instead."))
    is_scheduled = request.stage == Stage.CONSULTATION_SCHEDULED
    if not is_scheduled and not request.may_become(Stage.CONSULTATION_SCHEDULED):
        raise MoveNotAllowed(_("Please call us, and we will find a time together."))


def take_time(
    consultation: Consultation, starts_at: datetime, *, location: int | None = None
) -> Consultation:
    """The move itself: the new time held, the old one freed, recorded and told, or SlotTaken."""
    request = consultation.request
    moved = assignment.move(
        consultation=consultation, starts_at=starts_at, now=timezone.now(), location=location
    )
    if not request.needs_safety_answer and not request.promised_call_by:
        request.due_at = starts_at
        request.save(update_fields=["due_at"])

    request.audit_events.create(type=Type.CONSULTATION_MOVED, source=REQUESTER, consultation=moved)

    promises.promise_moved(moved)
    tasks.wake_after_freeing(request)
    return moved


def movable(request: ConsultationRequest) -> Consultation:
    """The consultation that its requester may still move, or MoveNotAllowed."""
    consultation = standing(request)
    if not rules_of(consultation).may_move(consultation.starts_at, now=timezone.now()):
        raise MoveNotAllowed(_("It is too close to change here. Please call us."))
    return consultation


def standing(request: ConsultationRequest) -> Consultation:
    """The consultation that can still change, or MoveNotAllowed."""
    consultation = request.standing_consultation()
    if consultation is None:
        raise MoveNotAllowed(_("There is no appointment to change any more."))
    if consultation.starts_at <= timezone.now():
        raise MoveNotAllowed(_("It has already started. Please call us instead."))
    return consultation


def rules_of(consultation: Consultation) -> ModeRules:
    return ModeRules.objects.get(mode=consultation.mode)
