"""Requests that one person made twice: found by phone or email, and merged with both histories.

What someone asks for themselves and what a loved one asks never meet here: from either side
nothing leads to the other, hints at it or counts it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.intake import waitlist_entries
from admissions.intake.models import ConsultationRequest, ContactAttempt
from admissions.intake.models.search_tokens import (
    filter_by_email,
    filter_by_phone,
    normalize_email,
    phone_digits,
)
from admissions.messaging import outbox, tasks
from admissions.messaging.models import Message
from admissions.phone_numbers import line_of
from admissions.scheduling.models import WaitlistEntry
from users.models import User

from . import outcomes

Stage, Disposition = ConsultationRequest.Stage, ConsultationRequest.Disposition
Voicemail = ConsultationRequest.Voicemail
VOICEMAIL_STRICTEST_FIRST: list[str] = [Voicemail.NO, Voicemail.NUMBER_ONLY, Voicemail.SAY_CENTER]
MAX_SHOWN = 12


def find_duplicates(request: ConsultationRequest) -> QuerySet[ConsultationRequest]:
    """Others with the same phone or email on this side of the wall, newest first.

    Their order is no index's: Postgres would read every request by its age until it has some.
    """
    same = Q(pk__in=[])
    if request.phone:
        same |= filter_by_phone(request.phone)
    if request.email:
        same |= filter_by_email(request.email)
    return (
        ConsultationRequest.objects.filter(same, same_side_filter(request), merged_into=None)
        .exclude(pk=request.pk)
        .order_by((F("created_at") + timedelta(0)).desc(), "pk")
    )


def same_side_filter(request: ConsultationRequest) -> Q:
    """For oneself with for oneself, for someone else with for someone else."""
    for_self = Q(for_whom=ConsultationRequest.ForWhom.SELF)
    return ~for_self if request.is_for_someone_else else for_self


def is_duplicate(one: ConsultationRequest, other: ConsultationRequest) -> bool:
    """Whether two requests have a phone or an email in common, by what they hold themselves."""
    has_same_phone = phone_digits(one.phone) == phone_digits(other.phone) != ""
    has_same_email = normalize_email(one.email) == normalize_email(other.email) != ""
    is_same_side = one.is_for_someone_else == other.is_for_someone_else
    return is_same_side and other.merged_into_id is None and (has_same_phone or has_same_email)


def may_be_merged(request: ConsultationRequest) -> bool:
    """Open, or closed by hand as a duplicate; what ended otherwise stays as it ended."""
    ended_as_one = request.disposition == Disposition.DUPLICATE
    return request.merged_into_id is None and (not request.is_closed or ended_as_one)


def suggest_request_to_keep(requests: list[ConsultationRequest]) -> ConsultationRequest | None:
    """The one with a consultation that stands, else the oldest of those that are open."""
    still_open = [each for each in requests if not each.is_closed]
    return min(
        still_open,
        key=lambda each: (not has_standing_consultation(each), each.created_at),
        default=None,
    )


def has_standing_consultation(request: ConsultationRequest) -> bool:
    return any(each.is_standing for each in request.consultations.all())


@transaction.atomic
def merge_requests(
    *, keep_id: UUID, end_ids: Iterable[UUID], by: User, is_same_person: bool
) -> ConsultationRequest:
    """End these requests as duplicates of the one that stays, or raise and change nothing.

    What anyone is owed goes on in the one that stays: danger, a promised call, a due time.
    """
    if not is_same_person:
        raise ActionNotAllowed(_("First make sure that this is the same person."))
    kept, ended = lock_requests_to_merge(keep_id, end_ids)
    for request in ended:
        check_mergeable(kept, request)

    had_promise = kept.promised_call_by, kept.needs_safety_answer
    for request in ended:
        carry_over(request, kept)
        close_as_duplicate(request, kept, by=by)
    kept.save()

    for request in ended:
        kept.audit_events.create(
            type=AuditEvent.Type.REQUESTS_MERGED,
            actor=by,
            code=request.reference,
            shown=[request.pk],
        )

    if (kept.promised_call_by, kept.needs_safety_answer) != had_promise:
        outbox.enqueue_call_alerts(kept)
    tasks.wake_delivery(kept)
    return kept


def lock_requests_to_merge(
    keep_id: UUID, end_ids: Iterable[UUID]
) -> tuple[ConsultationRequest, list[ConsultationRequest]]:
    """All in one order, so that two merges that meet wait for each other and never in a ring."""
    ids = {keep_id, *end_ids}
    requests = {each.pk: each for each in ConsultationRequest.objects.lock_all(ids)}
    kept = requests.pop(keep_id, None)
    if kept is None or len(requests) != len(ids) - 1 or not requests:
        raise ActionNotAllowed(_("Choose which stays, and which are merged with it."))
    return kept, sorted(requests.values(), key=lambda each: each.created_at)


def check_mergeable(kept: ConsultationRequest, ended: ConsultationRequest) -> None:
    """The same side of the wall, a phone or email in common, and one history to go on with."""
    if not is_duplicate(kept, ended):
        raise ActionNotAllowed(_("They have no phone or email in common any more."))
    if kept.is_closed:
        raise ActionNotAllowed(_("The one that stays is closed. Choose an open one."))
    if not may_be_merged(ended):
        raise ActionNotAllowed(_("%(one)s is closed already.") % {"one": ended.reference})
    if ended.standing_consultation():
        raise ActionNotAllowed(consultation_conflict_message(kept))
    if ended.assessments.exists():
        raise ActionNotAllowed(_("The one with the assessment has to stay."))


def consultation_conflict_message(kept: ConsultationRequest) -> str:
    if kept.standing_consultation():
        return _("Both have a consultation. Cancel one of them with the person first.")
    return _("The one with the consultation has to stay.")


def carry_over(ended: ConsultationRequest, kept: ConsultationRequest) -> None:
    """What the person is owed, and what they asked of us; the stricter word counts."""
    carry_over_contact_details(ended, kept)
    carry_over_stop(ended, kept)
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
    carry_over_stage(kept, ended)


def carry_over_stage(kept: ConsultationRequest, ended: ConsultationRequest) -> None:
    """Whom we were in touch with, or have tried to reach, is not new to us."""
    if kept.stage not in (Stage.NEW, Stage.ATTEMPTING_CONTACT):
        return
    if ended.attempts.in_touch().exists():
        kept.move_to(Stage.CONTACTED)
    elif ended.attempts.exists() and kept.stage == Stage.NEW:
        kept.move_to(Stage.ATTEMPTING_CONTACT)


def carry_over_contact_details(ended: ConsultationRequest, kept: ConsultationRequest) -> None:
    """A number, extension or address that only the ended one has, with what was permitted."""
    if ended.phone and not kept.phone:
        kept.phone, kept.voicemail = ended.phone, ended.voicemail
        kept.may_call, kept.may_text = ended.may_call, ended.may_text
    elif ended.phone and line_of(ended.phone) == line_of(kept.phone):
        kept.phone = kept.phone if kept.phone.extension else ended.phone
        kept.voicemail = min(kept.voicemail, ended.voicemail, key=VOICEMAIL_STRICTEST_FIRST.index)
    if ended.email and not kept.email:
        kept.email, kept.may_email = ended.email, ended.may_email
    kept.is_discreet = kept.is_discreet or ended.is_discreet


def carry_over_stop(ended: ConsultationRequest, kept: ConsultationRequest) -> None:
    """A "stop" ends contact, unless they asked anew after it, in the request that stays."""
    stopped = ended.attempts.filter(result=ContactAttempt.Result.ASKED_TO_STOP).last()
    if stopped and stopped.at >= kept.created_at:
        kept.may_call = kept.may_text = kept.may_email = False


def earliest(*times: datetime | None) -> datetime | None:
    return min(filter(None, times), default=None)


def close_as_duplicate(ended: ConsultationRequest, kept: ConsultationRequest, *, by: User) -> None:
    """Closed as a duplicate; its tries count in the one that stays, its letters do not go."""
    ended.attempts.filter(merged_from=None).update(merged_from=ended)
    ended.attempts.update(request=kept)
    ended.merged.update(merged_into=kept)
    if not ended.is_closed:
        waitlist_entries.stop_waiting(ended, WaitlistEntry.LeaveReason.ENDED, by=by)
        outcomes.mark_closed(ended, Disposition.DUPLICATE)
    ended.merged_into = kept
    ended.save()
    if hasattr(ended, "benefits") and not hasattr(kept, "benefits"):
        ended.benefits.request = kept
        ended.benefits.save(update_fields=["request"])
    ended.messages.filter(state__in=Message.PENDING_STATES).update(
        state=Message.State.SKIPPED,
        reason=Message.Reason.REQUEST_CLOSED,
        finished_at=timezone.now(),
    )
