"""Long lists that cost the same however long they are: they count no further than they lead."""

from functools import cached_property

from django.core.paginator import Paginator

# No page leads further back; a filter or a search narrows the list.
MAX_COUNT = 1000


class CappedPaginator(Paginator):
    @cached_property
    def count(self):
        return self.object_list.order_by()[:MAX_COUNT].count()


def capped_at(changes) -> int | None:
    """Where a list that is longer than it leads was cut off; None where all of it is shown."""
    return MAX_COUNT if changes.result_count >= MAX_COUNT else None
