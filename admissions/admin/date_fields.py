"""Date fields of the desk, within sensible years."""

from datetime import date

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

PLAUSIBLE_DATES = [MinValueValidator(date(2020, 1, 1)), MaxValueValidator(date(2100, 1, 1))]


def date_field(label, **options):
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, validators=PLAUSIBLE_DATES, **options)
