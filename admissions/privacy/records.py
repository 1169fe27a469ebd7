"""The texts of our own records, which are kept after the person they are about was removed."""

from collections.abc import Iterator
from datetime import datetime

from django.db import models, transaction
from django.db.models import Q

from .models import Disclosure, LegalHold, PrivacyRequest

DISCLOSURE_TEXTS = ["to_whom", "purpose"]
HOLD_TEXTS = ["reason", "lift_reason"]
ASKED_TEXTS = ["details", "order_reason", "clinical_reason", "outcome_note"]


def find_outdated(*, before: datetime) -> Iterator[tuple[models.QuerySet, list[str]]]:
    """Records older than that, with texts, about people who are removed; and which texts.

    A disclosure that was recorded late is kept from then on.
    """
    removed = {"request__anonymized_at__isnull": False}
    disclosures = Disclosure.objects.filter(
        disclosed_at__lt=before, recorded_at__lt=before, **removed
    )
    holds = LegalHold.objects.filter(lifted_at__lt=before, **removed)
    with_someone = PrivacyRequest.objects.filter(requests__anonymized_at=None)
    asked = PrivacyRequest.objects.filter(decided_at__lt=before).exclude(pk__in=with_someone)
    for rows, texts in (
        (disclosures, DISCLOSURE_TEXTS),
        (holds, HOLD_TEXTS),
        (asked, ASKED_TEXTS),
    ):
        has_none = Q(*((name, "") for name in texts))
        yield rows.order_by("pk").filter(~has_none), texts


def count_texts(*, before: datetime) -> int:
    return sum(rows.count() for rows, _texts in find_outdated(before=before))


@transaction.atomic
def empty_texts(*, before: datetime) -> int:
    """Empty them; the rows stay, with who did what and when. Return how many rows."""
    return sum(
        rows.update(**dict.fromkeys(texts, "")) for rows, texts in find_outdated(before=before)
    )
