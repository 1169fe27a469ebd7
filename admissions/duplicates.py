"""Requests that one person made twice: found by phone or email, and merged with both histories.

What someone asks for themselves and what a loved one asks never meet here: from either side
nothing leads to the other, hints at it or counts it.
"""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from . import offers, promises, tasks, triage
from .models import (
    AuditEvent,
    ConsultationRequest,
    ContactAttempt,
    Message,
    MoveNotAllowed,
    Waiting,
)

Stage, Disposition = ConsultationRequest.Stage, ConsultationRequest.Disposition
Voicemail = ConsultationRequest.Voicemail
STRICTEST_FIRST = [Voicemail.NO, Voicemail.NUMBER_ONLY, Voicemail.SAY_CENTRE]
MOST_SHOWN = 12


def found(request: ConsultationRequest):
    """Others with the same phone or email on this side of the wall, newest first."""
    same = Q(pk__in=[])
    if request.phone:
        same |= Q(phone=request.phone)
    if request.email:
        same |= Q(email__iexact=request.email)
    return (
        ConsultationRequest.objects.filter(same, on_this_side(request), merged_into=None)
        .exclude(pk=request.pk)
        .order_by("-created_at", "pk")
    )


def on_this_side(request: ConsultationRequest) -> Q:
    """For oneself with for oneself, for someone else with for someone else."""
    for_self = Q(for_whom=ConsultationRequest.ForWhom.SELF)
    return ~for_self if request.is_for_someone_else else for_self


def can_end(request: ConsultationRequest) -> bool:
    """Open, or closed by hand as a duplicate; what ended otherwise stays as it ended."""
    is_duplicate = request.disposition == Disposition.DUPLICATE
    return request.merged_into_id is None and (not request.is_closed or is_duplicate)


def best_kept(requests: list[ConsultationRequest]) -> ConsultationRequest | None:
    """The one with a consultation that stands, else the oldest of those that are open."""
    still_open = [each for each in requests if not each.is_closed]
    return min(still_open, key=lambda each: (not has_time(each), each.created_at), default=None)


def has_time(request: ConsultationRequest) -> bool:
    return any(each.is_standing for each in request.consultations.all())


@transaction.atomic
def merge(*, keep_id, end_ids, by: User, is_same_person: bool) -> ConsultationRequest:
    """End these requests as duplicates of the one that stays, or raise and change nothing.

    What anyone is owed goes on in the one that stays: danger, a promised call, a due time.
    """
    if not is_same_person:
        raise MoveNotAllowed(_("First make sure that this is the same person."))
    kept, ended = locked(keep_id, end_ids)
    for request in ended:
        check_mergeable(kept, request)

    had_promise = kept.promised_call_by, kept.needs_safety_answer
    for request in ended:
        carry_over(request, kept)
        end(request, kept, by=by)
    kept.save()

    for request in ended:
        kept.audit_events.create(
            type=AuditEvent.Type.REQUESTS_MERGED,
            actor=by,
            code=request.reference,
            shown=[request.pk],
        )

    if (kept.promised_call_by, kept.needs_safety_answer) != had_promise:
        promises.promise_alarms(kept)
    tasks.wake(kept)
    return kept


def locked(keep_id, end_ids) -> tuple[ConsultationRequest, list[ConsultationRequest]]:
    """All in one order, so that two merges that meet wait for each other and never in a ring."""
    ids = {str(keep_id), *map(str, end_ids)}
    rows = ConsultationRequest.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    requests = {str(each.pk): each for each in rows}
    kept = requests.pop(str(keep_id), None)
    if kept is None or len(requests) != len(ids) - 1 or not requests:
        raise MoveNotAllowed(_("Choose which stays, and which are merged with it."))
    return kept, sorted(requests.values(), key=lambda each: each.created_at)


