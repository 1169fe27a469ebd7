"""One request as a card of the triage list: everything its line shows, ready to print."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from admissions import formatting
from admissions.admin.contact_summary import ContactTag, describe_for_whom, email_tags, phone_tags
from admissions.care import progress
from admissions.intake import requests
from admissions.intake.models import ConsultationRequest, ContactAttempt
from admissions.scheduling.models import Consultation
from admissions.triage import cadence, desk_clock, ownership
from admissions.triage import next_action as triage_next_action
from admissions.triage import status_line as triage_status_line
from users.models import User

Stage = ConsultationRequest.Stage
CONTACT_TAGS = "admin/admissions/consultationrequest/_tags.html"


@dataclass(frozen=True)
class AttemptSummary:
    """How often we have tried, as dots and in words."""

    made_dots: str
    left_dots: str
    words: str


@dataclass(frozen=True)
class RequestRow:
    request: ConsultationRequest
    status_line: triage_status_line.StatusLine
    next_action: triage_status_line.StatusLine
    for_whom: str
    phone_tags: list[ContactTag]
    email_tags: list[ContactTag]
    attempts: AttemptSummary
    program: str
    owner: str
    consultation: Consultation | None
    is_unsure: bool = False
    insurance: str = ""
    actions: set[str] = field(default_factory=set)


def request_row(
    request: ConsultationRequest, *, by: User, clock: desk_clock.DeskClock
) -> RequestRow:
    """The card of a request that came with_history(), as `by` sees it at this moment."""
    return RequestRow(
        request=request,
        status_line=triage_status_line.describe_status(request, clock),
        next_action=triage_next_action.describe_next_action(request, clock.now),
        for_whom=describe_for_whom(request),
        phone_tags=phone_tags(request),
        email_tags=email_tags(request),
        attempts=attempt_summary(request),
        program=request.program_interest.name if request.program_interest else _("Not sure"),
        owner=owner_label(request, by, absent=clock.absent),
        consultation=requests.find_standing_consultation(request),
        is_unsure=request.program_interest_id is None,
        insurance=progress.insurance_status(request),
        actions=available_actions(request, clock.now, absent=clock.absent),
    )


def rendered_tags(card: RequestRow, render: Callable[..., SafeString]) -> dict[str, SafeString]:
    """How we may reach them, as many people share it."""
    return {
        "phone_tags": render(CONTACT_TAGS, tags=tuple(card.phone_tags)),
        "email_tags": render(CONTACT_TAGS, tags=tuple(card.email_tags)),
    }


def attempt_summary(request: ConsultationRequest) -> AttemptSummary:
    """The tries of the plan that goes on; once we were in touch, that alone."""
    made, last = len(cadence.current_attempts(request)), requests.find_last_attempt(request)
    dots = min(made, cadence.PLANNED_ATTEMPTS)
    words = str(ContactAttempt.Result(last.result).label).lower() if last else _("no attempt yet")
    if made:
        words = _("%(n)s of %(all)s, %(result)s") % {
            "n": made,
            "all": cadence.PLANNED_ATTEMPTS,
            "result": words,
        }
    return AttemptSummary("●" * dots, "○" * (cadence.PLANNED_ATTEMPTS - dots), words)


def owner_label(request: ConsultationRequest, by: User, *, absent: frozenset[int]) -> str:
    if request.owner is None:
        return ""
    if request.owner == by:
        return _("Me")
    words = {"name": formatting.staff_name(request.owner)}
    if not request.owner.is_active:
        return _("%(name)s, has left") % words
    return _("%(name)s, away") % words if request.owner.pk in absent else words["name"]


def available_actions(
    request: ConsultationRequest, now: datetime, *, absent: frozenset[int]
) -> set[str]:
    """The steps that can work now, whoever takes them; the service still has the last word."""
    if request.is_anonymized:
        return set()
    if request.is_closed:
        return {"note"} if request.merged_into_id else {"note", "reopen"}
    steps = {"log", "close", "plan", "note", "escalate", "hand-over", "refer"}
    if request.needs_safety_answer:
        steps.add("take-alarm")
    if request.owner_id:
        steps.add("give-back")
    if request.owner is None or ownership.is_gone(request.owner, absent=absent):
        steps.add("claim")
    steps |= snooze_actions(request) | admission_actions(request)
    if not progress.get_verification(request):
        steps.add("ask-insurance")
    consultation = requests.find_standing_consultation(request)
    if consultation:
        steps.add("move")
        if consultation.starts_at <= now:
            steps |= {"complete", "no-show"}
        elif requests.find_current_waiting(request):
            steps.add("stop-looking")
        elif request.email and request.may_email:
            steps.add("look-sooner")
    elif is_last_no_show(request):
        steps.add("complete")
    return steps


def snooze_actions(request: ConsultationRequest) -> set[str]:
    """Put it off, or take it up again; neither while something presses."""
    is_pressed = request.needs_safety_answer or request.concern_opened_at
    if is_pressed or request.promised_call_by:
        return set()
    return {"take-up", "set-aside"} if request.is_snoozed else {"set-aside"}


def admission_actions(request: ConsultationRequest) -> set[str]:
    """On the way in, once a recommendation is made; what was agreed decides whether and where."""
    steps = {Stage.RECOMMENDATION_MADE: {"begin", "admit"}, Stage.ADMISSION_PENDING: {"admit"}}
    return steps.get(Stage(request.stage), set())


def is_last_no_show(request: ConsultationRequest) -> bool:
    """Someone marked as a no-show may still call ten minutes later."""
    ended = requests.find_latest_consultation(request)
    return ended is not None and ended.status == Consultation.Status.NO_SHOW
