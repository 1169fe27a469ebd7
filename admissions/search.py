"""Which requests staff find by a word they know of a person: the open ones, then the newest."""

import re
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from .models import ConsultationRequest

# What a page leads to, and how many closed ones are looked at for them: however many share a
# common name, a search costs no more than this.
MOST, LOOKED_AT = 200, 500
LETTERS, DIGITS = 3, 4
NUMBER = re.compile(r"[\d\s()+./-]+")


@dataclass(frozen=True)
class Found:
    """The requests that were found, in order; and whether there are more than these."""

    ids: list[uuid.UUID]
    has_more: bool = False


def is_long_enough(term: str) -> bool:
    """Three letters or digits: fewer are in everyone's name, and in no index."""
    return sum(map(str.isalnum, term)) >= LETTERS


def find(term: str, *, now: datetime) -> Found:
    """By a part of the reference, name or email, or by four digits of the phone in a row."""
    if not is_long_enough(term):
        return Found([])
    matching = ConsultationRequest.objects.filter(matches(term))
    open_ones = matching.open().in_triage_order(now=now).values_list("pk", flat=True)
    found = [*open_ones[: MOST + 1], *newest_closed(matching)]
    return Found(found[:MOST], len(found) > MOST)


def newest_closed(matching) -> list[uuid.UUID]:
    """Without an order Postgres may stop as soon as it has enough; we sort what it gave."""
    some = matching.closed().values_list("created_at", "pk")[:LOOKED_AT]
    return [pk for _created_at, pk in sorted(some, reverse=True)]


def matches(term: str) -> Q:
    found = Q(preferred_name__icontains=term) | Q(email__icontains=term)
    found |= Q(reference__icontains=term)
    digits = "".join(filter(str.isdigit, term))
    if NUMBER.fullmatch(term) and len(digits) >= DIGITS:
        found |= Q(phone__contains=digits)
    return found
