"""Which requests staff find by a word they know of a person: the open ones, then the newest."""

import re
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from admissions.intake.models import ConsultationRequest, ConsultationRequestQuerySet

# What a page leads to, and how many closed ones are looked at for them: however many share a
# common name, a search costs no more than this.
MAX_RESULTS, MAX_CLOSED_EXAMINED = 200, 500
MIN_CHARACTERS, MIN_PHONE_DIGITS = 3, 4
PHONE_PATTERN = re.compile(r"[\d\s()+./-]+")


@dataclass(frozen=True)
class SearchResult:
    """The requests that were found, in order; and whether there are more than these."""

    ids: list[uuid.UUID]
    has_more: bool = False


def is_long_enough(term: str) -> bool:
    """Three letters or digits: fewer are in everyone's name, and in no index."""
    return sum(map(str.isalnum, term)) >= MIN_CHARACTERS


def search_requests(term: str, *, now: datetime) -> SearchResult:
    """By a part of the reference, name or email, or by four digits of the phone in a row."""
    if not is_long_enough(term):
        return SearchResult([])
    matching = ConsultationRequest.objects.filter(build_search_filter(term))
    # Two queries: open ones are few and come first; of closed ones a common name has thousands,
    # which no page could lead to.
    open_ones = matching.open().in_triage_order(now=now).values_list("pk", flat=True)
    found = [*open_ones[: MAX_RESULTS + 1], *find_newest_closed(matching)]
    return SearchResult(found[:MAX_RESULTS], len(found) > MAX_RESULTS)


def find_newest_closed(matching: ConsultationRequestQuerySet) -> list[uuid.UUID]:
    """Without an order Postgres may stop as soon as it has enough; we sort what it gave."""
    some = matching.closed().values_list("created_at", "pk")[:MAX_CLOSED_EXAMINED]
    return [pk for _created_at, pk in sorted(some, reverse=True)]


def build_search_filter(term: str) -> Q:
    found = Q(preferred_name__icontains=term) | Q(email__icontains=term)
    found |= Q(reference__icontains=term)
    digits = "".join(filter(str.isdigit, term))
    if PHONE_PATTERN.fullmatch(term) and len(digits) >= MIN_PHONE_DIGITS:
        found |= Q(phone__contains=digits)
    return found
