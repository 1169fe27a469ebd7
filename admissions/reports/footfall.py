"""How many came to the site before anyone asked for us. Numbers alone, of nobody."""

from dataclasses import dataclass

from django.db.models import Sum
from django.utils import timezone

from ..models import ConsultationRequest, VisitCount
from .look import Look

Page, Source = VisitCount.Page, ConsultationRequest.Source
# Whoever asks on the site, rather than by phone.
ON_THE_SITE = [Source.BOOKING, Source.CALLBACK]


@dataclass(frozen=True)
class Footfall:
    """`pages` is {(kind, language): (opened, arrived)}; `asked` of those on the site itself."""

    pages: dict[tuple[str, str], tuple[int, int]]
    asked: int

    @property
    def visits(self) -> int:
        return sum(arrived for _opened, arrived in self.pages.values())

    def opened(self, page: str) -> int:
        return sum(n for (kind, _language), (n, _arrived) in self.pages.items() if kind == page)


def footfall(look: Look) -> Footfall | None:
    """Of the whole days in question, today as far as it has come; None where it can't be told.

    Nobody knows which program a visitor has in mind, or how they will ask.
    """
    if look.program or look.source:
        return None
    days = timezone.localdate(look.begin), timezone.localdate(look.end)
    rows = VisitCount.objects.filter(day__range=days)
    if look.language:
        rows = rows.filter(language=look.language)
    summed = rows.order_by().values_list("page", "language").annotate(Sum("opened"), Sum("arrived"))
    asked = look.asked().filter(source__in=ON_THE_SITE).count()
    return Footfall({(page, language): tuple(n) for page, language, *n in summed}, asked)
