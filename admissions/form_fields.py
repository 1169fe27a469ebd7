"""What may be typed: plain words, plain addresses, known zones."""

import functools
import re
import unicodedata
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

# Joiners shape some scripts and many emoji; every other unseen character can deceive.
JOINERS = {"\u200c", "\u200d"}
# What one search may ask for, wherever something is searched.
LONGEST_SEARCH = 80


def to_plain_line(text: str) -> str:
    """The text in one line, without control, direction-changing or other unseen characters."""
    one_line = " ".join(unicodedata.normalize("NFC", text).split())
    kept = (
        letter
        for letter in one_line
        if letter in JOINERS or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co"}
    )
    return " ".join("".join(kept).split()).strip("".join(JOINERS))


class BoundedTextField(forms.CharField):
    """Text whose length is checked before anything else is done with it; a line end counts once.

    Django checks it last. Normalizing puts marks into order in a time that grows with the
    square of their number: 200 kB of them, sent as a name, took ten seconds.
    """

    def __init__(self, *, max_length: int, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)

    def to_python(self, value: str | None) -> str | None:
        text = (forms.CharField.to_python(self, value) or "").replace("\r\n", "\n")
        MaxLengthValidator(self.max_length, self.error_messages.get("max_length"))(text)
        return super().to_python(text)


class PlainTextField(BoundedTextField):
    """Text that is safe to show anywhere: one line, nothing invisible."""

    def to_python(self, value: str | None) -> str:
        value = super().to_python(value) or ""
        if "\x00" in value:
            return value  # Left for the validator, which says so beside the field.
        return to_plain_line(value)


class PlainLinesField(PlainTextField):
    """The same for a text of several lines; empty ones part its paragraphs."""

    def to_python(self, value: str | None) -> str:
        lines = (BoundedTextField.to_python(self, value) or "").splitlines()
        return "\n".join(line if "\x00" in line else to_plain_line(line) for line in lines).strip()


class PlainEmailField(BoundedTextField, forms.EmailField):
    """An address in plain ASCII: look-alike and invisible letters are refused.

    So is a quoted name, which could hide a second address, and a bare host.
    """

    PLAIN = re.compile(r"[^\s\"@]+@[a-z0-9.-]+\.[a-z0-9-]+", re.ASCII | re.IGNORECASE)

    default_error_messages = {
        "invalid": _("Enter an email address like name@example.com."),
    }

    def clean(self, value: str | None) -> str:
        value = super().clean(value)
        if value and not (value.isascii() and self.PLAIN.fullmatch(value)):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return value


@functools.cache
def known_time_zones() -> set[str]:
    """Every zone whose clock is the same on every machine; looking them up reads the disk."""
    return available_timezones() - {"localtime", "Factory"}


class TimeZoneField(forms.Field):
    """An IANA name, or the center's own zone when the browser sent anything else."""

    widget = forms.HiddenInput

    def clean(self, value: str | None) -> str:
        return value if value in known_time_zones() else settings.TIME_ZONE


class BoundedPhoneField(BoundedTextField, PhoneNumberField):
    """A phone number, read only where it is no longer than one."""
