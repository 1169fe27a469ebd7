"""Slows down who fails again and again; locks nobody out for good.

It counts in Postgres, not in Redis: without Postgres nobody signs in anyway, so there
is no moment in which guessing is free.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from .models import Slowdown


class TooSoon(Exception):
    """There were too many failures: another try counts only after these seconds."""

    def __init__(self, seconds: float):
        self.seconds = seconds


@transaction.atomic
def begin(limits: dict[str, int], *, now: datetime) -> None:
    """Count a try before it is made, so that a hundred at once count too, or refuse it.

    `limits` says how many failures are free for each name. What is refused leaves no trace.
    """
    free = {hashed(name): count for name, count in limits.items()}
    new = [Slowdown(key=key, last_at=now) for key in sorted(free)]
    Slowdown.objects.bulk_create(new, ignore_conflicts=True)
    rows = Slowdown.objects.select_for_update().filter(key__in=free).order_by("key")
    rows = list(rows)

    longest = max(row.wait(free=free[row.key], now=now) for row in rows)
    if longest:
        raise TooSoon(longest.total_seconds())

    for row in rows:
        row.failures, row.last_at = row.counted(now) + 1, now
    Slowdown.objects.bulk_update(rows, ["failures", "last_at"])


def worked(*, forget: str, forgive: Iterable[str] = ()) -> None:
    """The try was a good one: it starts anew for its name, and does not count for the others."""
    Slowdown.objects.filter(key=hashed(forget)).delete()
    others = Slowdown.objects.filter(key__in=[hashed(name) for name in forgive], failures__gt=0)
    others.update(failures=F("failures") - 1)


def forget_old(now: datetime) -> None:
    Slowdown.objects.filter(last_at__lt=now - Slowdown.FORGOTTEN_AFTER).delete()


def hashed(name: str) -> str:
    """Names hold addresses and what people typed; the table shall not."""
    return salted_hmac("staff.throttle", name, algorithm="sha256").hexdigest()
