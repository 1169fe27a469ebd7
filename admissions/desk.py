"""What staff read about a request in one line: why it is here, and what comes next.

Pure functions over a request and a moment; times are by the centre's clock. `opens_at` is
when somebody is at the phones next, where nobody is now.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from . import cadence, care_state, clocks
from .models import Consultation, ConsultationRequest, ContactAttempt, Waiting
from .moments import clock, day_and_clock, full_clock, lasting  # noqa: F401  said at every desk

Stage, Source = ConsultationRequest.Stage, ConsultationRequest.Source
Status, Result = Consultation.Status, ContactAttempt.Result
Channel = ContactAttempt.Channel

NEARLY, SOON = timedelta(minutes=15), timedelta(hours=1)
HOT, WARM, CALM = "hot", "warm", ""


@dataclass(frozen=True)
class Line:
    """One sentence, what stands small beneath it, how loud it is, and how far past its clock."""

    text: str
    detail: str = ""
    urgency: str = CALM
    mark: str = ""
    clock_at: datetime | None = field(default=None, compare=False)
    lasting: str = field(default="", compare=False)

    @property
    def before(self) -> str:
        return self.text.rpartition(self.lasting)[0]

    @property
    def after(self) -> str:
        """What follows the part of the sentence that a running clock keeps true."""
        return self.text.rpartition(self.lasting)[2]


def why(request: ConsultationRequest, now: datetime, *, opens_at: datetime | None = None) -> Line:
    """Why the request is in the list, with the clock, and how long it has waited."""
    if request.is_closed:
        return closed_line(request, now)
    if line := pressing_line(request, now, opens_at):
        return line
    if is_put_off(request, now):
        return set_aside_line(request, now)
    if consultation := standing(request):
        return consultation_line(request, consultation, now)
    if asked_to_stop(request):
        return Line(_("They asked us to stop"), waited(request, now), WARM)
    return due_line(request, now, opens_at)


def pressing_line(request, now, opens_at) -> Line | None:
    """Danger, a high concern, a promised call, a lost email: before any consultation."""
    if request.needs_safety_answer:
        text = _("Safety: said someone may be in danger")
        return Line(text, waited(request, now), HOT)
    if request.concern_open_since:
        since = _("since %(clock)s") % {"clock": clock(request.concern_open_since, now)}
        return Line(_("A clinician must look at this"), since, HOT)
    if request.promised_call_by:
        return promise_line(request, now, opens_at)
    if has_lost_email(request, now):
        reason, _step = another_way(request)
        return Line(_("Email failed: %(what)s") % {"what": reason}, waited(request, now), HOT)
    return None


def closed_line(request, now) -> Line:
    reason = request.get_close_reason_display()
    when = _("closed %(clock)s") % {"clock": clock(request.closed_at, now)}
    detail = f"{reason}, {when}" if reason else when
    return Line(_("Closed: %(how)s") % {"how": request.get_disposition_display()}, detail)


def promise_line(request, now, opens_at) -> Line:
    """A call we promised: how long is left, or how late it is and who has been told."""
    by = request.promised_call_by
    words = {"clock": clock(by, now), "time": lasting(abs(by - now))}
    if by < now:
        text = _("Call promised by %(clock)s, %(time)s late") % words
    elif opens_at and opens_at < by:
        words["opening"] = clock(opens_at, now)
        text = _("We open at %(opening)s: call promised by %(clock)s") % words
    else:
        text = _("Call promised by %(clock)s, %(time)s left") % words
    urgency = HOT if by - now <= NEARLY else WARM
    running = {"clock_at": by, "lasting": words["time"]} if words["time"] in text else {}
    return Line(text, waited(request, now), urgency, lateness(now - by), **running)


def lateness(late: timedelta) -> str:
    """What a promised call has come to: colleagues are told, then the on-call lead."""
    if late >= clocks.LATE_ESCALATION:
        return _("escalated")
    return _("alert") if late >= clocks.LATE_ALERT else ""


def is_put_off(request, now) -> bool:
    """Whether it is set aside; a talk that comes before then comes first."""
    consultation = standing(request)
    is_before = consultation is not None and consultation.starts_at <= request.due_at
    return request.is_set_aside and not is_before


def set_aside_line(request, now) -> Line:
    words = {"clock": clock(request.due_at, now), "time": lasting(abs(now - request.due_at))}
    if request.due_at <= now:
        text = _("Set aside until %(clock)s, back for %(time)s") % words
        return Line(text, waited(request, now), WARM)
    return Line(_("Set aside until %(clock)s") % words, waited(request, now))


def consultation_line(request, consultation, now) -> Line:
    starts_at, ends_at = consultation.starts_at, consultation.ends_at
    with_whom = _("%(mode)s with %(counselor)s") % {
        "mode": consultation.get_mode_display(),
        "counselor": consultation.counselor.public_name,
    }
    confirmed = _("confirmed") if consultation.is_confirmed else ""
    detail = ", ".join(filter(None, [with_whom, confirmed, waited(request, now)]))
    if now >= ends_at:
        text = _("Consultation ended %(clock)s, no outcome yet") % {"clock": clock(ends_at, now)}
        return Line(text, detail, WARM)
    if now >= starts_at:
        text = _("Consultation now, since %(clock)s") % {"clock": clock(starts_at, now)}
        return Line(text, detail, WARM)
    if is_to_be_told(request, consultation):
        text = _("Call: a colleague has taken over %(day)s")
        return Line(text % {"day": day_and_clock(starts_at, now)}, detail, WARM)
    text = _("Consultation %(day)s") % {"day": day_and_clock(starts_at, now)}
    return Line(text, detail, WARM if starts_at - now <= SOON else CALM)


def is_to_be_told(request, consultation) -> bool:
    """Whether staff owe a call before the talk itself: about a change that no email could tell."""
    return request.due_at < consultation.starts_at


def due_line(request, now, opens_at) -> Line:
    """What staff owe next, and by when."""
    due, detail = request.due_at, waited(request, now)
    words = {"what": owed(request), "clock": clock(due, now)}
    if due < now:
        words["time"] = lasting(now - due)
        text = _("%(what)s was due %(clock)s, %(time)s late") % words
        is_new = request.stage == Stage.NEW
        is_broken = is_new and now - due >= clocks.LATE_BREACH
        mark = _("over the hour") if is_broken else ""
        urgency = HOT if is_new else WARM
        return Line(text, detail, urgency, mark, clock_at=due, lasting=words["time"])
    text = _("%(what)s due %(clock)s") % words
    if opens_at and opens_at < due and request.stage == Stage.NEW:
        words["opening"] = clock(opens_at, now)
        text = _("We open at %(opening)s: %(what)s due %(clock)s") % (
            words | {"what": words["what"].lower()}
        )
    return Line(text, detail, WARM if due - now <= SOON else CALM)


def owed(request) -> str:
    """The next thing we owe the person, by the stage of the request."""
    if request.stage == Stage.NEW:
        return _("First answer")
    if request.stage == Stage.ATTEMPTING_CONTACT:
        return owed_after_ending(request) or next_try(request)
    if request.stage == Stage.CONSULTATION_SCHEDULED:
        return _("A new time")
    return care_state.owed(request) or _("Follow-up")


def owed_after_ending(request) -> str:
    """What a no-show or a cancelled consultation asks for, until somebody has tried."""
    ended = latest_consultation(request)
    attempt = last_attempt(request)
    if ended is None or (attempt and attempt.at >= ended.ended_at):
        return ""
    if ended.status == Status.NO_SHOW:
        return _("Call after the no-show")
    if ended.is_cancelled_by_us:
        return _("Call: we cancelled their time")
    return _("Check-in after the cancellation")


def next_try(request) -> str:
    names = [
        _("First attempt"),
        _("Second attempt"),
        _("Third attempt"),
        _("Fourth attempt"),
        _("Fifth attempt"),
        _("Sixth attempt"),
    ]
    made = len(cadence.tries_of(request))
    if request.reopened_at and not made:
        return _("First try since it was reopened")
    return names[made] if made < cadence.PLANNED_TRIES else _("Decision after six attempts")


def next_action(request: ConsultationRequest, now: datetime) -> Line:
    """What to do, and by when."""
    if request.is_closed:
        return Line(_("Nothing"))
    if line := pressing_action(request, now):
        return line
    if is_put_off(request, now):
        return by_time(_("Take it up again"), request.due_at, now, at=_("%(what)s %(clock)s"))
    if consultation := standing(request):
        return next_with_consultation(request, consultation, now)
    if end := at_its_end(request):
        return Line(end)
    return by_time(step(request), request.due_at, now)


def pressing_action(request, now) -> Line | None:
    if request.needs_safety_answer:
        return Line(_("%(ways)s now") % {"ways": ways(request)}, urgency=HOT)
    if request.concern_open_since:
        return Line(_("Have a clinician look now"), urgency=HOT)
    if request.promised_call_by:
        return by_time(_("Call"), request.promised_call_by, now)
    if has_lost_email(request, now):
        _reason, other = another_way(request)
        return Line(other, urgency=HOT)
    return None


def step(request) -> str:
    """What to do next where nothing presses: reach the person, or carry care on."""
    if request.stage in (Stage.NEW, Stage.ATTEMPTING_CONTACT):
        return ways(request)
    if request.stage == Stage.CONSULTATION_SCHEDULED:
        return _("Find a new time")
    return care_state.step(request, ways(request)) or ways(request)


def by_time(what: str, due: datetime, now: datetime, *, at: str = "") -> Line:
    """`at` is the sentence for a time to wait for, where it is none to be done by."""
    if due < now:
        return Line(_("%(what)s now") % {"what": what}, urgency=HOT)
    return Line((at or _("%(what)s by %(clock)s")) % {"what": what, "clock": clock(due, now)})


def next_with_consultation(request, consultation, now) -> Line:
    if now >= consultation.ends_at:
        return Line(_("Record the outcome"))
    if now >= consultation.starts_at:
        return Line(_("Talk now"))
    if is_to_be_told(request, consultation):
        return by_time(_("Call"), request.due_at, now)
    return Line(_("Talk at %(clock)s") % {"clock": clock(consultation.starts_at, now)})


def ways(request) -> str:
    """The permitted ways of reaching the person, a call first."""
    has_phone = request.phone and not is_wrong_number(request)
    if has_phone and request.may_call:
        return _("Call")
    may_text = has_phone and request.may_text
    if may_text and request.may_email:
        return _("Text or email")
    if may_text:
        return _("Text")
    return _("Email") if request.may_email else _("Look")


def at_its_end(request) -> str:
    """What to do where no further try is left, or an empty string."""
    if asked_to_stop(request) or plan_is_finished(request):
        return _("Close it")
    return _("No way left to reach them: close it") if is_out_of_reach(request) else ""


def is_wrong_number(request) -> bool:
    """Whether our last call went to somebody else."""
    calls = [each for each in request.attempts.all() if each.channel == Channel.CALL]
    last = max(calls, key=lambda each: (each.at, each.pk), default=None)
    return last is not None and last.result == Result.WRONG_NUMBER


def is_out_of_reach(request) -> bool:
    """Nothing that is permitted leads to them any more, and nobody has reached them yet."""
    is_sought = request.stage in (Stage.NEW, Stage.ATTEMPTING_CONTACT)
    may_phone = request.phone and (request.may_call or request.may_text)
    has_phone = may_phone and not is_wrong_number(request)
    return is_sought and not has_phone and not (request.email and request.may_email)


def has_lost_email(request, now) -> bool:
    """Whether an email was lost and nobody has tried since; a talk under way comes first."""
    consultation = standing(request)
    is_talking = consultation is not None and consultation.starts_at <= now
    return request.email_failed_at is not None and not is_talking


def another_way(request) -> tuple[str, str]:
    """How to reach the person when email does not: as a reason, and as what to do."""
    if request.phone and request.may_call:
        return _("call them"), _("Call now")
    if request.phone and request.may_text:
        return _("text them"), _("Text now")
    return _("no other way is permitted"), _("Check the address")


def waited(request: ConsultationRequest, now: datetime) -> str:
    """How the request came, and how long ago."""
    sentence = {
        Source.BOOKING: _("booked %(time)s ago"),
        Source.CALLBACK: _("asked for a call %(time)s ago"),
        Source.STAFF: _("entered by staff %(time)s ago"),
    }[request.source]
    return sentence % {"time": lasting(now - request.created_at)}


def standing(request) -> Consultation | None:
    return next((each for each in request.consultations.all() if each.is_standing), None)


def waiting(request) -> Waiting | None:
    """The wait for something sooner that goes on, if one does."""
    return next((each for each in request.waitings.all() if each.left_at is None), None)


def latest_consultation(request) -> Consultation | None:
    return max(
        request.consultations.all(), key=lambda each: (each.booked_at, each.pk), default=None
    )


def last_attempt(request) -> ContactAttempt | None:
    return max(request.attempts.all(), key=lambda each: (each.at, each.pk), default=None)


def asked_to_stop(request) -> bool:
    tries = cadence.tries_of(request)
    return bool(tries) and tries[-1].result == Result.ASKED_TO_STOP


def plan_is_finished(request) -> bool:
    return (
        request.stage == Stage.ATTEMPTING_CONTACT
        and len(cadence.tries_of(request)) >= cadence.PLANNED_TRIES
        and not owed_after_ending(request)
    )


def staff_name(user: User) -> str:
    """A colleague, short: Dana R., or the user name where no name is kept."""
    if not user.first_name:
        return user.get_username()
    return f"{user.first_name} {user.last_name[:1]}." if user.last_name else user.first_name
