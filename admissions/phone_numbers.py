"""How a phone number is read, and how it is told: whole to staff, its end to whoever gave it."""

import re

import phonenumbers
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber, to_python

OUR_COUNTRY_CODE = 1
# How Europe, Asia and Latin America dial abroad; from here it is 011, which the parser knows.
DIALED_ABROAD = re.compile(r"^[\s(]*[0０]{2}(?=[\s)-]*[1-9１-９])")


def read_dialed_abroad(typed: str) -> str:
    """The number with + and its country code, where it was typed with 00."""
    return DIALED_ABROAD.sub("+", typed)


def keeps_what_was_typed(number: PhoneNumber, typed: str) -> bool:
    """Whether the number ends as it was typed: the parser leaves out a second number in silence."""
    end = number.as_e164[-4:] + (number.extension or "")
    by_keys = phonenumbers.convert_alpha_characters_in_number(typed)
    return any(digits_in(each).endswith(end) for each in (typed, by_keys))


def digits_in(text: str) -> str:
    return "".join(str(int(each)) for each in text if each.isdecimal())


def format_phone(number: PhoneNumber) -> str:
    """The number as staff read and dial it, with its extension, and its country code if abroad."""
    is_abroad = number.is_valid() and number.country_code != OUR_COUNTRY_CODE
    return number.as_international if is_abroad else str(number)


def line_of(number: PhoneNumber | str) -> str:
    """The number without its extension: what many people behind one switchboard share."""
    parsed = to_python(number)
    if not parsed:
        return ""
    return parsed.as_e164 if parsed.is_valid() else str(parsed)


def draw_masked(number: PhoneNumber | str) -> str:
    """The number with four digits to be seen, as its own receipt shows it: (•••) •••-0134."""
    parsed = to_python(number)
    if not parsed:
        return ""
    end = line_of(parsed)[-4:]
    if parsed.country_code == OUR_COUNTRY_CODE:
        return f"(•••) •••-{end}"
    return f"+{parsed.country_code} ••• {end}"


def mask_phone(number: PhoneNumber | str) -> str:
    """The last two digits, as whoever gave the number sees it again; nothing of an extension."""
    end, parsed = line_of(number)[-2:], to_python(number)
    if end and parsed.extension:
        return _("%(end)s (with its extension)") % {"end": end}
    return end
