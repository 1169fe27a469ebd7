"""Staff cancel a consultation: why, who tells the person, and what comes next."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from admissions import staff_formatting
from admissions.audit.models import AuditEvent
from admissions.booking import absences
from admissions.booking import tasks as booking_tasks
from admissions.care import rules
from admissions.exceptions import ActionNotAllowed
from admissions.intake import contact_hours, suppressions, waitlist_entries
from admissions.intake.models import ConsultationRequest
from admissions.intake.requests import lock_open_request, set_due_unless_pressing
from admissions.intake.service_levels import CHECK_IN_AFTER_CANCELING
from admissions.messaging import outbox
from admissions.scheduling import assignment
from admissions.scheduling.models import CancelReason, Consultation, WaitlistEntry
from users.models import User

from . import outcomes, promises

Stage, Status, Type = ConsultationRequest.Stage, Consultation.Status, AuditEvent.Type
# As if they had done it themselves: nothing to be sorry for, and nothing that we could not keep.
THEIRS = [CancelReason.THEY_ASKED, CancelReason.BOOKED_TWICE]


class Telling(models.TextChoices):
    """How the person hears of it."""

    EMAIL = "email", gettext_lazy("We email them now")
    CALL = "call", gettext_lazy("We call to tell them: it becomes a task for now")
    KNOWN = "known", gettext_lazy("They know already")


class NextStep(models.TextChoices):
    """What follows for the request."""

    NEW_TIME = "new_time", gettext_lazy("Find a new time with them now")
    PROMISE = "promise", gettext_lazy("We promised them a call")
    CLOSE = "close", gettext_lazy("Close the request")
    CHECK_IN = "check_in", gettext_lazy("Check in with them tomorrow")


@dataclass(frozen=True)
class Cancellation:
    """What staff said of it. `promise_by` goes with that next step alone, as how it ended does."""

    reason: str
    telling: str
    next_step: str
    note: str = ""
    promise_by: datetime | None = None
    disposition: str = ""
    close_reason: str = ""

    @property
    def is_theirs(self) -> bool:
        return self.reason in THEIRS

    @property
    def closes(self) -> bool:
        return self.next_step == NextStep.CLOSE


@transaction.atomic
def cancel_consultation(
    *, request_id: UUID, by: User, consultation_id: int, said: Cancellation
) -> Consultation:
    """Free the time of the consultation that was on the page, and store why and what follows.

    Raises ActionNotAllowed, saying what happened, where the person or a colleague was quicker;
    of two at once one wins.
    """
    request = lock_open_request(request_id)
    consultation = require_unchanged(request, consultation_id)
    check_telling(request, said)
    standing = request.promised_call_by
    if said.promise_by:
        promises.check_may_promise(request, said.promise_by)
    if said.closes:
        rules.check_may_close(request, said.disposition)

    status = Status.CANCELED_BY_PERSON if said.is_theirs else Status.CANCELED_BY_CENTER
    assignment.release_consultation(consultation, status, reason=said.note, because=said.reason)
    if said.closes:
        outcomes.mark_closed(request, said.disposition, reason=said.close_reason)
    else:
        reopen_contact(request)
    request.save()
    if said.telling == Telling.CALL:
        absences.schedule_prompt_call(request)
    waitlist_entries.stop_waiting(request, WaitlistEntry.LeaveReason.ENDED, by=by)

    record_cancellation(consultation, said, by=by)

    if said.telling == Telling.EMAIL:
        enqueue_notice(consultation, asks_for_new_time=not said.is_theirs and not said.closes)
    if said.promise_by:
        promises.set_promise(request, by, said.promise_by, standing, replaces=False)
    booking_tasks.wake_delivery_and_offers(request)
    return consultation


def record_cancellation(consultation: Consultation, said: Cancellation, *, by: User) -> None:
    """An event of it, and one of the closing that it brings."""
    events = consultation.request.audit_events
    events.create(
        type=Type.CONSULTATION_CANCELED,
        actor=by,
        consultation=consultation,
        code=said.reason,
        detail={"telling": said.telling, "next": said.next_step},
    )
    if said.closes:
        events.create(type=Type.REQUEST_CLOSED, actor=by, code=said.disposition)


def require_unchanged(request: ConsultationRequest, consultation_id: int) -> Consultation:
    """The consultation that was looked at, if it still stands and is yet to come."""
    consultation = request.standing_consultation()
    if consultation is None or consultation.pk != consultation_id:
        raise ActionNotAllowed(describe_change(request, consultation, consultation_id))
    if consultation.starts_at <= timezone.now():
        raise ActionNotAllowed(_("Record the outcome of the consultation first."))
    return consultation


def describe_change(
    request: ConsultationRequest, standing: Consultation | None, consultation_id: int
) -> str:
    """What became of the consultation that staff had on their page."""
    seen = request.consultations.filter(pk=consultation_id).first()
    if standing and standing.booked_by_id is None:
        words = _("Nothing was canceled: they have moved it themselves, to %(when)s.")
    elif standing:
        words = _("Nothing was canceled: a colleague has moved it to %(when)s.")
    elif seen and seen.status == Status.CANCELED_BY_PERSON and not seen.canceled_because:
        return _("They have canceled it themselves. They know, and nothing else was sent.")
    else:
        return _("It does not stand any more. Look at the request as it is now.")
    return words % {"when": staff_formatting.format_date_and_time(standing.starts_at)}


def check_telling(request: ConsultationRequest, said: Cancellation) -> None:
    """Somebody is told in a way that reaches them, while the request can still hold the task."""
    if said.closes and said.telling == Telling.CALL:
        raise ActionNotAllowed(_("A closed request has no tasks. Tell them first."))
    if said.telling == Telling.EMAIL and not suppressions.may_email_requester(request):
        raise ActionNotAllowed(_("No email reaches them. Choose a call, or say that they know."))


def reopen_contact(request: ConsultationRequest) -> None:
    """Back to reaching them, and due on the next day unless something presses; the caller saves."""
    if request.may_become(Stage.ATTEMPTING_CONTACT):
        request.move_to(Stage.ATTEMPTING_CONTACT)
    request.snoozed_until = None
    due_at = timezone.now() + CHECK_IN_AFTER_CANCELING
    zone = ZoneInfo(request.time_zone)
    set_due_unless_pressing(request, contact_hours.shift_into_call_hours(due_at, zone))


def enqueue_notice(consultation: Consultation, *, asks_for_new_time: bool) -> None:
    """That it is canceled; and, where we could not keep it, that we are sorry."""
    if asks_for_new_time:
        outbox.enqueue_choose_again_notice(consultation)
    else:
        outbox.enqueue_cancellation_notice(consultation)
