"""Long lists that cost the same however long they are: they count no further than they lead."""

from functools import cached_property
from typing import cast

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet

# No page leads further back; a filter or a search narrows the list.
MAX_COUNT = 1000


class CappedPaginator(Paginator):
    @cached_property
    def count(self) -> int:
        return cast(QuerySet, self.object_list).order_by()[:MAX_COUNT].count()


def capped_at(changes: ChangeList) -> int | None:
    """Where a list that is longer than it leads was cut off; None where all of it is shown."""
    return MAX_COUNT if changes.result_count >= MAX_COUNT else None
