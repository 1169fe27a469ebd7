"""Parts of a page that many of its rows have alike: rendered once, and repeated."""

import functools
from collections.abc import Callable, Hashable

from django.template.loader import render_to_string
from django.utils.safestring import SafeString


def fragment_renderer() -> Callable[..., SafeString]:
    """Return a function that renders a template from values, and the same values only once.

    Make one for each page: nothing is kept beyond it, and its language and reader stay one.
    """

    @functools.cache
    def render(template: str, **values: Hashable) -> SafeString:
        return render_to_string(template, values)

    return render
