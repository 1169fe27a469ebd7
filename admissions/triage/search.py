"""Which requests staff find by a word they know of a person: the open ones, then the newest."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from admissions.intake.models import ConsultationRequest, ConsultationRequestQuerySet
from admissions.intake.models.search_tokens import filter_by_term, read_term

# What a page leads to, and how many closed ones are looked at for them: however many share a
# common name, a search costs no more than this.
MAX_RESULTS, MAX_CLOSED_EXAMINED = 200, 500


@dataclass(frozen=True)
class SearchResult:
    """The requests that were found, in order; and whether there are more than these."""

    ids: list[uuid.UUID]
    has_more: bool = False


def says_anything(term: str) -> bool:
    """Whether a term has a word, or digits enough of a phone, that anyone could be found by."""
    return any(read_term(term))


def search_requests(term: str, *, now: datetime) -> SearchResult:
    """By whole words of a name or three letters that one begins with, by what an email or the
    reference begins with, or by four digits that the phone ends with.
    """
    if not says_anything(term):
        return SearchResult([])
    matching = ConsultationRequest.objects.filter(filter_by_term(term))
    # Two queries: open ones are few and come first; of closed ones a common name has thousands,
    # which no page could lead to.
    open_ones = matching.open().in_triage_order(now=now).values_list("pk", flat=True)
    found = [*open_ones[: MAX_RESULTS + 1], *find_newest_closed(matching)]
    return SearchResult(found[:MAX_RESULTS], len(found) > MAX_RESULTS)


def find_newest_closed(matching: ConsultationRequestQuerySet) -> list[uuid.UUID]:
    """Without an order Postgres may stop as soon as it has enough; we sort what it gave."""
    some = matching.closed().values_list("created_at", "pk")[:MAX_CLOSED_EXAMINED]
    return [pk for _created_at, pk in sorted(some, reverse=True)]
