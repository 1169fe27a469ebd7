"""The lists that staff work from: which requests belong in each, and how many there are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import ConsultationRequest, requests

CLOSED, FOUND = "closed", "found"


@dataclass(frozen=True)
class Queue:
    """One list of open requests: its name in an address, and which of them belong in it."""

    key: str
    name: Promise
    which: Callable[[User, datetime], Q]


QUEUES = [
    Queue("open", _("All open"), lambda by, now: Q()),
    Queue("now", _("Needs someone now"), lambda by, now: requests.needs_someone(now)),
    Queue("safety", _("Safety"), lambda by, now: requests.UNSAFE),
    Queue("promised", _("Promised calls"), lambda by, now: requests.PROMISED),
    Queue("overdue", _("Overdue"), lambda by, now: requests.is_late(now)),
    Queue("mine", _("Mine"), lambda by, now: Q(owner=by)),
    Queue("unclaimed", _("Unclaimed"), lambda by, now: Q(owner=None)),
    Queue("aside", _("Set aside"), lambda by, now: requests.is_set_aside(now)),
]
BY_KEY = {queue.key: queue for queue in QUEUES}
NAMES = [*((queue.key, queue.name) for queue in QUEUES), (CLOSED, _("Closed"))]


def listed(everyone, key: str | None, *, by: User, now: datetime):
    """The requests of one list, in its order; an unknown key means all that are open."""
    if key == CLOSED:
        return everyone.closed().in_closing_order()
    queue = BY_KEY.get(key, BY_KEY["open"])
    return everyone.open().filter(queue.which(by, now)).in_triage_order(now=now)


def counts(*, by: User, now: datetime) -> dict[str, int]:
    """How many requests each queue holds, in one look at the open ones; others cost nothing."""
    return ConsultationRequest.objects.open().aggregate(
        **{queue.key: Count("pk", filter=queue.which(by, now)) for queue in QUEUES}
    )


@dataclass(frozen=True)
class Chip:
    """A queue as a link above the list; closed ones are not counted."""

    key: str
    name: Promise
    count: int | None
    is_shown: bool

    @property
    def is_hot(self) -> bool:
        return self.key == "safety" and bool(self.count)


def chips(shown: str | None, *, by: User, now: datetime) -> list[Chip]:
    """Every queue with its count; all that are open when `shown` names none."""
    key, counted = named(shown), counts(by=by, now=now)
    return [Chip(each, name, counted.get(each), each == key) for each, name in NAMES]


def named(shown: str | None) -> str:
    """The list that an address asks for: a queue, or what a search found."""
    return shown if shown in {*dict(NAMES), FOUND} else "open"
