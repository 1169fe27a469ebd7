"""What someone types to find their own appointment again. The forms check and never look it up."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from admissions.form_fields import PlainEmailField, PlainTextField
from programs.forms.layout import FieldsHelper

from .form_base import LinkedErrors
from .form_fields import phone_field


class LookupForm(LinkedErrors, forms.Form):
    """One of the two forms of the page; `by` says which was sent."""

    by: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.helper = FieldsHelper()


class EmailLookupForm(LookupForm):
    by = "email"
    email = PlainEmailField(
        label=_("Email"),
        max_length=254,
        help_text=_("The address that you gave us."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        error_messages={"required": _("Enter the email address that you gave us.")},
    )


class ReferenceLookupForm(LookupForm):
    by = "reference"
    reference = PlainTextField(
        label=_("Reference"),
        max_length=20,
        help_text=_("Eight letters and numbers, like K7M4-2QXR. We showed it when you booked."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        error_messages={"required": _("Enter the reference of your appointment.")},
    )
    phone = phone_field(
        help_text=_("The number that you gave us."),
    )
