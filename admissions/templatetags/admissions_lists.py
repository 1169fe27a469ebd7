"""Plain lists of the desk as their template draws them: columns, cells and filters."""

import re
from typing import Any
from urllib.parse import parse_qsl

from django import template
from django.contrib.admin.templatetags.admin_list import result_headers, results
from django.contrib.admin.views.main import ChangeList
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

register = template.Library()
BOOLEAN_ICON = re.compile(r'<img src="[^"]*" alt="(True|False|None)">')


@register.simple_tag
def list_rows(cl: ChangeList) -> dict[str, Any]:
    """The columns and, row by row, the cells of a page of the list."""
    columns = [list_column(header) for header in result_headers(cl)]
    names = [column["text"] for column in columns]
    rows = [
        [list_cell(cell, name) for cell, name in zip(row, names, strict=False)]
        for row in results(cl)
    ]
    return {"columns": columns, "rows": rows}


def list_column(header: dict[str, Any]) -> dict[str, Any]:
    """One column: what it is called, and where a click puts the list in order by it."""
    is_choice = "action-checkbox" in header.get("class_attrib", "")
    is_sorted = header.get("sortable") and header.get("sort_priority", 0) > 0
    order = "ascending" if header.get("ascending") else "descending"
    return {
        "text": "" if is_choice else capfirst(str(header["text"])),
        "url": header.get("url_toggle" if is_sorted else "url_primary", ""),
        "sorted": order if is_sorted else "",
        "is_choice": is_choice,
    }


def list_cell(cell: SafeString, name: str) -> SafeString:
    """One cell as Django draws it, with its role, its column's name, and yes or no in words."""
    kind, rest = cell[1:3], cell[3:]
    role = "rowheader" if kind == "th" else "cell"
    words = BOOLEAN_ICON.sub(lambda found: yes_or_no(found[1]), rest)
    rest = mark_safe(words)  # noqa: S308  Django escaped it; only its first tag is opened anew
    return format_html('<{} role="{}" data-name="{}"{}', kind, role, name, rest)


def yes_or_no(value: str) -> str:
    tags = {"True": ("tag", _("Yes")), "False": ("tag no", _("No"))}
    return format_html('<span class="{}">{}</span>', *tags[value]) if value in tags else "—"


@register.filter
def in_words(contents: str) -> str:
    """What a field that is only read holds, with yes or no where Django draws an icon."""
    icon = BOOLEAN_ICON.fullmatch(contents)
    return yes_or_no(icon[1]) if icon else contents


@register.simple_tag
def list_filters(cl: ChangeList) -> list[dict[str, Any]]:
    """Each filter of the list as a choice: the parameter's name, and its values in words."""
    return [
        {"title": spec.title, "name": name, "choices": filter_choices(cl, spec, name)}
        for spec in cl.filter_specs
        if (name := next(iter(spec.expected_parameters()), "")) and not is_hidden(spec)
    ]


def is_hidden(spec: Any) -> bool:
    """Whether a filter is set by other means than by choosing, as that of a reference."""
    return getattr(spec, "is_hidden", False)


def filter_choices(cl: ChangeList, spec: Any, name: str) -> list[dict[str, Any]]:
    """Every value of one filter, the first being that of no choice."""
    choices = [
        {
            "value": dict(parse_qsl(choice["query_string"].removeprefix("?"))).get(name, ""),
            "display": choice["display"],
            "is_selected": choice["selected"],
        }
        for choice in spec.choices(cl)
    ]
    # Of another parameter ("is empty") a choice of this one can say nothing.
    return [each for number, each in enumerate(choices) if not number or each["value"]]
