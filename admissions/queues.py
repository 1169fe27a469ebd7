"""The lists that staff work from: which requests belong in each, and how many there are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import ConsultationRequest


@dataclass(frozen=True)
class Queue:
    """One list of requests, and its name in an address."""

    key: str
    name: Promise
    narrow: Callable
    is_counted: bool = True


QUEUES = [
    Queue("open", _("All open"), lambda rows, by, now: rows.open()),
    Queue("now", _("Needs someone now"), lambda rows, by, now: rows.needing_someone(now=now)),
    Queue("safety", _("Safety"), lambda rows, by, now: rows.needing_safety_answer()),
    Queue("promised", _("Promised calls"), lambda rows, by, now: rows.promised_a_call()),
    Queue("overdue", _("Overdue"), lambda rows, by, now: rows.overdue(now=now)),
    Queue("mine", _("Mine"), lambda rows, by, now: rows.owned_by(by)),
    Queue("unclaimed", _("Unclaimed"), lambda rows, by, now: rows.unclaimed()),
    Queue("closed", _("Closed"), lambda rows, by, now: rows.closed(), is_counted=False),
]
BY_KEY = {queue.key: queue for queue in QUEUES}


def narrowed(requests, key: str, *, by: User, now: datetime):
    """The requests of one queue; an unknown key means all that are open."""
    return BY_KEY.get(key, BY_KEY["open"]).narrow(requests, by, now)


def counts(*, by: User, now: datetime) -> dict[str, int]:
    """How many requests each counted queue holds, in one query."""
    everyone = ConsultationRequest.objects.all()
    return everyone.aggregate(
        **{
            queue.key: Count("pk", filter=Q(pk__in=queue.narrow(everyone, by, now).values("pk")))
            for queue in QUEUES
            if queue.is_counted
        }
    )


@dataclass(frozen=True)
class Chip:
    """A queue as a link above the list."""

    key: str
    name: Promise
    count: int | None
    is_shown: bool

    @property
    def is_hot(self) -> bool:
        return self.key == "safety" and bool(self.count)


def chips(shown: str | None, *, by: User, now: datetime) -> list[Chip]:
    """Every queue with its count; all that are open when `shown` names none."""
    shown = shown if shown in BY_KEY or shown == "found" else "open"
    counted = counts(by=by, now=now)
    return [Chip(each.key, each.name, counted.get(each.key), each.key == shown) for each in QUEUES]
