"""Nothing is sent from a restored database until someone has looked.

What a dump owes may have been sent since it was made, and whom it is for may have canceled. The
statement that gives a message to a worker asks whether this database may send; see
messaging/delivery.py.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from admissions.audit.models import AuditEvent
from admissions.exceptions import ActionNotAllowed
from admissions.installation.models import DatabaseIdentity, Installation
from admissions.messaging import tasks
from admissions.messaging.models import Message
from users.models import User

# A message that is this late is somebody's business.
OVERDUE_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class Backlog:
    """What has fallen due and not gone: how many, of them how many overdue, since when."""

    due: int
    overdue: int
    oldest_due_at: datetime | None


def is_held() -> bool:
    return not Installation.objects.free_to_send().exists()


def measure_backlog(now: datetime) -> Backlog:
    late = Q(due_at__lt=now - OVERDUE_AFTER)
    found = owed(now).aggregate(
        due=Count("pk"), overdue=Count("pk", filter=late), oldest_due_at=Min("due_at")
    )
    return Backlog(**found)


def owed(now: datetime):  # type: ignore[no-untyped-def]  # the manager's own query set
    """Whatever waits for its turn, or was in the hands of a worker when the dump was made."""
    return Message.objects.unfinished().filter(due_at__lte=now)


def hold_sending() -> None:
    """Let no worker take a message from now on; who restores a dump calls it."""
    with transaction.atomic():
        Installation.objects.filter(sending_held_at=None).update(sending_held_at=timezone.now())
        AuditEvent.objects.create(
            type=AuditEvent.Type.SENDING_HELD, source=AuditEvent.Source.SYSTEM
        )


@transaction.atomic
def release_sending(*, skip_due_before: datetime | None, by: User) -> int:
    """Allow this database to send again; return how many messages were skipped as too old."""
    installation = Installation.objects.select_for_update().get()
    if not is_held():
        raise ActionNotAllowed(_("Emails are being sent already."))

    skipped = skip_messages(skip_due_before) if skip_due_before else 0
    installation.sends_from, installation.sending_held_at = DatabaseIdentity(), None
    installation.save(update_fields=["sends_from", "sending_held_at"])

    AuditEvent.objects.create(
        type=AuditEvent.Type.SENDING_RELEASED, actor=by, detail={"skipped": skipped}
    )

    tasks.wake_delivery(None)
    return skipped


def skip_messages(due_before: datetime) -> int:
    return (
        Message.objects.unfinished()
        .filter(due_at__lt=due_before)
        .update(
            state=Message.State.SKIPPED,
            reason=Message.Reason.RESTORED,
            lease=None,
            lease_until=None,
            finished_at=timezone.now(),
        )
    )
