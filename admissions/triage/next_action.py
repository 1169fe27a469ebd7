"""What to do next about a request, and by when."""

from datetime import datetime

from django.utils.translation import gettext as _

from admissions.care import progress
from admissions.intake.models import ConsultationRequest, ContactAttempt
from admissions.intake.related_rows import read_related
from admissions.intake.requests import find_standing_consultation
from admissions.scheduling.models import Consultation
from admissions.staff_formatting import format_short_datetime

from . import cadence
from .status_line import (
    HOT,
    StatusLine,
    alternative_to_email,
    has_asked_to_stop,
    has_call_due_first,
    has_failed_email,
    has_withdrawn_call,
    is_snoozed_for_now,
    name_due_after_ending,
)

Stage = ConsultationRequest.Stage
Result = ContactAttempt.Result
Channel = ContactAttempt.Channel


def describe_next_action(request: ConsultationRequest, now: datetime) -> StatusLine:
    """What to do, and by when."""
    if request.is_closed:
        return StatusLine(_("Nothing"))
    if line := pressing_action(request, now):
        return line
    if is_snoozed_for_now(request, now):
        return action_with_deadline(
            _("Take it up again"), request.open_due_at, now, at=_("%(what)s %(clock)s")
        )
    if consultation := find_standing_consultation(request):
        return consultation_action(request, consultation, now)
    if end := name_closing_action(request):
        return StatusLine(end)
    return action_with_deadline(name_routine_action(request), request.open_due_at, now)


def is_call(action: StatusLine) -> bool:
    """Whether what comes next is to call them: every such line begins with the word."""
    return action.text.startswith(_("Call"))


def pressing_action(request: ConsultationRequest, now: datetime) -> StatusLine | None:
    if request.needs_safety_answer:
        return StatusLine(_("%(ways)s now") % {"ways": name_contact_action(request)}, urgency=HOT)
    if request.concern_opened_at:
        return StatusLine(_("Have a clinician look now"), urgency=HOT)
    if request.promised_call_by:
        return action_with_deadline(_("Call"), request.promised_call_by, now)
    if has_failed_email(request, now):
        _reason, other = alternative_to_email(request)
        return StatusLine(other, urgency=HOT)
    return None


def name_routine_action(request: ConsultationRequest) -> str:
    """What to do next where nothing presses: reach the person, or carry care on."""
    if request.stage in (Stage.NEW, Stage.ATTEMPTING_CONTACT):
        return name_contact_action(request)
    if request.stage == Stage.CONSULTATION_SCHEDULED:
        return _("Find a new time")
    return progress.name_care_action(request, name_contact_action(request)) or name_contact_action(
        request
    )


def action_with_deadline(what: str, due: datetime, now: datetime, *, at: str = "") -> StatusLine:
    """`at` is the sentence for a time to wait for, where it is none to be done by."""
    if due < now:
        return StatusLine(_("%(what)s now") % {"what": what}, urgency=HOT)
    return StatusLine(
        (at or _("%(what)s by %(clock)s"))
        % {"what": what, "clock": format_short_datetime(due, now)}
    )


def consultation_action(
    request: ConsultationRequest, consultation: Consultation, now: datetime
) -> StatusLine:
    if now >= consultation.ends_at:
        return StatusLine(_("Record the outcome"))
    if now >= consultation.starts_at:
        return StatusLine(_("Talk now"))
    if has_call_due_first(request, consultation):
        return action_with_deadline(_("Call"), request.open_due_at, now)
    return StatusLine(
        _("Talk at %(clock)s") % {"clock": format_short_datetime(consultation.starts_at, now)}
    )


def name_contact_action(request: ConsultationRequest) -> str:
    """The permitted ways of reaching the person, a call first."""
    has_phone = request.phone and not has_wrong_number(request)
    if has_phone and request.may_call:
        return _("Call")
    may_text = has_phone and request.may_text
    if may_text and request.may_email:
        return _("Text or email")
    if may_text:
        return _("Text")
    return _("Email") if request.may_email else _("Look")


def name_closing_action(request: ConsultationRequest) -> str:
    """What to do where no further try is left, or an empty string."""
    if has_asked_to_stop(request) or is_plan_finished(request):
        return _("Close it")
    if has_withdrawn_call(request):
        return _("Don't call: close it")
    return _("No way left to reach them: close it") if is_unreachable(request) else ""


def has_wrong_number(request: ConsultationRequest) -> bool:
    """Whether our last call went to somebody else."""
    calls = [each for each in read_related(request, "attempts") if each.channel == Channel.CALL]
    last = max(calls, key=lambda each: (each.at, each.pk), default=None)
    return last is not None and last.result == Result.WRONG_NUMBER


def is_unreachable(request: ConsultationRequest) -> bool:
    """Nothing that is permitted leads to them any more, and nobody has reached them yet."""
    is_sought = request.stage in (Stage.NEW, Stage.ATTEMPTING_CONTACT)
    may_phone = request.phone and (request.may_call or request.may_text)
    has_phone = may_phone and not has_wrong_number(request)
    return is_sought and not has_phone and not (request.email and request.may_email)


def is_plan_finished(request: ConsultationRequest) -> bool:
    return (
        request.stage == Stage.ATTEMPTING_CONTACT
        and len(cadence.current_attempts(request)) >= cadence.PLANNED_ATTEMPTS
        and not name_due_after_ending(request)
    )
