"""Long lists whose pages cost no more for being long, or far back."""

from functools import cached_property
from typing import Any, cast

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

# No page leads further back; a filter or a search narrows the list.
MAX_COUNT = 1000


class CappedPaginator(Paginator):
    """Counts no further than it leads."""

    @cached_property
    def count(self) -> int:
        # The order of a list may be computed: it is not, to count.
        return cast(QuerySet, self.object_list).order_by().values("pk")[:MAX_COUNT].count()


class KeyedPaginator(Paginator):
    """Leads to every page; only the rows of the page asked for are joined and computed, not those
    that it passes over."""

    def page(self, number: Any) -> Page:
        page, rows = super().page(number), cast(QuerySet, self.object_list)
        keys = cast(QuerySet, page.object_list).values_list("pk", flat=True)
        page.object_list = rows.filter(pk__in=list(keys))
        return page


def capped_at(changes: ChangeList) -> int | None:
    """Where a list that is longer than it leads was cut off; None where all of it is shown."""
    return MAX_COUNT if changes.result_count >= MAX_COUNT else None
