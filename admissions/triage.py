"""Everything staff do to a request. Each is one transaction: check, change, record, promise."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from . import assignment, cadence, care, offers, privacy, promises, tasks
from .models import (
    AuditEvent,
    ConsentVersion,
    Consultation,
    ConsultationRequest,
    ContactAttempt,
    MoveNotAllowed,
    Suppression,
    Waiting,
)
from .submissions import keep_consents

Stage, Status, Type = ConsultationRequest.Stage, Consultation.Status, AuditEvent.Type
Channel, Result = ContactAttempt.Channel, ContactAttempt.Result
Consent = ConsentVersion.Key

# Two clicks on one button are one act.
SAME_CLICK = timedelta(seconds=10)
# What people tell us by themselves needs no permission of theirs.
TOLD_US = [Result.REPLIED, Result.ASKED_TO_STOP]
ANSWERED = [*ContactAttempt.IN_TOUCH, Result.ASKED_TO_STOP]
LONGEST_PAUSE = timedelta(days=14)
CALL_AFTER_NO_SHOW = timedelta(minutes=10)
FOLLOW_UP_AFTER_TALKING = timedelta(days=1)
CLOSE_AFTER_STOP = timedelta(hours=3)


@transaction.atomic
def claim(*, request_id, by: User) -> ConsultationRequest:
    """Make this request mine, unless a colleague already owns it."""
    request = open_request(request_id)
    if request.owner_id == by.pk:
        return request
    if request.owner_id:
        raise MoveNotAllowed(_("A colleague has already claimed this request."))

    request.owner, request.claimed_at = by, timezone.now()
    request.save(update_fields=["owner", "claimed_at"])

    request.audit_events.create(type=Type.REQUEST_CLAIMED, actor=by)
    return request


@transaction.atomic
def log_attempt(
    *,
    request_id,
    by: User,
    channel: str,
    result: str,
    note: str = "",
    next_at: datetime | None = None,
) -> ContactAttempt:
    """Keep one try to reach the person; it answers the promise and sets the next due time.

    That is as the plan says, or `next_at` where staff know better.
    """
    request = open_request(request_id)
    if twin := just_tried(request, by=by, channel=channel, result=result, note=note):
        return twin
    check_may_try(request, channel, result)
    was_promised = request.promised_call_by is not None

    attempt = request.attempts.create(by=by, channel=channel, result=result, note=note)
    follow_attempt(request, attempt)
    if next_at:
        try_again_at(request, attempt, next_at)
    request.save()

    request.audit_events.create(type=Type.ATTEMPT_LOGGED, actor=by, code=result)

    follow_up(request, attempt, was_promised=was_promised)
    tasks.wake(request)
    return attempt


def just_tried(request: ConsultationRequest, **what) -> ContactAttempt | None:
    """The same try, kept a moment ago: two clicks on one button are one act."""
    return request.attempts.filter(at__gt=timezone.now() - SAME_CLICK, **what).first()


def follow_up(request: ConsultationRequest, attempt: ContactAttempt, *, was_promised: bool) -> None:
    """What a try promises: word of a call we had promised, and letters while nobody answers."""
    if attempt.result == Result.ASKED_TO_STOP:
        return
    if was_promised and attempt.channel == Channel.CALL:
        promises.promise_called(request, is_reached=attempt.is_in_touch)
    if request.stage == Stage.ATTEMPTING_CONTACT and not attempt.is_in_touch:
        promises.promise_no_contact(request)


@transaction.atomic
def complete(*, request_id, by: User) -> Consultation:
    """The consultation took place; staff follow up the next day."""
    request = open_request(request_id)
    consultation = started(request, or_no_show=True)

    consultation.move_to(Status.COMPLETED)
    consultation.ended_at = timezone.now()
    consultation.save(update_fields=["status", "ended_at"])
    request.move_to(Stage.CONSULTATION_COMPLETED)
    request.promised_call_by = request.email_failed_at = request.snoozed_until = None
    answer_safety(request)
    fall_due_at(request, timezone.now() + FOLLOW_UP_AFTER_TALKING)
    request.save()

    request.audit_events.create(
        type=Type.CONSULTATION_COMPLETED, actor=by, consultation=consultation
    )

    promises.promise_completed(consultation)
    tasks.wake(request)
    return consultation


@transaction.atomic
def mark_no_show(*, request_id, by: User) -> Consultation:
    """The person did not come; call them in ten minutes, and write once, kindly."""
    request = open_request(request_id)
    consultation = started(request)

    consultation.move_to(Status.NO_SHOW)
    consultation.ended_at = timezone.now()
    consultation.save(update_fields=["status", "ended_at"])
    request.move_to(Stage.ATTEMPTING_CONTACT)
    request.due_at = consultation.starts_at + CALL_AFTER_NO_SHOW
    request.snoozed_until = None
    request.save(update_fields=["stage", "due_at", "snoozed_until"])

    request.audit_events.create(type=Type.CONSULTATION_NO_SHOW, actor=by, consultation=consultation)

    promises.promise_no_show(consultation)
    tasks.wake(request)
    return consultation


@transaction.atomic
def reschedule(
    *, request_id, starts_at: datetime, by: User, counselor_id: int | None = None
) -> Consultation:
    """Move the consultation to another open time, or raise SlotTaken and change nothing.

    It may also move to another counselor, who is named then.
    """
    request = open_request(request_id)
    consultation = standing(request)
    is_same_counselor = counselor_id in (None, consultation.counselor_id)
    if consultation.starts_at == starts_at and is_same_counselor:
        return consultation

    moved = assignment.move(
        consultation=consultation,
        starts_at=starts_at,
        now=timezone.now(),
        by=by,
        counselor_id=counselor_id,
    )
    fall_due_at(request, starts_at)
    request.snoozed_until = None
    request.save(update_fields=["due_at", "snoozed_until"])

    request.audit_events.create(type=Type.CONSULTATION_MOVED, actor=by, consultation=moved)

    promises.promise_moved(moved)
    tasks.wake_after_freeing(request)
    return moved


@transaction.atomic
def close(
    *, request_id, by: User, disposition: str, reason: str, note: str = "", refer_to: str = ""
) -> ConsultationRequest:
    """End the request with a disposition and one reason; a standing consultation is cancelled.

    Referred elsewhere, it says where to, unless a referral is on file.
    """
    request = open_request(request_id)
    care.check_closing(request, disposition, refer_to)

    cancelled = release_standing(request, by=by)
    end(request, disposition, reason=reason, note=note)
    request.save()
    offers.stop_waiting(request, Waiting.Left.ENDED, by=by)

    request.audit_events.create(type=Type.REQUEST_CLOSED, actor=by, code=disposition)
    if refer_to:
        care.add_referral(request, by=by, to_whom=refer_to)

    if cancelled:
        promises.promise_cancelled(cancelled)
        tasks.wake_after_freeing(request)
    return request


def end(request: ConsultationRequest, disposition: str, *, reason="", note="") -> None:
    """Closed, with nothing due any more; the caller saves."""
    request.move_to(Stage.CLOSED)
    request.closed_at = timezone.now()
    request.due_at = request.promised_call_by = request.email_failed_at = None
    request.snoozed_until = None
    request.disposition, request.close_reason, request.close_note = disposition, reason, note


def open_request(request_id) -> ConsultationRequest:
    """The request, locked for this change, or MoveNotAllowed once it is closed."""
    request = ConsultationRequest.objects.select_for_update().get(pk=request_id)
    if request.is_closed:
        raise MoveNotAllowed(_("This request is closed."))
    return request


def standing(request: ConsultationRequest) -> Consultation:
    consultation = request.standing_consultation()
    if consultation is None:
        raise MoveNotAllowed(_("No consultation stands."))
    return consultation


def fall_due_at(request: ConsultationRequest, at: datetime) -> None:
    """Staff act next then, unless they owe something before that cannot wait."""
    is_pressed = request.needs_safety_answer or request.concern_open_since
    if not is_pressed and not request.promised_call_by:
        request.due_at = at


def started(request: ConsultationRequest, *, or_no_show: bool = False) -> Consultation:
    """The consultation whose time has come, so that its outcome can be recorded."""
    consultation = request.standing_consultation()
    if consultation is None and or_no_show:
        consultation = request.consultations.filter(status=Status.NO_SHOW).last()
    if consultation is None:
        raise MoveNotAllowed(_("No consultation stands."))
    if consultation.starts_at > timezone.now():
        raise MoveNotAllowed(_("The consultation has not started yet."))
    return consultation


def check_permitted(request: ConsultationRequest, channel: str) -> None:
    """The contact plan says which channels we may use; a visit in person is theirs to make."""
    permitted = {
        Channel.CALL: request.may_call,
        Channel.TEXT: request.may_text,
        Channel.EMAIL: request.may_email,
        Channel.IN_PERSON: True,
    }
    if not permitted[channel]:
        raise MoveNotAllowed(_("The contact plan does not permit this channel."))


def follow_attempt(request: ConsultationRequest, attempt: ContactAttempt) -> None:
    """What a try changes: the promise, the stage, and when staff must act next."""
    request.promised_call_by = request.email_failed_at = request.snoozed_until = None
    if attempt.is_in_touch:
        reached(request)
    elif request.stage == Stage.NEW:
        request.move_to(Stage.ATTEMPTING_CONTACT)
    if attempt.result == Result.ASKED_TO_STOP:
        stop_contact(request, by=attempt.by)
        offers.stop_waiting(request, Waiting.Left.NO_EMAIL, by=attempt.by)
    request.due_at = next_due(request, attempt)


def check_may_try(request: ConsultationRequest, channel: str, result: str) -> None:
    """Raise where the contact plan or the day forbids this try; who told us may always."""
    if result not in TOLD_US:
        check_permitted(request, channel)
    check_not_too_often(request, result)


def check_not_too_often(request: ConsultationRequest, result: str) -> None:
    """Two tries a day reach nobody at most, unless danger, a promise or a no-show asks for more."""
    if result in ANSWERED or request.needs_safety_answer or request.promised_call_by:
        return
    tries, zone = cadence.tries_of(request), ZoneInfo(request.time_zone)
    today = timezone.now().astimezone(zone).date()
    if cadence.tries_on(today, tries, zone) < cadence.MOST_A_DAY:
        return
    if not request.consultations.filter(ended_at__gt=tries[-1].at).exists():
        raise MoveNotAllowed(_("We have tried twice today. Try again on another day."))


def try_again_at(request: ConsultationRequest, attempt: ContactAttempt, at: datetime) -> None:
    """Due then instead of as the plan says, where the plan and the person's day permit it."""
    if attempt.result == Result.ASKED_TO_STOP:
        raise MoveNotAllowed(_("They asked us to stop: there is no next try."))
    if request.needs_safety_answer or request.standing_consultation():
        raise MoveNotAllowed(_("Something comes before that: leave the next time empty."))
    now, zone = timezone.now(), ZoneInfo(request.time_zone)
    if not now < at <= now + LONGEST_PAUSE:
        raise MoveNotAllowed(_("Choose a next time within the next 14 days."))
    if cadence.within_the_day(at, zone) != at:
        raise MoveNotAllowed(_("Choose a next time from 8 am to 8 pm where they are."))
    tries = cadence.tries_of(request)
    if cadence.tries_on(at.astimezone(zone).date(), tries, zone) >= cadence.MOST_A_DAY:
        raise MoveNotAllowed(_("We have tried twice that day. Choose another day."))
    request.due_at = at


