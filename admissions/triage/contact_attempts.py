"""Logs each try to reach a person; it answers the promise and sets the next due time."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.intake import contact_hours, suppressions, waitlist_entries
from admissions.intake.consents import record_consents
from admissions.intake.models import (
    ConsentVersion,
    ConsultationRequest,
    ContactAttempt,
    Suppression,
)
from admissions.intake.requests import (
    claim_by_work,
    lock_open_request,
    mark_safety_answered,
)
from admissions.intake.service_levels import CLOSE_AFTER_STOP, FOLLOW_UP_AFTER_TALKING
from admissions.messaging import outbox, tasks
from admissions.scheduling.models import WaitlistEntry
from users.models import User

from . import cadence, promises
from .alarms import settle_alarm
from .snoozing import MAX_DEFERRAL

Stage = ConsultationRequest.Stage
Type = AuditEvent.Type
Channel = ContactAttempt.Channel
Result = ContactAttempt.Result
Consent = ConsentVersion.Key

# Two clicks on one button are one act.
DOUBLE_CLICK_WINDOW = timedelta(seconds=10)


# What people tell us by themselves needs no permission of theirs.
UNPROMPTED_RESULTS = [Result.REPLIED, Result.ASKED_TO_STOP]


RESULTS_WITH_ANSWER = [*ContactAttempt.IN_TOUCH, Result.ASKED_TO_STOP]


@transaction.atomic
def log_attempt(
    *,
    request_id: UUID,
    by: User,
    channel: str,
    result: str,
    note: str = "",
    next_at: datetime | None = None,
    promise_by: datetime | None = None,
    replaces_promise: bool = False,
) -> ContactAttempt:
    """Keep one try to reach the person; it answers the promise and sets the next due time.

    That is as the plan says, or `next_at` where staff know better, or `promise_by` where they
    promised another call aloud. Whoever logs it owns from then on what nobody owned.
    """
    request = lock_open_request(request_id)
    if twin := find_repeated_attempt(request, by, channel, result, note):
        return twin
    check_may_attempt(request, channel, result)
    promised = request.promised_call_by
    if promise_by:
        promises.check_may_promise(request, promise_by)

    attempt = request.attempts.create(by=by, channel=channel, result=result, note=note)
    apply_attempt(request, attempt)
    if next_at:
        set_next_attempt(request, attempt, next_at)
    request.save()
    settle_alarm(request)

    record_attempt(request, attempt)

    enqueue_attempt_messages(request, attempt, was_promised=promised is not None)
    if promise_by:
        # Who calls before we did has not been called: the earlier promise stands.
        standing = promised if result == Result.REPLIED else None
        promises.set_promise(request, by, promise_by, standing, replaces=replaces_promise)
    tasks.wake_delivery(request)
    return attempt


def record_attempt(request: ConsultationRequest, attempt: ContactAttempt) -> None:
    """An event of it; and of a claim, where nobody owned the request and somebody goes on."""
    request.audit_events.create(type=Type.ATTEMPT_LOGGED, actor=attempt.by, code=attempt.result)
    if attempt.result != Result.ASKED_TO_STOP:
        claim_by_work(request, by=attempt.by)


def find_repeated_attempt(
    request: ConsultationRequest, by: User, channel: str, result: str, note: str
) -> ContactAttempt | None:
    """The same try, kept a moment ago: two clicks on one button are one act."""
    since = timezone.now() - DOUBLE_CLICK_WINDOW
    alike = request.attempts.filter(by=by, channel=channel, result=result, at__gt=since)
    return next((each for each in alike if each.note == note), None)


def enqueue_attempt_messages(
    request: ConsultationRequest, attempt: ContactAttempt, *, was_promised: bool
) -> None:
    """What a try promises: word of a call we had promised, and letters while nobody answers."""
    if attempt.result == Result.ASKED_TO_STOP:
        return
    if was_promised and attempt.channel == Channel.CALL:
        outbox.enqueue_callback_follow_up(request, is_reached=attempt.is_in_touch)
    if request.stage == Stage.ATTEMPTING_CONTACT and not attempt.is_in_touch:
        outbox.enqueue_no_contact_series(request)


def check_channel_permitted(request: ConsultationRequest, channel: str) -> None:
    """The contact plan says which channels we may use; a visit in person is theirs to make."""
    permitted: dict[str, bool] = {
        Channel.CALL: request.may_call,
        Channel.TEXT: request.may_text,
        Channel.EMAIL: request.may_email,
        Channel.IN_PERSON: True,
    }
    if not permitted[channel]:
        raise ActionNotAllowed(_("The contact plan does not permit this channel."))


def apply_attempt(request: ConsultationRequest, attempt: ContactAttempt) -> None:
    """What a try changes: the promise, the stage, and when staff must act next."""
    request.promised_call_by = request.email_failed_at = request.snoozed_until = None
    if attempt.is_in_touch:
        mark_contacted(request)
    elif request.stage == Stage.NEW:
        request.move_to(Stage.ATTEMPTING_CONTACT)
    if attempt.result == Result.ASKED_TO_STOP:
        stop_contact(request, by=attempt.by)
        waitlist_entries.stop_waiting(request, WaitlistEntry.LeaveReason.NO_EMAIL, by=attempt.by)
    request.due_at = compute_next_due(request, attempt)


def check_may_attempt(request: ConsultationRequest, channel: str, result: str) -> None:
    """Raise where the contact plan or the day forbids this try; who told us may always."""
    if result not in UNPROMPTED_RESULTS:
        check_channel_permitted(request, channel)
    check_daily_limit(request, result)


def check_daily_limit(request: ConsultationRequest, result: str) -> None:
    """Two tries a day reach nobody at most, unless danger, a promise or a no-show asks for more."""
    if result in RESULTS_WITH_ANSWER or request.needs_safety_answer or request.promised_call_by:
        return
    tries, zone = cadence.current_attempts(request), ZoneInfo(request.time_zone)
    today = timezone.now().astimezone(zone).date()
    if cadence.count_attempts_on(today, tries, zone) < cadence.MAX_ATTEMPTS_PER_DAY:
        return
    if not request.consultations.filter(ended_at__gt=tries[-1].at).exists():
        raise ActionNotAllowed(_("We have tried twice today. Try again on another day."))


def set_next_attempt(request: ConsultationRequest, attempt: ContactAttempt, at: datetime) -> None:
    """Due then instead of as the plan says, where the plan and the person's day permit it."""
    if attempt.result == Result.ASKED_TO_STOP:
        raise ActionNotAllowed(_("They asked us to stop: there is no next try."))
    if request.needs_safety_answer or request.standing_consultation():
        raise ActionNotAllowed(_("Something comes before that: leave the next time empty."))
    now, zone = timezone.now(), ZoneInfo(request.time_zone)
    if not now < at <= now + MAX_DEFERRAL:
        raise ActionNotAllowed(_("Choose a next time within the next 14 days."))
    if contact_hours.shift_into_call_hours(at, zone) != at:
        raise ActionNotAllowed(_("Choose a next time from 8 am to 8 pm where they are."))
    tries = cadence.current_attempts(request)
    if (
        cadence.count_attempts_on(at.astimezone(zone).date(), tries, zone)
        >= cadence.MAX_ATTEMPTS_PER_DAY
    ):
        raise ActionNotAllowed(_("We have tried twice that day. Choose another day."))
    request.due_at = at


