"""Counts online requests in Postgres and refuses those beyond a limit.

A script could otherwise take every appointment of two weeks in a minute. Postgres counts, since
without it nothing is booked anyway: every web process agrees, and Redis may be away.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q
from django.utils.crypto import salted_hmac

from admissions import counters
from admissions.phone_numbers import line_of

from .models import CountedRequest

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EVERYONE = "everyone"


@dataclass(frozen=True)
class Origin:
    """Where a form came from: a network (an address, or the /64 of IPv6), and a session."""

    network: str
    session: str


@dataclass(frozen=True)
class Limit:
    """At most `count` requests `within` this time."""

    count: int
    within: timedelta


class TooManyRequests(Exception):
    """A limit is reached; nothing is saved. `shared` names what the requests have in common."""

    def __init__(self, shared: str) -> None:
        super().__init__(shared)
        self.shared = shared


# A family shares a phone, and a hospital shares a network; nobody is asked to wait who calls. What
# everyone may do together leaves most of two weeks' times open for people while someone floods us
# from hundreds of addresses; a larger center multiplies it by REQUEST_LIMIT_FACTOR.
LIMITS = {
    "network": [Limit(5, DAY)],
    "session": [Limit(3, DAY)],
    "phone": [Limit(3, DAY)],
    "email": [Limit(3, DAY)],
    EVERYONE: [Limit(5, 10 * MINUTE), Limit(12, HOUR), Limit(60, DAY)],
}
# Whoever looks for their own appointment mistypes, and tries another address; the number is always
# there. An address is written to no more often than it would be by the person themselves.
LOOKUP_LIMITS = {
    "network": [Limit(10, HOUR), Limit(20, DAY)],
    "email": [Limit(3, DAY)],
    "phone": [Limit(10, DAY)],
    "reference": [Limit(10, DAY)],
    EVERYONE: [Limit(30, 10 * MINUTE), Limit(400, DAY)],
}

# Whoever corrects a slip does it once or twice; an address is written to no more often than by new
# requests, with which it is counted.
CORRECTION_LIMITS = {
    "request": [Limit(5, DAY)],
    "network": [Limit(15, DAY)],
    "phone": [Limit(3, DAY)],
    "email": [Limit(3, DAY)],
}

# Each change of the call we owe writes to staff anew. Taking a call back is counted never.
CALL_LIMITS = {"call": [Limit(5, DAY)]}

SPANS = {
    limit.within
    for table in (LIMITS, LOOKUP_LIMITS, CORRECTION_LIMITS, CALL_LIMITS)
    for limits in table.values()
    for limit in limits
}


def count_request(*, origin: Origin | None, details: dict[str, Any], now: datetime) -> None:
    """Count a request within the transaction that makes it, or raise TooManyRequests.

    `details` may hold a phone and an email. What has no origin came from no form, and is not
    counted. Locks what it shares until the transaction ends, so that a thousand at once are
    counted too; one that is rolled back, for a time that was taken, does not count. Switched off
    by a factor of 0.
    """
    if origin is None:
        return
    shared = {
        "network": origin.network,
        "session": origin.session,
        "phone": line_of(details.get("phone") or ""),
        "email": details.get("email", "").strip().casefold(),
        EVERYONE: EVERYONE,
    }
    keys = {name: hash_shared(name, value) for name, value in shared.items() if value}
    count_keys(keys, LIMITS, now)


def count_lookup(*, origin: Origin, sought: dict[str, str], now: datetime) -> None:
    """Count one search for an appointment within its transaction, or raise TooManyRequests.

    `sought` holds what was typed, in one spelling each: an email, or a phone and a reference. It
    counts whether it finds anything or not, and apart from requests.
    """
    shared = {"network": origin.network, EVERYONE: EVERYONE, **sought}
    keys = {name: hash_shared(f"lookup.{name}", value) for name, value in shared.items() if value}
    count_keys(keys, LOOKUP_LIMITS, now)


def count_correction(
    *, origin: Origin, request: str, corrected: dict[str, Any], now: datetime
) -> None:
    """Count a correction of one request within its transaction, or raise TooManyRequests.

    `corrected` holds the new phone or email, which are counted together with new requests.
    """
    keys = {
        "request": hash_shared("correction.request", request),
        "network": hash_shared("correction.network", origin.network),
    }
    if phone := line_of(corrected.get("phone") or ""):
        keys["phone"] = hash_shared("phone", phone)
    if email := corrected.get("email", "").strip().casefold():
        keys["email"] = hash_shared("email", email)
    count_keys(keys, CORRECTION_LIMITS, now)


def count_call_change(*, request: str, now: datetime) -> None:
    """Count a new promise of a call within its transaction, or raise TooManyRequests."""
    count_keys({"call": hash_shared("call.request", request)}, CALL_LIMITS, now)


def count_keys(keys: dict[str, str], table: dict[str, list[Limit]], now: datetime) -> None:
    """Add a row for each key, or raise TooManyRequests where one has reached a limit of its name.

    Locks the keys until the transaction ends. Does nothing under a factor of 0.
    """
    factor = settings.REQUEST_LIMIT_FACTOR
    if not factor:
        return
    lock_keys(list(keys.values()))

    counts = count_lately(list(keys.values()), now)
    for name, key in keys.items():
        share = factor if name == EVERYONE else 1
        for limit in table[name]:
            if counts.get((key, limit.within), 0) >= limit.count * share:
                counters.count_refusal(counters.Refusal.RATE_LIMITED)
                raise TooManyRequests(name)

    CountedRequest.objects.bulk_create(CountedRequest(key=key, at=now) for key in keys.values())


def count_lately(keys: list[str], now: datetime) -> dict[tuple[str, timedelta], int]:
    """How many requests share each key within each span, counted by one query."""
    spans = {f"within_{span.seconds}_{span.days}": span for span in SPANS}
    within = {name: Count("pk", filter=Q(at__gt=now - span)) for name, span in spans.items()}
    shared = CountedRequest.objects.filter(key__in=keys, at__gt=now - DAY).values("key")
    rows = cast(Iterable[dict[str, Any]], shared.annotate(**within))
    return {(row["key"], span): row[name] for row in rows for name, span in spans.items()}


def lock_keys(keys: list[str]) -> None:
    """Take each key's advisory lock until the transaction ends, in one order for all."""
    numbers = [int(key[:15], 16) for key in keys]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(key)"
            " FROM (SELECT unnest(%s::bigint[]) AS key ORDER BY key) AS ordered",
            [numbers],
        )


def delete_old_counts(now: datetime) -> None:
    CountedRequest.objects.filter(at__lte=now - DAY).delete()


def hash_shared(name: str, value: str) -> str:
    """What stands for a network, phone or address in the table; without our key it finds none."""
    return salted_hmac(f"admissions.rate_limits.{name}", value, algorithm="sha256").hexdigest()
