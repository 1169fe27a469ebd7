"""The moment that a page of the desk shows, who is away then, and who was told of late calls.

That is read from the messages, and never reckoned by the clock.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from admissions import staff_formatting
from admissions.intake import service_levels
from admissions.intake.models import ConsultationRequest
from admissions.messaging.models import Message

from . import ownership

Kind = Message.Kind
ALERTS = [Kind.STAFF_CALL_OVERDUE, Kind.STAFF_ESCALATED]
Alerts = Mapping[UUID, list[Message]]


@dataclass(frozen=True)
class DeskClock:
    """Now, when somebody is at the phones next (where nobody is), who knows of late calls, and
    the ids of staff who are away."""

    now: datetime
    alerts: Alerts = field(default_factory=dict)
    opens_at: datetime | None = None
    absent: frozenset[int] = frozenset()


def read_desk_clock(now: datetime) -> DeskClock:
    """Asked once for a page, however many requests it shows."""
    return DeskClock(
        now,
        read_alerts(now),
        service_levels.find_next_phone_opening(now),
        ownership.find_absent(now),
    )


@dataclass(frozen=True)
class LateCall:
    """What the desk says of one late call: a short mark, and one sentence for each who was told."""

    mark: str = ""
    told: str = ""


def read_alerts(now: datetime) -> Alerts:
    """What is owed to staff, or was sent to them, about each call that is late now.

    One query, however many requests a page shows. What was about an earlier promise is left out.
    """
    late = ConsultationRequest.objects.with_promised_call().filter(promised_call_by__lt=now)
    messages = Message.objects.filter(kind__in=ALERTS, request__in=late.order_by())
    found: dict[UUID, list[Message]] = defaultdict(list)
    for each in messages.select_related("request").only(
        "kind", "state", "reason", "due_at", "finished_at", "request__promised_call_by"
    ):
        promised = each.its_request.promised_call_by
        if promised and each.due_at >= promised:
            found[each.its_request.pk].append(each)
    return found


def describe_late_call(messages: list[Message], now: datetime) -> LateCall:
    """Who was emailed when; what has not gone says so, and why."""
    by_kind = {each.kind: each for each in sorted(messages, key=lambda each: each.pk)}
    fallen_due = [
        by_kind[kind] for kind in ALERTS if kind in by_kind and is_due(by_kind[kind], now)
    ]
    if not fallen_due:
        return LateCall() if messages else LateCall(_("not told"), _("Nobody is told of it."))
    sentences = [describe_told(each, now) for each in fallen_due]
    sent = [each.kind for each in fallen_due if each.is_sent]
    mark = _("escalated") if Kind.STAFF_ESCALATED in sent else _("alert") if sent else _("not told")
    return LateCall(mark, " ".join(sentences))


def is_due(message: Message, now: datetime) -> bool:
    return message.is_finished or message.due_at <= now


def describe_told(message: Message, now: datetime) -> str:
    """The on-call lead was emailed at 2:14 pm; or that they were not, and why."""
    is_lead = message.kind == Kind.STAFF_ESCALATED
    if message.is_sent and message.finished_at:
        words = {"clock": staff_formatting.format_short_datetime(message.finished_at, now)}
        if is_lead:
            return _("The on-call lead was emailed at %(clock)s.") % words
        return _("Colleagues were emailed at %(clock)s.") % words
    why = {"why": message.get_reason_display() or _("the email is on its way")}
    if is_lead:
        return _("The on-call lead is not told yet: %(why)s.") % why
    return _("Colleagues are not told yet: %(why)s.") % why
