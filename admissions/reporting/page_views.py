"""How many came to the site before anyone asked for us. Numbers alone, of nobody."""

from dataclasses import dataclass

from django.db.models import Sum
from django.utils import timezone

from admissions.intake.models import ConsultationRequest

from .models import PageViewCount
from .period import Period

Page, Source = PageViewCount.Page, ConsultationRequest.Source
# Whoever asks on the site, rather than by phone.
WEBSITE_SOURCES = [Source.BOOKING, Source.CALLBACK]


@dataclass(frozen=True)
class PageViews:
    """`pages` is {(kind, language): (views, entrances)}; `asked` of those on the site itself."""

    pages: dict[tuple[str, str], tuple[int, int]]
    asked: int

    @property
    def entrances(self) -> int:
        return sum(entrances for _opened, entrances in self.pages.values())

    def views(self, page: str) -> int:
        return sum(n for (kind, _language), (n, _arrived) in self.pages.items() if kind == page)


def measure_page_views(period: Period) -> PageViews | None:
    """Of the whole days in question, today as far as it has come; None where it can't be told.

    Nobody knows which program a visitor has in mind, or how they will ask.
    """
    if period.program or period.source:
        return None
    days = timezone.localdate(period.begin), timezone.localdate(period.end)
    rows = PageViewCount.objects.filter(day__range=days)
    if period.language:
        rows = rows.filter(language=period.language)
    summed = (
        rows.order_by()
        .values("page", "language")
        .annotate(viewed=Sum("views"), entered=Sum("entrances"))
    )
    asked = period.find_requests().filter(source__in=WEBSITE_SOURCES).count()
    pages = {(row["page"], row["language"]): (row["viewed"], row["entered"]) for row in summed}
    return PageViews(pages, asked)
