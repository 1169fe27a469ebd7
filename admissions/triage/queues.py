"""The lists that staff work from: which requests belong in each, and how many there are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from admissions.intake.models import (
    ConsultationRequest,
    ConsultationRequestQuerySet,
    request_queries,
)
from users.models import User

from . import ownership

CLOSED, SEARCH_RESULTS = "closed", "found"


@dataclass(frozen=True)
class Queue:
    """One list of open requests: its name in an address, and which of them belong in it."""

    key: str
    name: Promise
    condition: Callable[[User, datetime], Q]


QUEUES = [
    Queue("open", _("All open"), lambda by, now: Q()),
    Queue(
        "now", _("Needs someone now"), lambda by, now: request_queries.needs_someone_condition(now)
    ),
    Queue("safety", _("Safety"), lambda by, now: request_queries.NEEDS_SAFETY_ANSWER),
    Queue("promised", _("Promised calls"), lambda by, now: request_queries.HAS_PROMISED_CALL),
    Queue("overdue", _("Overdue"), lambda by, now: request_queries.overdue_condition(now)),
    Queue("mine", _("Mine"), lambda by, now: Q(owner=by)),
    Queue(
        "unclaimed",
        _("Unclaimed"),
        lambda by, now: Q(owner=None) | ownership.owner_gone_condition(now),
    ),
    Queue("aside", _("Set aside"), lambda by, now: request_queries.snoozed_condition(now)),
]
QUEUE_BY_KEY = {queue.key: queue for queue in QUEUES}
QUEUE_NAMES = [*((queue.key, queue.name) for queue in QUEUES), (CLOSED, _("Closed"))]


def filter_queue(
    everyone: ConsultationRequestQuerySet, key: str | None, *, by: User, now: datetime
) -> ConsultationRequestQuerySet:
    """The requests of one list, in its order; an unknown key means all that are open."""
    if key == CLOSED:
        return everyone.closed().in_closing_order()
    queue = QUEUE_BY_KEY.get(key or "open", QUEUE_BY_KEY["open"])
    return everyone.open().filter(queue.condition(by, now)).in_triage_order(now=now)


def count_queues(*, by: User, now: datetime) -> dict[str, int]:
    """How many requests each queue holds, in one look at the open ones; others cost nothing."""
    return ConsultationRequest.objects.open().aggregate(
        **{queue.key: Count("pk", filter=queue.condition(by, now)) for queue in QUEUES}
    )


@dataclass(frozen=True)
class QueueChip:
    """A queue as a link above the list; closed ones are not counted."""

    key: str
    name: Promise
    count: int | None
    is_shown: bool

    @property
    def is_urgent(self) -> bool:
        return self.key == "safety" and bool(self.count)


def build_queue_chips(shown: str | None, *, by: User, now: datetime) -> list[QueueChip]:
    """Every queue with its count; all that are open when `shown` names none."""
    key, counted = resolve_queue_key(shown), count_queues(by=by, now=now)
    return [QueueChip(each, name, counted.get(each), each == key) for each, name in QUEUE_NAMES]


def resolve_queue_key(shown: str | None) -> str:
    """The list that an address asks for: a queue, or what a search found."""
    return shown if shown in {*dict(QUEUE_NAMES), SEARCH_RESULTS} else "open"
