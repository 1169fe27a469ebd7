"""Sets a request aside until a time, and takes it up again."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.intake import contact_hours, requests
from admissions.intake.models import ConsultationRequest
from users.models import User

Type = AuditEvent.Type


# When it is taken up


@transaction.atomic
def snooze_request(*, request_id: UUID, by: User, until: datetime) -> ConsultationRequest:
    """Put it off until then, or raise ActionNotAllowed; it comes back by itself."""
    request = requests.lock_open_request(request_id)
    check_may_snooze(request, until)
    check_snooze_time(request, until, now=timezone.now())

    request.snoozed_until = request.due_at = until
    request.save(update_fields=["snoozed_until", "due_at"])

    request.audit_events.create(type=Type.REQUEST_SET_ASIDE, actor=by)
    return request


def check_may_snooze(request: ConsultationRequest, until: datetime) -> None:
    """Danger, a high concern, a promise and a consultation do not wait."""
    if request.needs_safety_answer:
        raise ActionNotAllowed(_("Someone may be in danger: this cannot wait."))
    if request.concern_opened_at:
        raise ActionNotAllowed(_("A clinician must look at this: it cannot wait."))
    if request.promised_call_by:
        raise ActionNotAllowed(_("We promised a call: make it first."))
    consultation = request.standing_consultation()
    if consultation and consultation.starts_at <= until:
        raise ActionNotAllowed(_("The consultation comes before that."))


def check_snooze_time(request: ConsultationRequest, until: datetime, *, now: datetime) -> None:
    """Yet to come, within two weeks, and not at night where the person is."""
    if until <= now:
        raise ActionNotAllowed(_("That time has passed. Choose a later one."))
    if until > now + MAX_DEFERRAL:
        raise ActionNotAllowed(_("Choose a time within the next 14 days."))
    if contact_hours.is_in_quiet_hours(until, ZoneInfo(request.time_zone)):
        raise ActionNotAllowed(_("It is night where they are then. Choose a time in their day."))


@transaction.atomic
def unsnooze_request(*, request_id: UUID, by: User) -> ConsultationRequest:
    """No longer set aside: due now, or when the consultation begins."""
    request = requests.lock_open_request(request_id)
    if not request.is_snoozed:
        return request
    consultation = request.standing_consultation()

    request.snoozed_until = None
    request.due_at = consultation.starts_at if consultation else timezone.now()
    request.save(update_fields=["snoozed_until", "due_at"])

    request.audit_events.create(type=Type.REQUEST_SET_ASIDE, actor=by, code=AuditEvent.TAKEN_UP)
    return request


MAX_DEFERRAL = timedelta(days=14)
