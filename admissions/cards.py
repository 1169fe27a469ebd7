"""One request as a card of the triage list: everything its line shows, ready to print."""

from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from . import cadence, care_state, desk
from .models import Consultation, ConsultationRequest

Stage, Voicemail, GoodTime, ForWhom = (
    ConsultationRequest.Stage,
    ConsultationRequest.Voicemail,
    ConsultationRequest.GoodTime,
    ConsultationRequest.ForWhom,
)


@dataclass(frozen=True)
class Tag:
    """One word of the contact plan: permitted, not permitted, or to be careful with."""

    text: str
    is_permitted: bool = True
    is_careful: bool = False
    icon: str = ""


@dataclass(frozen=True)
class Tries:
    """How often we have tried, as dots and in words."""

    made: str
    left: str
    words: str


@dataclass(frozen=True)
class Card:
    request: ConsultationRequest
    why: desk.Line
    next: desk.Line
    who: str
    phone_tags: list[Tag]
    email_tags: list[Tag]
    tries: Tries
    interest: str
    owner: str
    consultation: Consultation | None
    insurance: str = ""
    steps: set[str] = field(default_factory=set)


def card(
    request: ConsultationRequest, *, by: User, now: datetime, opens_at: datetime | None = None
) -> Card:
    """The card of a request that came with_history(), as `by` sees it at this moment.

    `opens_at` is when somebody is at the phones next, where nobody is.
    """
    return Card(
        request=request,
        why=desk.why(request, now, opens_at=opens_at),
        next=desk.next_action(request, now),
        who=who(request),
        phone_tags=phone_tags(request),
        email_tags=email_tags(request),
        tries=tries(request),
        interest=request.program_interest.name if request.program_interest else _("Not sure"),
        owner=owner(request, by),
        consultation=desk.standing(request),
        insurance=care_state.insurance(request),
        steps=open_steps(request, now),
    )


def who(request) -> str:
    """For whom, and in which language if not in English."""
    whom = {
        ForWhom.SELF: _("for self"),
        ForWhom.LOVED_ONE: _("for a loved one"),
        ForWhom.PROFESSIONAL: _("for someone they work with"),
    }[request.for_whom]
    parts = [whom]
    if request.language != "en":
        parts.append(request.get_language_display())
    if request.interpreter:
        parts.append(request.interpreter)
    if not request.is_adult:
        parts.append(_("under 18"))
    return ", ".join(str(part) for part in parts)


def phone_tags(request) -> list[Tag]:
    """Call, text and voicemail; none without a number."""
    if not request.phone:
        return []
    tags = [
        Tag(_("call"), request.may_call, icon="call"),
        Tag(_("text"), request.may_text, icon="text"),
    ]
    return [*tags, voicemail_tag(request), *hours_tag(request)] if request.may_call else tags


def voicemail_tag(request) -> Tag:
    words = {
        Voicemail.NO: _("no voicemail"),
        Voicemail.NUMBER_ONLY: _("voicemail: number only"),
        Voicemail.SAY_CENTRE: _("voicemail: may say centre"),
    }[request.voicemail]
    return Tag(words, is_careful=request.voicemail == Voicemail.NO, icon="voicemail")


def email_tags(request) -> list[Tag]:
    """Email, and whether it has to be discreet; none without an address."""
    if not request.email:
        return []
    tags = [Tag(_("email"), request.may_email, icon="email")]
    return (
        [*tags, Tag(_("discreet"), icon="discreet")]
        if request.is_discreet and request.may_email
        else tags
    )


def hours_tag(request) -> list[Tag]:
    """The hours that suit the person, unless any do."""
    hours = {
        GoodTime.MORNING: _("8 am to noon"),
        GoodTime.AFTERNOON: _("noon to 5 pm"),
        GoodTime.EVENING: _("5 to 8 pm"),
    }
    return [Tag(hours[request.good_time], icon="hours")] if request.good_time in hours else []


def tries(request) -> Tries:
    """The tries of the plan that goes on; once we were in touch, that alone."""
    made, last = len(cadence.tries_of(request)), desk.last_attempt(request)
    dots = min(made, cadence.PLANNED_TRIES)
    words = last.get_result_display().lower() if last else _("no attempt yet")
    if made:
        words = _("%(n)s of %(all)s, %(result)s") % {
            "n": made,
            "all": cadence.PLANNED_TRIES,
            "result": words,
        }
    return Tries("●" * dots, "○" * (cadence.PLANNED_TRIES - dots), words)


def owner(request, by) -> str:
    if request.owner is None:
        return ""
    return _("Me") if request.owner == by else desk.staff_name(request.owner)


def open_steps(request, now) -> set[str]:
    """The steps that can work now, whoever takes them; the service still has the last word."""
    if request.is_closed:
        return {"note"} if request.merged_into_id else {"note", "reopen"}
    steps = {"log", "close", "plan", "note", "escalate", "hand-over", "refer"}
    steps.add("give-back" if request.owner_id else "claim")
    steps |= pausing(request) | admitting(request)
    if not care_state.benefits_of(request):
        steps.add("ask-insurance")
    consultation = desk.standing(request)
    if consultation:
        steps.add("move")
        if consultation.starts_at <= now:
            steps |= {"complete", "no-show"}
        elif desk.waiting(request):
            steps.add("stop-looking")
        elif request.email and request.may_email:
            steps.add("look-sooner")
    elif was_no_show(request):
        steps.add("complete")
    return steps


def pausing(request) -> set[str]:
    """Put it off, or take it up again; neither while something presses."""
    is_pressed = request.needs_safety_answer or request.concern_open_since
    if is_pressed or request.promised_call_by:
        return set()
    return {"take-up", "set-aside"} if request.is_set_aside else {"set-aside"}


def admitting(request) -> set[str]:
    """On the way in, once a recommendation is made; what was agreed decides whether and where."""
    steps = {Stage.RECOMMENDATION_MADE: {"begin", "admit"}, Stage.ADMISSION_PENDING: {"admit"}}
    return steps.get(request.stage, set())


def was_no_show(request) -> bool:
    """Someone marked as a no-show may still call ten minutes later."""
    ended = desk.latest_consultation(request)
    return ended is not None and ended.status == Consultation.Status.NO_SHOW
