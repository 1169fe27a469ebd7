"""What every public page says of the center, asked of the database only when rendered."""

from typing import cast

from django.conf import settings
from django.core.cache import caches
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property

from .models import (
    Credential,
    CrisisLine,
    Facility,
    Location,
    Membership,
    Page,
    SocialLink,
    Translation,
    best_language_texts,
)


class Center:
    """The facts in the frame of a page, on first use: live, or as they were a moment ago."""

    site_url = settings.SITE_URL

    def __init__(self, *, is_live: bool = False) -> None:
        self.is_live = is_live

    @cached_property
    def frame(self) -> dict:
        if self.is_live:
            return load_frame()
        cache, seconds = caches["pages"], settings.FRAME_CACHE_SECONDS
        return cast(dict, cache.get_or_set("frame", load_frame, seconds))

    @property
    def facility(self) -> Facility | None:
        return next(iter(self.frame["facility"]), None)

    @property
    def locations(self) -> list[Location]:
        return [each for each in self.frame["locations"] if each.is_open]

    @property
    def credentials(self) -> list[Credential]:
        return self.frame["credentials"]

    @property
    def memberships(self) -> list[Membership]:
        return self.frame["memberships"]

    @property
    def social_links(self) -> list[SocialLink]:
        return self.frame["social_links"]

    @cached_property
    def pages(self) -> list[Page]:
        """The legal pages in force, in the foot's order."""
        texts = best_language_texts(self.frame["pages"])
        return sorted(texts, key=lambda page: (page.sort_order, page.slug))

    @property
    def crisis_lines(self) -> list[CrisisLine]:
        return self.frame["crisis_lines"]

    @property
    def compact_crisis_lines(self) -> list[CrisisLine]:
        return [line for line in self.crisis_lines if line.is_compact]

    @property
    def fallback_lines(self) -> list[CrisisLine]:
        """Who answers when nobody answers our own line."""
        return [line for line in self.crisis_lines if line.is_fallback]

    @cached_property
    def translations(self) -> dict[str, str]:
        """English line to its translation; empty, without a query, on English pages."""
        return Translation.objects.lines()


def center(request: HttpRequest) -> dict[str, Center]:
    return {"center": Center()}


def load_frame() -> dict[str, list]:
    """The rows of the frame as they stand, by name; only today's memberships and legal pages."""
    today = timezone.localdate()
    rows: dict[str, QuerySet] = {
        "facility": Facility.objects.all(),
        "locations": Location.objects.all(),
        "credentials": Credential.objects.shown().select_related("location"),
        "memberships": Membership.objects.current(on=today),
        "social_links": SocialLink.objects.filter(is_shown=True),
        "pages": Page.objects.in_force(on=today).defer("body"),
        "crisis_lines": CrisisLine.objects.active(),
    }
    return {name: list(found) for name, found in rows.items()}
