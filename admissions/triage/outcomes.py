"""Everything staff do to a request. Each is one transaction: check, change, record, promise."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.alerts import news
from admissions.audit.models import AuditEvent
from admissions.booking import tasks as booking_tasks
from admissions.care import rules
from admissions.exceptions import ActionNotAllowed
from admissions.intake import contact_hours, service_levels, waitlist_entries
from admissions.intake.models import ConsentVersion, ConsultationRequest, ContactAttempt
from admissions.intake.requests import (
    lock_open_request,
    mark_safety_answered,
    set_due_unless_pressing,
)
from admissions.intake.service_levels import CALL_AFTER_NO_SHOW, FOLLOW_UP_AFTER_TALKING
from admissions.messaging import outbox, tasks
from admissions.scheduling import assignment
from admissions.scheduling.models import Consultation, WaitlistEntry
from users.models import User

from .alarms import settle_alarm

Stage, Status, Type = ConsultationRequest.Stage, Consultation.Status, AuditEvent.Type
Channel, Result = ContactAttempt.Channel, ContactAttempt.Result
Consent = ConsentVersion.Key


@transaction.atomic
def complete_consultation(*, request_id: UUID, by: User) -> Consultation:
    """The consultation took place; staff follow up the next day."""
    request = lock_open_request(request_id)
    consultation = require_started_consultation(request, or_no_show=True)

    consultation.move_to(Status.COMPLETED)
    consultation.ended_at = timezone.now()
    consultation.save(update_fields=["status", "ended_at"])
    request.move_to(Stage.CONSULTATION_COMPLETED)
    request.promised_call_by = request.email_failed_at = request.snoozed_until = None
    mark_safety_answered(request)
    set_due_unless_pressing(request, timezone.now() + FOLLOW_UP_AFTER_TALKING)
    request.save()
    settle_alarm(request)

    request.audit_events.create(
        type=Type.CONSULTATION_COMPLETED, actor=by, consultation=consultation
    )

    outbox.enqueue_thank_you(consultation)
    tasks.wake_delivery(request)
    return consultation


@transaction.atomic
def mark_no_show(*, request_id: UUID, by: User) -> Consultation:
    """The person did not come; call them in ten minutes, and write once, kindly."""
    request = lock_open_request(request_id)
    consultation = require_started_consultation(request)

    consultation.move_to(Status.NO_SHOW)
    consultation.ended_at = timezone.now()
    consultation.save(update_fields=["status", "ended_at"])
    request.move_to(Stage.ATTEMPTING_CONTACT)
    request.due_at = consultation.starts_at + CALL_AFTER_NO_SHOW
    request.snoozed_until = None
    request.save(update_fields=["stage", "due_at", "snoozed_until"])

    request.audit_events.create(type=Type.CONSULTATION_NO_SHOW, actor=by, consultation=consultation)

    outbox.enqueue_no_show_series(consultation)
    tasks.wake_delivery(request)
    return consultation


@transaction.atomic
def close_request(
    *, request_id: UUID, by: User, disposition: str, reason: str, note: str = "", refer_to: str = ""
) -> ConsultationRequest:
    """End the request with a disposition and one reason; a standing consultation is canceled.

    Referred elsewhere, it says where to, unless a referral is on file.
    """
    request = lock_open_request(request_id)
    rules.check_may_close(request, disposition, refer_to)

    canceled = cancel_standing_consultation(request, by=by)
    mark_closed(request, disposition, reason=reason, note=note)
    request.save()
    waitlist_entries.stop_waiting(request, WaitlistEntry.LeaveReason.ENDED, by=by)

    request.audit_events.create(type=Type.REQUEST_CLOSED, actor=by, code=disposition)
    if refer_to:
        rules.add_referral(request, by=by, to_whom=refer_to)

    if canceled:
        outbox.enqueue_cancellation_notice(canceled)
        news.tell_of_canceled_talk(canceled, by=by)
        booking_tasks.wake_delivery_and_offers(request)
    return request


def mark_closed(
    request: ConsultationRequest, disposition: str, *, reason: str = "", note: str = ""
) -> None:
    """Closed, with nothing due any more; the caller saves."""
    request.move_to(Stage.CLOSED)
    request.closed_at = timezone.now()
    request.due_at = request.promised_call_by = request.email_failed_at = None
    request.snoozed_until = None
    request.disposition, request.close_reason, request.close_note = disposition, reason, note


def require_started_consultation(
    request: ConsultationRequest, *, or_no_show: bool = False
) -> Consultation:
    """The consultation whose time has come, so that its outcome can be recorded."""
    consultation = request.standing_consultation()
    if consultation is None and or_no_show:
        consultation = request.consultations.filter(status=Status.NO_SHOW).last()
    if consultation is None:
        raise ActionNotAllowed(_("No consultation stands."))
    if consultation.starts_at > timezone.now():
        raise ActionNotAllowed(_("The consultation has not started yet."))
    return consultation


def cancel_standing_consultation(request: ConsultationRequest, *, by: User) -> Consultation | None:
    """Cancel the consultation that stands in a request about to close, if it is yet to come."""
    consultation = request.standing_consultation()
    if consultation is None:
        return None
    if consultation.starts_at <= timezone.now():
        raise ActionNotAllowed(_("Record the outcome of the consultation first."))
    assignment.release_consultation(consultation, Status.CANCELED_BY_CENTER)
    request.audit_events.create(
        type=Type.CONSULTATION_CANCELED, actor=by, consultation=consultation
    )
    return consultation


@transaction.atomic
def reopen_request(*, request_id: UUID, by: User, reason: str) -> ConsultationRequest:
    """Take up a closed request again, with why; due in a quarter of an hour of the person's day."""
    request = ConsultationRequest.objects.lock(request_id)
    if not request.is_closed:
        raise ActionNotAllowed(_("This request is open."))
    if request.merged_into_id:
        raise ActionNotAllowed(_("It was merged. Work on the request that it joined."))

    is_known = request.attempts.in_touch().exists()
    request.move_to(Stage.CONTACTED if is_known else Stage.ATTEMPTING_CONTACT)
    request.closed_at, request.disposition = None, ""
    request.close_reason = request.close_note = ""
    request.reopened_at = now = timezone.now()
    request.due_at = contact_hours.shift_into_call_hours(
        service_levels.find_answer_due_at(now), ZoneInfo(request.time_zone)
    )
    if request.owner and not request.owner.is_active:
        request.owner = request.claimed_at = None
    request.save()
    request.notes.create(by=by, text=reason)

    request.audit_events.create(type=Type.REQUEST_REOPENED, actor=by)
    return request
