"""The other language over a form: what was typed comes along, and nothing is checked or stored."""

from django import forms
from django.http import HttpRequest


def is_switching(request: HttpRequest) -> bool:
    """Whether the button of another language was pressed, not that of the form."""
    return request.method == "POST" and "switches_language" in request.POST


def fill_with_typed(form: forms.Form, request: HttpRequest) -> None:
    """Set what was typed as the first values of this unbound form, with no word of its faults."""
    for name, field in form.fields.items():
        if isinstance(field, forms.BooleanField):
            form.initial[name] = name in request.POST
        elif name in request.POST:
            form.initial[name] = request.POST[name]
