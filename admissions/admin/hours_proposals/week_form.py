"""A week of hours as seven lines of text, read and written."""

import re
from collections.abc import Mapping
from datetime import date, time
from itertools import pairwise
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from admissions.booking.hours_proposals import Stretch
from admissions.form_fields import PlainTextField
from admissions.public.form_base import LinkedErrors
from admissions.scheduling.models import WeeklyHours
from admissions.scheduling.models.working_hours import MIDNIGHT, LocalHours
from programs.forms.layout import FieldsHelper

TIME = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*([ap])?\.?\s*(?:m\.?)?", re.IGNORECASE)
LONGEST_DAY = 120


def parse_time(text: str) -> time:
    """A time of day: 9, 9:30, 9 am, 9:30 p.m., 17:00, 24:00. Raise ValidationError for others."""
    found = TIME.fullmatch(text.strip())
    wrong = ValidationError(
        _("“%(text)s” is no time. Write it as 9 am or 13:30."), params={"text": text.strip()}
    )
    if found is None:
        raise wrong
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise wrong
        hour = hour % 12 + (12 if half == "p" else 0)
    if (hour, minute) == (24, 0):
        return MIDNIGHT
    if hour > 23 or minute > 59:
        raise wrong
    return time(hour, minute)


def parse_day(weekday: int, text: str) -> list[Stretch]:
    """The stretches of one line, in order; raise ValidationError for what cannot be."""
    found = []
    for part in filter(str.strip, re.split(r"[,;]", text)):
        ends = re.split(r"\s*[-–—]\s*|\s+to\s+", part.strip())
        if len(ends) != 2:
            raise ValidationError(_("Write from when to when, as in 9 am - 5 pm."))
        stretch = Stretch(weekday, *map(parse_time, ends))
        if stretch.closes != MIDNIGHT and stretch.closes <= stretch.opens:
            raise ValidationError(_("The end must be after the start. Write am or pm with both."))
        found.append(stretch)
    found.sort(key=lambda each: each.opens)
    for one, next_one in pairwise(found):
        if one.closes == MIDNIGHT or next_one.opens < one.closes:
            raise ValidationError(_("These hours overlap."))
    return found


def describe_hours(hours: LocalHours | Stretch) -> str:
    return f"{format_clock(hours.opens)} - {format_clock(hours.closes)}"


def format_clock(at: time) -> str:
    return time_format(at, "g:i a").replace(".", "")


class WeekForm(LinkedErrors, forms.Form):
    """The whole week that someone asks for; a line that is empty is a day without hours."""

    from_day = forms.DateField(
        label=gettext_lazy("From"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": gettext_lazy("Choose the day from which they count.")},
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, hours: list[LocalHours] | None = None
    ) -> None:
        """`hours` are what the lines show at first."""
        super().__init__(data, label_suffix="")
        for day in WeeklyHours.Weekday:
            of_day = [each for each in hours or [] if getattr(each, "weekday", None) == day]
            self.fields[f"day_{day.value}"] = PlainTextField(
                label=day.label,
                max_length=LONGEST_DAY,
                required=False,
                initial=", ".join(map(describe_hours, of_day)),
                widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": LONGEST_DAY}),
            )
        self.fields["note"] = PlainTextField(
            label=_("Why (optional)"),
            max_length=200,
            required=False,
            help_text=_("For whoever decides. Nothing about health."),
            widget=forms.TextInput(attrs={"maxlength": 200}),
        )
        self.helper = FieldsHelper()

    def clean(self) -> dict[str, Any]:
        super().clean()
        self.stretches: list[Stretch] = []
        for day in WeeklyHours.Weekday:
            name = f"day_{day.value}"
            try:
                self.stretches += parse_day(day.value, self.cleaned_data.get(name, ""))
            except ValidationError as wrong:
                self.add_error(name, wrong)
        return self.cleaned_data

    @property
    def from_when(self) -> date:
        return self.cleaned_data["from_day"]


class DeclineForm(forms.Form):
    """Why not, in words that the counselor reads."""

    answer = PlainTextField(
        label=gettext_lazy("Why not"),
        max_length=200,
        widget=forms.TextInput(attrs={"maxlength": 200, "autocomplete": "off"}),
        help_text=gettext_lazy("They read this on their page."),
        error_messages={
            "required": gettext_lazy("Say why, so that they can ask for something else.")
        },
    )
