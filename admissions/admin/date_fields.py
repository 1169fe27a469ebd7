"""Date fields of the desk, within sensible years."""

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PLAUSIBLE_DATES = [MinValueValidator(date(2020, 1, 1)), MaxValueValidator(date(2100, 1, 1))]


def date_field(label: "StrOrPromise", **options: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, validators=PLAUSIBLE_DATES, **options)
