"""Tells one member of staff something now, by every channel that reaches them: email, today."""

from collections.abc import Iterable
from datetime import datetime

from users.models import User

from ..kinds import Kind
from ..models import Alarm, AlarmRing, Message


def tell(*, colleague: User | None, alarms: Iterable[Alarm], key: str, now: datetime) -> Message:
    """Owe this person word of these alarms now, in one message; return it.

    Without a `colleague` it goes to the on-call lead's address. `key` keeps it from being told
    twice. Another channel is one more row here.
    """
    message = Message.objects.create(
        kind=Kind.STAFF_DANGER, colleague=colleague, dedupe_key=key, due_at=now, enqueued_at=now
    )
    AlarmRing.objects.bulk_create(AlarmRing(alarm=each, message=message) for each in alarms)
    return message