def stop_contact(request: ConsultationRequest, *, by: User) -> None:
    """A "stop" on one channel ends them all; what is still promised will not be sent."""
    request.may_call = request.may_text = request.may_email = False
    record_consents(request, {Consent.EMAIL: False, Consent.TEXT: False}, by=by)
    suppressions.suppress_email(request, Suppression.Cause.STOPPED)
    mark_safety_answered(request)


def mark_contacted(request: ConsultationRequest) -> None:
    """We have spoken with the person, and asked about safety first."""
    mark_safety_answered(request)
    if request.may_become(Stage.CONTACTED) and request.stage != Stage.CONSULTATION_SCHEDULED:
        request.move_to(Stage.CONTACTED)


def compute_next_due(request: ConsultationRequest, attempt: ContactAttempt) -> datetime:
    """The standing consultation, a day after talking, or the plan's next try; never at night."""
    if request.needs_safety_answer or request.concern_opened_at:
        return attempt.at
    consultation = request.standing_consultation()
    if consultation is not None:
        return consultation.starts_at
    if attempt.result == Result.ASKED_TO_STOP:
        return attempt.at + CLOSE_AFTER_STOP
    if attempt.is_in_touch:
        zone = ZoneInfo(request.time_zone)
        return contact_hours.shift_into_call_hours(attempt.at + FOLLOW_UP_AFTER_TALKING, zone)
    return cadence.next_attempt_at(request, cadence.current_attempts(request))
