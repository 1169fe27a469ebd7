"""What may be typed: plain words, plain addresses, known zones."""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from . import phone_numbers, time_zones

# Joiners shape some scripts and many emoji; every other unseen character can deceive.
JOINERS = {"\u200c", "\u200d"}
UNSEEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co"}
# What Unicode calls letters or a sign and no font draws: Hangul's fillers, an empty Braille cell.
BLANKS = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800"}
# What one search may ask for, wherever something is searched.
LONGEST_SEARCH = 80


def to_plain_line(text: str) -> str:
    """The text in one line, without control, direction-changing or other unseen characters."""
    one_line = " ".join(unicodedata.normalize("NFC", text).split())
    kept = (letter for letter in one_line if letter in JOINERS or not is_unseen(letter))
    return " ".join("".join(kept).split()).strip("".join(JOINERS))


def is_unseen(letter: str) -> bool:
    """Whether nobody sees it: no picture, or one of the 66 that Unicode says are no character."""
    code = ord(letter)
    is_noncharacter = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    return is_noncharacter or letter in BLANKS or unicodedata.category(letter) in UNSEEN_CATEGORIES


def strip_unseen(text: str) -> str:
    """The text without spaces and unseen characters at its ends."""
    start, end = 0, len(text)
    while start < end and (text[start].isspace() or is_unseen(text[start])):
        start += 1
    while start < end and (text[end - 1].isspace() or is_unseen(text[end - 1])):
        end -= 1
    return text[start:end]


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
    """An address in plain ASCII: look-alike and invisible letters are refused, and named.

    So is a quoted name, which could hide a second address, a bare host, and a name that no mail
    server takes. What nobody sees at the ends came with a copy, and is left out.
    """

    PLAIN = re.compile(r"[^\s\"@]+@[a-z0-9.-]+\.[a-z0-9-]+", re.ASCII | re.IGNORECASE)
    LONGEST_NAME = 64  # RFC 5321, 4.5.3.1.1

    default_error_messages = {
        "invalid": _("Enter an email address like name@example.com."),
        "unseen": _(
            "This email address has a hidden character in it, perhaps from copying. Please type"
            " it by hand."
        ),
        "not_plain": _(
            "We can't write to an address with “%(letter)s”. If it looks right, type it by hand in"
            " plain letters from a to z, or give us another one."
        ),
        "long_name": _("The part before the @ is too long: it can have at most 64 letters."),
    }

    def to_python(self, value: str | None) -> str:
        address = super().to_python(value) or ""
        # A NUL byte is left for the validator, which says so beside the field.
        return address if "\x00" in address else strip_unseen(address)

    def run_validators(self, value: str) -> None:
        """Say what is wrong with a letter before what is wrong with the whole."""
        if "\x00" not in value:
            self.check_letters(value)
        super().run_validators(value)

    def check_letters(self, value: str) -> None:
        strange = [
            each for each in value if (is_unseen(each) or not each.isascii()) and not each.isspace()
        ]
        if any(map(is_unseen, strange)):
            raise ValidationError(self.error_messages["unseen"], code="unseen")
        if strange:
            raise ValidationError(
                self.error_messages["not_plain"], code="not_plain", params={"letter": strange[0]}
            )
        if "@" in value and len(value.rpartition("@")[0]) > self.LONGEST_NAME:
            raise ValidationError(self.error_messages["long_name"], code="long_name")

    def clean(self, value: str | None) -> str:
        value = super().clean(value)
        if value and not (value.isascii() and self.PLAIN.fullmatch(value)):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return value


class TimeZoneField(forms.Field):
    """The IANA name of a place's clock, or the center's own when the browser sent anything else."""

    widget = forms.HiddenInput

    def clean(self, value: str | None) -> str:
        return time_zones.parse_zone(value).key


class BoundedPhoneField(BoundedTextField, PhoneNumberField):
    """A phone number with its extension, read only where it is no longer than one.

    One from abroad may begin with 00. What would be kept in part alone is refused.
    """

    def to_python(self, value: str | None) -> Any:
        typed = phone_numbers.read_dialed_abroad(value or "")
        number: Any = super().to_python(typed)
        if number and number.is_valid() and not phone_numbers.keeps_what_was_typed(number, typed):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return number
