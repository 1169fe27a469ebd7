"""What staff read about a request in one line: why it is here, and what comes next.

Pure functions over a request and the clock of the desk; times are by the center's clock.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from admissions.care import progress
from admissions.intake import service_levels
from admissions.intake.models import ConsultationRequest, ContactAttempt
from admissions.intake.requests import (
    find_last_attempt,
    find_latest_consultation,
    find_standing_consultation,
)
from admissions.scheduling.models import Consultation, Mode
from admissions.staff_formatting import (
    format_duration,
    format_opening,
    format_relative_day_and_time,
    format_short_datetime,
)

from . import cadence
from .desk_clock import DeskClock, LateCall, describe_late_call

Stage, Source = ConsultationRequest.Stage, ConsultationRequest.Source
Status, Result = Consultation.Status, ContactAttempt.Result
Channel = ContactAttempt.Channel

NEARLY_DUE, DUE_SOON = timedelta(minutes=15), timedelta(hours=1)
HOT, WARM, CALM = "hot", "warm", ""
# Put into the reader's language one by one, as rows ask for them.
ORIGINS = {
    Source.BOOKING: _lazy("booked %(time)s ago"),
    Source.CALLBACK: _lazy("asked for a call %(time)s ago"),
    Source.STAFF: _lazy("entered by staff %(time)s ago"),
}
ATTEMPT_NAMES = [
    _lazy("First attempt"),
    _lazy("Second attempt"),
    _lazy("Third attempt"),
    _lazy("Fourth attempt"),
    _lazy("Fifth attempt"),
    _lazy("Sixth attempt"),
]


@dataclass(frozen=True)
class StatusLine:
    """One sentence, what stands small beneath it, how loud it is, and how far past its clock."""

    text: str
    detail: str = ""
    urgency: str = CALM
    mark: str = ""
    clock_at: datetime | None = field(default=None, compare=False)
    elapsed: str = field(default="", compare=False)

    @property
    def before(self) -> str:
        return self.text.rpartition(self.elapsed)[0]

    @property
    def after(self) -> str:
        """What follows the part of the sentence that a running clock keeps true."""
        return self.text.rpartition(self.elapsed)[2]


def describe_status(request: ConsultationRequest, clock: DeskClock) -> StatusLine:
    """Why the request is in the list, with the clock, and how long it has waited."""
    now = clock.now
    if request.closed_at:
        return closed_status(request, request.closed_at, now)
    if line := pressing_status(request, clock):
        return line
    if is_snoozed_for_now(request, now):
        return snoozed_status(request, now)
    if consultation := find_standing_consultation(request):
        return consultation_status(request, consultation, now)
    if ended := name_ended_by_them(request):
        return StatusLine(ended, describe_origin(request, now), WARM)
    return due_status(request, now, clock.opens_at)


def pressing_status(request: ConsultationRequest, clock: DeskClock) -> StatusLine | None:
    """Danger, a high concern, a promised call, a lost email: before any consultation."""
    now = clock.now
    if request.needs_safety_answer:
        text = _("Safety: said someone may be in danger")
        return StatusLine(text, describe_origin(request, now), HOT)
    if request.concern_opened_at:
        since = _("since %(clock)s") % {
            "clock": format_short_datetime(request.concern_opened_at, now)
        }
        return StatusLine(_("A clinician must look at this"), since, HOT)
    if request.promised_call_by:
        return promised_call_status(request, request.promised_call_by, clock)
    if has_failed_email(request, now):
        reason, _step = alternative_to_email(request)
        return StatusLine(
            _("Email failed: %(what)s") % {"what": reason}, describe_origin(request, now), HOT
        )
    return None


def closed_status(request: ConsultationRequest, closed_at: datetime, now: datetime) -> StatusLine:
    reason = request.get_close_reason_display()
    when = _("closed %(clock)s") % {"clock": format_short_datetime(closed_at, now)}
    detail = f"{reason}, {when}" if reason else when
    return StatusLine(_("Closed: %(how)s") % {"how": request.get_disposition_display()}, detail)


def promised_call_status(
    request: ConsultationRequest, by: datetime, clock: DeskClock
) -> StatusLine:
    """A call we promised: how long is left, or how late it is and who has been told."""
    now, opens_at = clock.now, clock.opens_at
    words = {"clock": format_short_datetime(by, now), "time": format_duration(abs(by - now))}
    if by < now:
        text = _("Call promised by %(clock)s, %(time)s late") % words
    elif opens_at and opens_at < by:
        words["opening"] = format_opening(opens_at, now)
        text = _("We open %(opening)s: call promised by %(clock)s") % words
    else:
        text = _("Call promised by %(clock)s, %(time)s left") % words
    urgency = HOT if by - now <= NEARLY_DUE else WARM
    late = LateCall()
    if by < now:
        late = describe_late_call(clock.alerts.get(request.pk, []), now)
    is_running = words["time"] in text
    return StatusLine(
        text,
        ". ".join(filter(None, [describe_origin(request, now), late.told])),
        urgency,
        late.mark,
        clock_at=by if is_running else None,
        elapsed=words["time"] if is_running else "",
    )


def is_snoozed_for_now(request: ConsultationRequest, now: datetime) -> bool:
    """Whether it is set aside; a talk that comes before then comes first."""
    consultation = find_standing_consultation(request)
    is_before = consultation is not None and consultation.starts_at <= request.open_due_at
    return request.is_snoozed and not is_before


def snoozed_status(request: ConsultationRequest, now: datetime) -> StatusLine:
    words = {
        "clock": format_short_datetime(request.open_due_at, now),
        "time": format_duration(abs(now - request.open_due_at)),
    }
    if request.open_due_at <= now:
        text = _("Set aside until %(clock)s, back for %(time)s") % words
        return StatusLine(text, describe_origin(request, now), WARM)
    return StatusLine(_("Set aside until %(clock)s") % words, describe_origin(request, now))


def consultation_status(
    request: ConsultationRequest, consultation: Consultation, now: datetime
) -> StatusLine:
    starts_at, ends_at = consultation.starts_at, consultation.ends_at
    with_whom = _("%(mode)s with %(counselor)s") % {
        "mode": Mode(consultation.mode).label,
        "counselor": consultation.counselor.public_name,
    }
    confirmed = _("confirmed") if consultation.is_confirmed else ""
    detail = ", ".join(filter(None, [with_whom, confirmed, describe_origin(request, now)]))
    if now >= ends_at:
        text = _("Consultation ended %(clock)s, no outcome yet") % {
            "clock": format_short_datetime(ends_at, now)
        }
        return StatusLine(text, detail, WARM)
    if now >= starts_at:
        text = _("Consultation now, since %(clock)s") % {
            "clock": format_short_datetime(starts_at, now)
        }
        return StatusLine(text, detail, WARM)
    if has_call_due_first(request, consultation):
        text = _("Call: a colleague has taken over %(day)s")
        return StatusLine(
            text % {"day": format_relative_day_and_time(starts_at, now)}, detail, WARM
        )
    text = _("Consultation %(day)s") % {"day": format_relative_day_and_time(starts_at, now)}
    return StatusLine(text, detail, WARM if starts_at - now <= DUE_SOON else CALM)


def has_call_due_first(request: ConsultationRequest, consultation: Consultation) -> bool:
    """Whether staff owe a call before the talk itself: about a change that no email could tell."""
    return request.open_due_at < consultation.starts_at


def due_status(
    request: ConsultationRequest, now: datetime, opens_at: datetime | None
) -> StatusLine:
    """What staff owe next, and by when."""
    due, detail = request.open_due_at, describe_origin(request, now)
    words = {"what": name_due_item(request), "clock": format_short_datetime(due, now)}
    if due < now:
        words["time"] = format_duration(now - due)
        text = _("%(what)s was due %(clock)s, %(time)s late") % words
        is_new = request.stage == Stage.NEW
        is_broken = is_new and now - due >= service_levels.BREACH_WHEN_OVERDUE_BY
        mark = _("over the hour") if is_broken else ""
        urgency = HOT if is_new else WARM
        return StatusLine(text, detail, urgency, mark, clock_at=due, elapsed=words["time"])
    text = _("%(what)s due %(clock)s") % words
    if opens_at and opens_at < due and request.stage == Stage.NEW:
        words["opening"] = format_opening(opens_at, now)
        text = _("We open %(opening)s: %(what)s due %(clock)s") % (
            words | {"what": words["what"].lower()}
        )
    return StatusLine(text, detail, WARM if due - now <= DUE_SOON else CALM)


def name_due_item(request: ConsultationRequest) -> str:
    """The next thing we owe the person, by the stage of the request."""
    if request.stage == Stage.NEW:
        return _("First answer")
    if request.stage == Stage.ATTEMPTING_CONTACT:
        return name_due_after_ending(request) or name_next_attempt(request)
    if request.stage == Stage.CONSULTATION_SCHEDULED:
        return _("A new time")
    return progress.name_care_due_item(request) or _("Follow-up")


def name_due_after_ending(request: ConsultationRequest) -> str:
    """What a no-show or a canceled consultation asks for, until somebody has tried."""
    ended = find_latest_consultation(request)
    attempt = find_last_attempt(request)
    if ended is None or (attempt and ended.ended_at and attempt.at >= ended.ended_at):
        return ""
    if ended.status == Status.NO_SHOW:
        return _("Call after the no-show")
    if ended.is_canceled_by_center:
        return _("Call: we canceled their time")
    return _("Check-in after the cancellation")


def name_next_attempt(request: ConsultationRequest) -> str:
    made = len(cadence.current_attempts(request))
    if request.reopened_at and not made:
        return _("First try since it was reopened")
    is_planned = made < cadence.PLANNED_ATTEMPTS
    return str(ATTEMPT_NAMES[made]) if is_planned else _("Decision after six attempts")


def has_failed_email(request: ConsultationRequest, now: datetime) -> bool:
    """Whether an email was lost and nobody has tried since; a talk under way comes first."""
    consultation = find_standing_consultation(request)
    is_talking = consultation is not None and consultation.starts_at <= now
    return request.email_failed_at is not None and not is_talking


def alternative_to_email(request: ConsultationRequest) -> tuple[str, str]:
    """How to reach the person when email does not: as a reason, and as what to do."""
    if request.phone and request.may_call:
        return _("call them"), _("Call now")
    if request.phone and request.may_text:
        return _("text them"), _("Text now")
    return _("no other way is permitted"), _("Check the address")


def describe_origin(request: ConsultationRequest, now: datetime) -> str:
    """How the request came, and how long ago."""
    sentence = str(ORIGINS[Source(request.source)])
    return sentence % {"time": format_duration(now - request.created_at)}


def name_ended_by_them(request: ConsultationRequest) -> str:
    """What the person wants no more, or an empty string."""
    if has_asked_to_stop(request):
        return _("They asked us to stop")
    return _("The call was withdrawn by requester") if has_withdrawn_call(request) else ""


def has_withdrawn_call(request: ConsultationRequest) -> bool:
    """Whether the requester took back the call they had asked for, and nobody has tried since."""
    withdrawn_at, attempt = request.call_withdrawn_at, find_last_attempt(request)
    is_waiting = request.stage in (Stage.NEW, Stage.ATTEMPTING_CONTACT)
    if withdrawn_at is None or not is_waiting or request.promised_call_by:
        return False
    return attempt is None or attempt.at < withdrawn_at


def has_asked_to_stop(request: ConsultationRequest) -> bool:
    tries = cadence.current_attempts(request)
    return bool(tries) and tries[-1].result == Result.ASKED_TO_STOP
