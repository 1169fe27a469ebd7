"""Tags of the template pack of forms. See docs/decisions/forms.md."""

from django import forms, template
from django.forms import BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def draw_field(field: BoundField) -> SafeString:
    """One control that stands alone: its label, its notes, and itself."""
    # In Python: a page has up to twenty, and as templates they cost more than their controls.
    if field.is_hidden:
        return format_html("{}{}", field, field.errors or "")
    label = format_html('<label for="{}">{}</label>', field.id_for_label, field.label)
    notes = draw_notes(field)
    if isinstance(field.field.widget, forms.CheckboxInput):
        return format_html('<div class="field tick">{}\n{}\n{}</div>', field, label, notes)
    return format_html('<div class="field">{}\n{}\n{}</div>', label, notes, field)


@register.simple_tag
def draw_notes(field: BoundField) -> SafeString:
    """The hint and the errors of a field, under the ids that its control names."""
    # Django ties them to the control itself: aria-describedby and aria-invalid.
    hint = (
        format_html('<div class="hint" id="{}_helptext">{}</div>', field.auto_id, field.help_text)
        if field.help_text
        else ""
    )
    return format_html("{}{}", hint, field.errors or "")
