"""The questions that public forms share, with their labels."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from admissions.form_fields import BoundedPhoneField, PlainTextField
from admissions.intake.models import ConsultationRequest


class ForWhomField(forms.ChoiceField):
    """For whom a call is asked; any other value than ours is "Me", the first one shown."""

    def __init__(self, **options: Any) -> None:
        whom = ConsultationRequest.ForWhom
        super().__init__(label=_("Who is this for?"), choices=whom, **options)

    def clean(self, value: Any) -> str:
        whom = ConsultationRequest.ForWhom
        return value if value in whom.values else whom.SELF


def mark_optional(field: forms.Field) -> None:
    """Say beside the label that the field may be left empty."""
    field.label = format_lazy(_("{label} (optional)"), label=field.label)


def parse_yes_no(value: str) -> bool:
    return {"yes": True, "no": False}[value]


def phone_field(**extra: Any) -> BoundedPhoneField:
    wrong = _(
        "Enter one phone number with area code, like 714 555 0100. From another country, begin with"
        " + and the country code."
    )
    return BoundedPhoneField(
        label=_("Phone"),
        region="US",
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "tel", "inputmode": "tel", "type": "tel", "maxlength": 40}
        ),
        error_messages={"invalid": wrong, "max_length": wrong},
        **extra,
    )


def name_field() -> PlainTextField:
    return PlainTextField(
        label=_("What should we call you?"),
        max_length=80,
        help_text=_("A nickname is fine."),
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
        error_messages={"required": _("Enter a name we can use. A nickname is fine.")},
    )


def voicemail_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("If you miss our call, may we leave a voicemail?"),
        choices=ConsultationRequest.Voicemail,
        initial=ConsultationRequest.Voicemail.NO,
        widget=forms.RadioSelect,
    )
