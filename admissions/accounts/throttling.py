"""Slows down who fails again and again; locks nobody out for good.

It counts in Postgres, not in Redis: without Postgres nobody signs in anyway, so there
is no moment in which guessing is free.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from .models import ThrottleCounter


class TooManyAttempts(Exception):
    """There were too many failures: another try counts only after these seconds."""

    def __init__(self, seconds: float) -> None:
        self.retry_after = seconds


@transaction.atomic
def count_attempt(limits: dict[str, int], *, now: datetime) -> None:
    """Count a try before it is made, so that a hundred at once count too, or refuse it.

    `limits` says how many failures are free for each name. What is refused leaves no trace.
    """
    free = {hash_name(name): count for name, count in limits.items()}
    new = [ThrottleCounter(key=key, last_at=now) for key in sorted(free)]
    ThrottleCounter.objects.bulk_create(new, ignore_conflicts=True)
    counters = ThrottleCounter.objects.select_for_update().filter(key__in=free).order_by("key")
    rows = list(counters)

    longest = max(row.wait_before_next(free=free[row.key], now=now) for row in rows)
    if longest:
        raise TooManyAttempts(longest.total_seconds())

    for row in rows:
        row.failures, row.last_at = row.current_failures(now) + 1, now
    ThrottleCounter.objects.bulk_update(rows, ["failures", "last_at"])


def clear_attempts(*, forget: str, forgive: Iterable[str] = ()) -> None:
    """The try was a good one: it starts anew for its name, and does not count for the others."""
    ThrottleCounter.objects.filter(key=hash_name(forget)).delete()
    others = ThrottleCounter.objects.filter(
        key__in=[hash_name(name) for name in forgive], failures__gt=0
    )
    others.update(failures=F("failures") - 1)


def delete_old_counters(now: datetime) -> None:
    ThrottleCounter.objects.filter(last_at__lt=now - ThrottleCounter.FORGOTTEN_AFTER).delete()


def hash_name(name: str) -> str:
    """Names hold addresses and what people typed; the table shall not."""
    return salted_hmac("admissions.accounts.throttling", name, algorithm="sha256").hexdigest()