def check_mergeable(kept: ConsultationRequest, ended: ConsultationRequest) -> None:
    """The same side of the wall, a phone or email in common, and one history to go on with."""
    if not found(kept).filter(pk=ended.pk).exists():
        raise MoveNotAllowed(_("They have no phone or email in common any more."))
    if kept.is_closed:
        raise MoveNotAllowed(_("The one that stays is closed. Choose an open one."))
    if not can_end(ended):
        raise MoveNotAllowed(_("%(one)s is closed already.") % {"one": ended.reference})
    if ended.standing_consultation():
        raise MoveNotAllowed(both_or_other(kept))
    if ended.assessments.exists():
        raise MoveNotAllowed(_("The one with the assessment has to stay."))


def both_or_other(kept: ConsultationRequest) -> str:
    if kept.standing_consultation():
        return _("Both have a consultation. Cancel one of them with the person first.")
    return _("The one with the consultation has to stay.")


def carry_over(ended: ConsultationRequest, kept: ConsultationRequest) -> None:
    """What the person is owed, and what they asked of us; the stricter word counts."""
    reach(ended, kept)
    stop(ended, kept)
    if ended.needs_safety_answer:
        kept.is_in_danger, kept.safety_answered_at = True, None
    if not ended.is_closed:
        kept.promised_call_by = earliest(kept.promised_call_by, ended.promised_call_by)
        kept.due_at = earliest(kept.due_at, ended.due_at)
        kept.email_failed_at = kept.email_failed_at or ended.email_failed_at
    if not kept.may_call:
        kept.promised_call_by = None
    if kept.owner is None:
        kept.owner, kept.claimed_at = ended.owner, ended.claimed_at
    go_on(kept, ended)


def go_on(kept: ConsultationRequest, ended: ConsultationRequest) -> None:
    """Whom we were in touch with, or have tried to reach, is not new to us."""
    if kept.stage not in (Stage.NEW, Stage.ATTEMPTING_CONTACT):
        return
    if ended.attempts.in_touch().exists():
        kept.move_to(Stage.CONTACTED)
    elif ended.attempts.exists() and kept.stage == Stage.NEW:
        kept.move_to(Stage.ATTEMPTING_CONTACT)


def reach(ended: ConsultationRequest, kept: ConsultationRequest) -> None:
    """A number or address that only the ended one has, with what was permitted for it."""
    if ended.phone and not kept.phone:
        kept.phone, kept.voicemail = ended.phone, ended.voicemail
        kept.may_call, kept.may_text = ended.may_call, ended.may_text
    elif ended.phone == kept.phone:
        kept.voicemail = min(kept.voicemail, ended.voicemail, key=STRICTEST_FIRST.index)
    if ended.email and not kept.email:
        kept.email, kept.may_email = ended.email, ended.may_email
    kept.is_discreet = kept.is_discreet or ended.is_discreet


def stop(ended: ConsultationRequest, kept: ConsultationRequest) -> None:
    """A "stop" ends contact, unless they asked anew after it, in the request that stays."""
    stopped = ended.attempts.filter(result=ContactAttempt.Result.ASKED_TO_STOP).last()
    if stopped and stopped.at >= kept.created_at:
        kept.may_call = kept.may_text = kept.may_email = False


def earliest(*times):
    return min(filter(None, times), default=None)


def end(ended: ConsultationRequest, kept: ConsultationRequest, *, by: User) -> None:
    """Closed as a duplicate; its tries count in the one that stays, its letters do not go."""
    ended.attempts.filter(came_from=None).update(came_from=ended)
    ended.attempts.update(request=kept)
    ended.merged.update(merged_into=kept)
    if not ended.is_closed:
        offers.stop_waiting(ended, Waiting.Left.ENDED, by=by)
        triage.end(ended, Disposition.DUPLICATE)
    ended.merged_into = kept
    ended.save()
    if hasattr(ended, "benefits") and not hasattr(kept, "benefits"):
        ended.benefits.request = kept
        ended.benefits.save(update_fields=["request"])
    ended.messages.filter(state__in=Message.WAITING).update(
        state=Message.State.SKIPPED,
        reason=Message.Reason.REQUEST_CLOSED,
        finished_at=timezone.now(),
    )
