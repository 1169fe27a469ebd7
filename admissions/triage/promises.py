"""A call that staff promise aloud: stored, told and escalated as the site's own promises are."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.intake import contact_hours, service_levels
from admissions.intake.models import ConsultationRequest
from admissions.messaging import outbox
from users.models import User

from .snoozing import MAX_DEFERRAL

Type = AuditEvent.Type


def check_may_promise(request: ConsultationRequest, call_by: datetime) -> None:
    """Raise ActionNotAllowed for a time that nobody could keep, or a plan that permits no call."""
    if not (request.phone and request.may_call):
        raise ActionNotAllowed(
            _("The contact plan permits no call. Change it first, if they now want one.")
        )
    check_promise_time(call_by, zone=ZoneInfo(request.time_zone), now=timezone.now())


def check_promise_time(call_by: datetime, *, zone: ZoneInfo, now: datetime) -> None:
    """Yet to come, within two weeks, and from 8 to 20 where the person is."""
    if not now < call_by <= now + MAX_DEFERRAL:
        raise ActionNotAllowed(_("Promise a call at a time yet to come, within the next 14 days."))
    if contact_hours.shift_into_call_hours(call_by, zone) != call_by:
        raise ActionNotAllowed(_("Promise a call from 8 am to 8 pm where they are."))


def set_promise(
    request: ConsultationRequest,
    by: User,
    call_by: datetime,
    standing: datetime | None,
    *,
    replaces: bool,
) -> None:
    """Store it with its event and what staff are told; locked and checked by the caller.

    `standing` is the promise that stood before, if one did: the earlier of the two stays, unless
    the new one `replaces` it.
    """
    promised = call_by if replaces or standing is None else min(standing, call_by)
    keeps_earlier = promised == standing
    request.promised_call_by, request.call_withdrawn_at = promised, None
    request.snoozed_until = None
    if not request.needs_safety_answer and not request.concern_opened_at:
        consultation = request.standing_consultation()
        starts_at = consultation.starts_at if consultation else promised
        request.due_at = min(starts_at, promised)
    request.save(update_fields=["promised_call_by", "call_withdrawn_at", "snoozed_until", "due_at"])

    code = ""
    if standing is not None:
        code = AuditEvent.EARLIER_PROMISE_KEPT if keeps_earlier else AuditEvent.PROMISE_REPLACED
    request.audit_events.create(type=Type.CALL_PROMISED, actor=by, code=code)

    # What was promised for another time fails its check, or finds the call made.
    if not keeps_earlier:
        outbox.enqueue_call_alerts(request)


def is_in_phone_hours(at: datetime) -> bool:
    """Whether somebody's hours at the phones hold that time: who promises any other is warned."""
    hours = service_levels.list_phone_hours(at)
    return any(opens <= at.timestamp() <= closes for opens, closes in hours)
