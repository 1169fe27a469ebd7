"""Draws the controls of forms: Django's own markup, without its three templates for each."""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.safestring import SafeData, SafeString, mark_safe

Widget = Mapping[str, Any]
WIDGETS = "django/forms/widgets/"


def escape_text(value: Any) -> str:
    """The value as it may stand in HTML; what is marked safe stays as it is."""
    return str(value) if isinstance(value, SafeData) else escape(str(value))


def draw_attributes(widget: Widget) -> str:
    """The attributes of a tag, each with the space before it; none for False, the name for True."""
    return "".join(
        f" {escape_text(name)}" + ("" if value is True else f'="{escape_text(value)}"')
        for name, value in widget["attrs"].items()
        if value is not False
    )


def draw_input(widget: Widget) -> str:
    named = f'<input type="{escape_text(widget["type"])}" name="{escape_text(widget["name"])}"'
    value = widget["value"]
    filled = "" if value is None else f' value="{escape_text(value)}"'
    return f"{named}{filled}{draw_attributes(widget)}>"


def draw_textarea(widget: Widget) -> str:
    named = f'<textarea name="{escape_text(widget["name"])}"{draw_attributes(widget)}>'
    value = widget["value"]
    return f"{named}\n{escape_text(localize(value)) if value else ''}</textarea>"


def draw_select(widget: Widget) -> str:
    drawn = [f'<select name="{escape_text(widget["name"])}"{draw_attributes(widget)}>']
    for title, options, _index in widget["optgroups"]:
        if title:
            drawn.append(f'  <optgroup label="{escape_text(title)}">')
        drawn += map(draw_option, options)
        if title:
            drawn.append("  </optgroup>")
    return "\n".join([*drawn, "</select>"])


def draw_option(widget: Widget) -> str:
    value, label = escape_text(widget["value"]), escape_text(localize(widget["label"]))
    return f'  <option value="{value}"{draw_attributes(widget)}>{label}</option>'


DRAWN: dict[str, Callable[[Widget], str]] = {
    f"{WIDGETS}{name}.html": draw
    for draw, names in {
        draw_input: "checkbox date datetime email hidden input number password search text time",
        draw_select: "select",
        draw_textarea: "textarea",
    }.items()
    for name in names.split()
}
# Drawn as an input where the page writes the label itself.
OPTIONS = {f"{WIDGETS}checkbox_option.html", f"{WIDGETS}radio_option.html"}


class ControlRenderer(TemplatesSetting):
    """The usual controls in Python, and every other one by its template.

    Through templates they cost a third of the time of a page with a form.
    """

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> SafeString:
        widget = context.get("widget")
        if template_name in OPTIONS and widget and not widget.get("wrap_label"):
            return mark_safe(draw_input(widget))  # noqa: S308  every part of it is escaped
        if draw := DRAWN.get(template_name):
            return mark_safe(draw(context["widget"]))  # noqa: S308  every part of it is escaped
        return mark_safe(super().render(template_name, context, request))  # noqa: S308  a template
