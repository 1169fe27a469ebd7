"""Does one thing to a request so that it can be undone: what went out because of it waits."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from admissions.intake.models import ConsultationRequest
from admissions.intake.service_levels import UNDO_WINDOW
from admissions.messaging import tasks
from admissions.messaging.models import Message
from users.models import User

from . import snapshots
from .models import UndoableAction

# What an undo cannot put back: a referral stays on file, and an offer that was withdrawn is over.
LASTING = ["referrals", "offers"]


@transaction.atomic
def take_step(
    *, service: Callable[..., Any], request_id: UUID, by: User, **options: Any
) -> UndoableAction | None:
    """Call the service, and store how things stood; None where nothing of it can be undone.

    Letters that it enqueued wait for UNDO_WINDOW. Whatever the service raises is raised. A second
    click that changes nothing returns the action of the first.
    """
    request = ConsultationRequest.objects.lock(request_id)
    before, marks = snapshots.take_snapshot(request), snapshots.read_marks(request)
    service(request_id=request_id, by=by, **options)

    request.refresh_from_db()
    made = snapshots.list_made(request, marks)
    if not made["events"]:
        return find_last_action(request, by)
    after = snapshots.take_snapshot(request)
    if any(before[name] != after[name] for name in LASTING):
        return None

    now = timezone.now()
    action = UndoableAction.objects.create(
        request=request,
        by=by,
        at=now,
        expires_at=now + UNDO_WINDOW,
        event_id=made["events"][0],
        last_event_id=made["events"][-1],
        before=before,
        after=after,
        made=made,
        note_id=made["notes"][0] if made["notes"] else None,
    )
    hold_letters(action)
    return action


def find_last_action(request: ConsultationRequest, by: User) -> UndoableAction | None:
    """What they did last to this request, while they can still undo it."""
    now = timezone.now()
    recent = UndoableAction.objects.filter(
        request=request, by=by, undone_at=None, expires_at__gt=now
    )
    return recent.order_by("-at").first()


def hold_letters(action: UndoableAction) -> None:
    """None of them goes before the action can no longer be undone."""
    soon = Message.objects.filter(
        pk__in=action.made["messages"], state=Message.State.QUEUED, due_at__lt=action.expires_at
    )
    if soon.update(due_at=action.expires_at):
        tasks.wake_delivery_in(action.request, seconds=UNDO_WINDOW.seconds + 1)
