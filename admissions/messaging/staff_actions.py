"""Everything staff do to emails. Each is one transaction: check, change, record, promise."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.intake.models import ConsultationRequest, Suppression
from users.models import User

from . import provider_events, tasks
from .eligibility import find_skip_reason
from .models import Message, MessageQuerySet

State, Reason, Type = Message.State, Message.Reason, AuditEvent.Type
# What a person's own word began, staff do not end.
LIFTABLE_CAUSES = {Suppression.Cause.BOUNCED, Suppression.Cause.COMPLAINED}


@transaction.atomic
def resend_message(*, message_id: int, copy: int, because: str, by: User) -> Message:
    """Owe the same email once more, as this `copy`, now; a second click makes no second one."""
    copies = lock_copies(message_id)
    if made := next((each for each in copies if each.copy == copy), None):
        return made
    check_may_resend(copies)

    original = copies[0]
    message = Message.objects.create(
        request=original.request,
        consultation=original.consultation,
        kind=original.kind,
        offer=original.offer,
        shortage=original.shortage,
        dedupe_key=original.dedupe_key,
        copy=copies[-1].copy + 1,
        resend_reason=because,
        resent_by=by,
        due_at=timezone.now(),
    )

    record_staff_action(message, Type.MESSAGE_RESENT, by=by)

    tasks.wake_delivery(message.request)
    return message


@transaction.atomic
def cancel_message(*, message_id: int, by: User) -> Message:
    """Promise it no longer; a worker that has it in hand already has the last word."""
    message = lock_message(message_id)
    if message.kind == Message.Kind.STAFF_DANGER:
        raise ActionNotAllowed(_("Danger is told until somebody has it."))
    if message.colleague_id:
        raise ActionNotAllowed(_("What tells a colleague of their own account always goes."))
    if not message.is_pending:
        raise ActionNotAllowed(_("It is too late to take it back."))

    message.state, message.reason = State.SKIPPED, Reason.CANCELED
    message.finished_at = timezone.now()
    message.save(update_fields=["state", "reason", "finished_at"])

    record_staff_action(message, Type.MESSAGE_CANCELED, by=by)
    return message


@transaction.atomic
def mark_bounced(*, message_id: int, by: User) -> Message:
    """It came back, as someone has read in our mailbox; the person is due for a call."""
    message = lock_message(message_id)
    if not may_be_marked_bounced(message):
        raise ActionNotAllowed(_("Only an email to a requester that was sent can come back."))

    provider_events.handle_bounce(message, Reason.NO_SUCH_ADDRESS, Suppression.Cause.BOUNCED)

    record_staff_action(message, Type.MESSAGE_RETURNED, by=by)
    return message


@transaction.atomic
def lift_suppression(*, suppression_id: int, by: User) -> Suppression:
    """Write to this address again, unless its owner asked us to stop."""
    suppression = lock_suppression(suppression_id)
    if suppression.lifted_at:
        return suppression
    if not may_be_lifted(suppression):
        raise ActionNotAllowed(_("They asked us to stop. Only they can change that."))

    suppression.lifted_at, suppression.lifted_by = timezone.now(), by
    suppression.save(update_fields=["lifted_at", "lifted_by"])

    AuditEvent.objects.create(
        type=Type.SUPPRESSION_LIFTED,
        actor=by,
        request=suppression.request,
        code=suppression.cause,
    )
    return suppression


def may_be_marked_bounced(message: Message) -> bool:
    """Of one that went to an address which was corrected since, nobody needs to hear."""
    if message.is_for_staff or not message.is_sent:
        return False
    return message.email_number == message.its_request.email_number


def may_be_lifted(suppression: Suppression) -> bool:
    return suppression.lifted_at is None and suppression.cause in LIFTABLE_CAUSES


def check_may_resend(copies: list[Message]) -> None:
    """Raise ActionNotAllowed, with the reason, if another copy may not go."""
    if refusal := find_resend_refusal(copies):
        raise ActionNotAllowed(refusal)


def find_resend_refusal(copies: list[Message]) -> str:
    """Why no further copy may go, or an empty string.

    It is asked of the first promise: what has ended that, ends its copies.
    """
    if copies[0].kind == Message.Kind.STAFF_DANGER:
        return _("It rings by itself until somebody has it.")
    if copies[0].colleague_id:
        return _("It is sent anew from the page of the colleague.")
    if not copies[-1].is_finished:
        return _("It has not gone yet.")
    reason = find_skip_reason(copies[0], now=timezone.now())
    return _("It may not go: %(reason)s.") % {"reason": Reason(reason).label} if reason else ""


def list_copies(message: Message) -> MessageQuerySet:
    """The promise and every copy that staff had sent, the first one first."""
    same = Message.objects.filter(kind=message.kind, dedupe_key=message.dedupe_key)
    return same.order_by("copy")


def lock_copies(message_id: int) -> list[Message]:
    """As copies_of, all locked, after the request as everywhere."""
    message = Message.objects.get(pk=message_id)
    request = lock_request_by_id(message.request_id)
    copies = list(list_copies(message).select_for_update())
    for each in copies:
        each.request = request
    return copies


def lock_message(message_id: int) -> Message:
    return next(each for each in lock_copies(message_id) if each.pk == message_id)


def lock_request_by_id(pk: UUID | None) -> ConsultationRequest | None:
    return ConsultationRequest.objects.select_for_update().get(pk=pk) if pk else None


def lock_suppression(pk: int) -> Suppression:
    """The request that it came from is locked first: a bounce goes the same way."""
    lock_request_by_id(Suppression.objects.get(pk=pk).request_id)
    return Suppression.objects.select_for_update().get(pk=pk)


def record_staff_action(message: Message, type: str, *, by: User) -> None:
    AuditEvent.objects.create(type=type, actor=by, request=message.request, code=message.kind)
