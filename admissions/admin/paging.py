"""Long lists that cost the same however long they are: they count no further than they lead."""

from functools import cached_property

from django.core.paginator import Paginator

# No page leads further back; a filter or a search narrows the list.
MOST = 1000


class ShortPaginator(Paginator):
    @cached_property
    def count(self):
        return self.object_list.order_by()[:MOST].count()


def most(changes) -> int | None:
    """Where a list that is longer than it leads was cut off; None where all of it is shown."""
    return MOST if changes.result_count >= MOST else None
