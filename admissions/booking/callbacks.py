"""A requester asks to be called: promise a time that staff can keep, or none."""

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.intake import contact_hours, service_levels
from admissions.intake import requests as intake_requests
from admissions.intake.consents import record_consents
from admissions.intake.idempotency import find_or_claim_key, link_key_to_request
from admissions.intake.models import ConsultationRequest
from admissions.intake.service_levels import CallPromise
from admissions.messaging import outbox, tasks
from admissions.rate_limits import limits
from admissions.rate_limits.limits import Origin

Type = AuditEvent.Type
REQUESTER = AuditEvent.Source.REQUESTER


@transaction.atomic
def request_callback(
    *,
    key: uuid.UUID,
    details: dict[str, Any],
    consents: dict[str, bool],
    origin: Origin | None = None,
    sender: str = "",
) -> ConsultationRequest:
    """Promise a call in the time asked for, as soon as staff can keep it, or promise no time.

    What has an `origin` is counted; raises TooManyRequests, saving nothing. `sender` is the mark
    of the browser.
    """
    if earlier := find_or_claim_key(key, sender=sender):
        return earlier

    now = timezone.now()
    limits.count_request(origin=origin, details=details, now=now)
    zone = ZoneInfo(details["time_zone"])
    promise = service_levels.find_call_promise(
        now=contact_hours.find_next_good_time(details["good_time"], now, zone),
        language=details.get("language"),
    )
    if promise and promise.needs_interpreter and not details.get("interpreter"):
        details = details | {"interpreter": get_language_info(details["language"])["name"]}
    request = ConsultationRequest.objects.create(
        source=ConsultationRequest.Source.CALLBACK,
        promised_call_by=promise.by if promise else None,
        due_at=compute_callback_due(details, promise, now),
        may_call=True,
        **details,
    )
    record_consents(request, consents)
    link_key_to_request(key, request)

    request.audit_events.create(type=Type.CALLBACK_REQUESTED, source=REQUESTER)

    outbox.enqueue_new_request(request)
    tasks.wake_delivery(request)
    return request


def compute_callback_due(
    details: dict[str, Any], promise: CallPromise | None, now: datetime
) -> datetime:
    """Danger at once; else by the time we promise, or soon where we can promise none."""
    if details.get("is_in_danger"):
        return now
    return promise.by if promise else now + service_levels.FIRST_ANSWER_WITHIN


@transaction.atomic
def request_call_now(*, key: uuid.UUID, request: ConsultationRequest) -> ConsultationRequest:
    """Add the promise of a call to a request that stands; asking twice changes nothing.

    The page that asks may be older than the hour: the promise is of now, however late that is.
    Raises ActionNotAllowed where no call can be promised, and TooManyRequests, changing nothing.
    """
    request = ConsultationRequest.objects.lock(request.pk)
    if find_or_claim_key(key):
        return request
    if request.is_closed or not request.phone:
        raise ActionNotAllowed(_("We need a phone number to call you."))
    if request.promised_call_by:
        return request

    now = timezone.now()
    # Whoever asks for a call at once may be in danger: the soonest one, whatever its language.
    promise = service_levels.find_call_promise(now=now)
    if promise is None:
        raise ActionNotAllowed(
            _("We can't promise a call right now. Please call one of the numbers.")
        )
    limits.count_call_change(request=str(request.pk), now=now)
    request.promised_call_by, request.call_withdrawn_at = promise.by, None
    request.due_at = min(request.open_due_at, promise.by)
    request.may_call = True
    request.save(update_fields=["promised_call_by", "call_withdrawn_at", "due_at", "may_call"])
    link_key_to_request(key, request)

    request.audit_events.create(type=Type.CALL_NOW_REQUESTED, source=REQUESTER)

    outbox.enqueue_call_now(request)
    tasks.wake_delivery(request)
    return request


@transaction.atomic
def change_good_time(
    *, key: uuid.UUID, request: ConsultationRequest, good_time: str
) -> ConsultationRequest:
    """Promise the call anew, in another part of the day; the same one changes nothing.

    Raises ActionNotAllowed where we owe no call, and TooManyRequests, changing nothing.
    """
    request = ConsultationRequest.objects.lock(request.pk)
    if find_or_claim_key(key):
        return request
    if not owes_call(request):
        raise ActionNotAllowed(_("We have no call to you planned right now. You can ask for one."))
    link_key_to_request(key, request)
    if request.good_time == good_time:
        return request

    now = timezone.now()
    limits.count_call_change(request=str(request.pk), now=now)
    promise = service_levels.find_call_promise(
        now=contact_hours.find_next_good_time(good_time, now, ZoneInfo(request.time_zone)),
        language=request.spoken_language,
    )
    request.good_time = good_time
    request.promised_call_by = promise.by if promise else None
    if not request.needs_safety_answer and not request.concern_opened_at:
        request.due_at = compute_callback_due({}, promise, now)
    request.save(update_fields=["good_time", "promised_call_by", "due_at"])

    request.audit_events.create(type=Type.CALLBACK_CHANGED, source=REQUESTER, code=good_time)

    # What was promised for the former time fails its check, or finds the call made.
    outbox.enqueue_call_alerts(request)
    tasks.wake_delivery(request)
    return request


@transaction.atomic
def withdraw_callback(*, key: uuid.UUID, request: ConsultationRequest) -> ConsultationRequest:
    """Owe the call no longer; again changes nothing, and what is due for safety stays due.

    Alarms of it fail their check. Staff see that the requester took it back, and close the request
    in the hours after, unless a time is booked.
    """
    request = ConsultationRequest.objects.lock(request.pk)
    if find_or_claim_key(key) or not owes_call(request):
        return request

    take_back_promise(request)
    link_key_to_request(key, request)
    return request


def take_back_promise(request: ConsultationRequest) -> None:
    """The promise itself: ended and recorded; locked by the caller."""
    now, consultation = timezone.now(), request.standing_consultation()
    request.promised_call_by, request.call_withdrawn_at = None, now
    request.snoozed_until = None
    due_at = consultation.starts_at if consultation else now + service_levels.CLOSE_AFTER_STOP
    intake_requests.set_due_unless_pressing(request, due_at)
    request.save(update_fields=["promised_call_by", "call_withdrawn_at", "snoozed_until", "due_at"])

    request.audit_events.create(type=Type.CALLBACK_WITHDRAWN, source=REQUESTER)


def owes_call(request: ConsultationRequest) -> bool:
    """Whether a call was asked for that nobody has made or taken back.

    Without anyone's hours no time is promised, and the call is owed all the same.
    """
    if request.is_closed:
        return False
    if request.promised_call_by:
        return True
    is_asked = request.source == ConsultationRequest.Source.CALLBACK and request.may_call
    is_waiting = request.stage == ConsultationRequest.Stage.NEW and not request.call_withdrawn_at
    return is_asked and is_waiting and not request.attempts.exists()
