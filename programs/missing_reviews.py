"""Texts that stand on the site, or are on the way there, and that nobody has reviewed."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.text import capfirst

from .models import Article, Page, ProgramText, ReviewedText

KINDS: tuple[type[ReviewedText], ...] = (ProgramText, Article, Page)


@dataclass(frozen=True)
class MissingReviews:
    """How many texts of one kind wait for a review, and where an editor finds them."""

    kind: str
    count: int
    url: str


def find_missing() -> list[MissingReviews]:
    """Each kind of text of which some are not reviewed; a text that was taken off needs none."""
    found = []
    for model in KINDS:
        count = model.objects.newest().filter(reviewed_by="", is_withdrawn=False).count()
        if count:
            meta = model._meta
            url = reverse(f"admin:programs_{meta.model_name}_changelist") + "?review=missing"
            found.append(MissingReviews(capfirst(str(meta.verbose_name_plural)), count, url))
    return found
