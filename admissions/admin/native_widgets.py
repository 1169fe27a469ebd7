"""Fields of Django's own forms with the browser's own pickers: nothing there needs a script."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import models
from django.db.models import Field
from django.http import HttpRequest

# They know the keyboard and the phone.
DATE_WIDGET = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
TIME_WIDGET = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
MOMENT_WIDGET = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
NATIVE_WIDGETS: dict[type[Field], dict[str, Any]] = {
    models.DateTimeField: {"form_class": forms.DateTimeField, "widget": MOMENT_WIDGET},
    models.DateField: {"widget": DATE_WIDGET},
    models.TimeField: {"widget": TIME_WIDGET},
}


def without_pop_ups(field: forms.Field | None) -> forms.Field | None:
    """The field without Django's links that open another form in a window of its own."""
    if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
        field.widget = field.widget.widget
    return field


class NativeInline(admin.TabularInline):
    """Rows beside a record, of which the template draws one empty row to copy."""

    formfield_overrides = NATIVE_WIDGETS

    def formfield_for_dbfield(
        self, db_field: Field, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        return without_pop_ups(super().formfield_for_dbfield(db_field, request, **kwargs))


def with_native_widgets(inline: type) -> type:
    """This inline with the browser's own pickers; a room below the desk declares Django's."""
    return type(inline.__name__, (inline, NativeInline), {"__module__": __name__})