def stop_contact(request: ConsultationRequest, *, by: User) -> None:
    """A "stop" on one channel ends them all; what is still promised will not be sent."""
    request.may_call = request.may_text = request.may_email = False
    keep_consents(request, {Consent.EMAIL: False, Consent.TEXT: False}, by=by)
    privacy.suppress(request, Suppression.Cause.STOPPED)
    answer_safety(request)


def reached(request: ConsultationRequest) -> None:
    """We have spoken with the person, and asked about safety first."""
    answer_safety(request)
    if request.may_become(Stage.CONTACTED) and request.stage != Stage.CONSULTATION_SCHEDULED:
        request.move_to(Stage.CONTACTED)


def answer_safety(request: ConsultationRequest) -> None:
    if request.needs_safety_answer:
        request.safety_answered_at = timezone.now()


def next_due(request: ConsultationRequest, attempt: ContactAttempt) -> datetime:
    """The standing consultation, a day after talking, or the plan's next try; never at night."""
    if request.needs_safety_answer or request.concern_open_since:
        return attempt.at
    consultation = request.standing_consultation()
    if consultation is not None:
        return consultation.starts_at
    if attempt.result == Result.ASKED_TO_STOP:
        return attempt.at + CLOSE_AFTER_STOP
    if attempt.is_in_touch:
        zone = ZoneInfo(request.time_zone)
        return cadence.within_the_day(attempt.at + FOLLOW_UP_AFTER_TALKING, zone)
    return cadence.next_try(request, cadence.tries_of(request))


def release_standing(request: ConsultationRequest, *, by: User) -> Consultation | None:
    """Cancel the consultation that stands in a request about to close, if it is yet to come."""
    consultation = request.standing_consultation()
    if consultation is None:
        return None
    if consultation.starts_at <= timezone.now():
        raise MoveNotAllowed(_("Record the outcome of the consultation first."))
    assignment.release(consultation, Status.CANCELLED_BY_CENTER)
    request.audit_events.create(
        type=Type.CONSULTATION_CANCELLED, actor=by, consultation=consultation
    )
    return consultation
