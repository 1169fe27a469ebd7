"""The form that corrects a mistyped number or email. It checks and never writes."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from admissions.form_fields import PlainEmailField
from admissions.intake import suppressions
from admissions.intake.models import ConsultationRequest
from admissions.phone_numbers import draw_masked
from admissions.public import email_typos
from admissions.public.form_base import ConsentKey, PublicForm
from admissions.public.form_fields import phone_field
from programs.forms.layout import FieldsHelper


class CorrectionForm(PublicForm):
    """A number, an email, or both; what is left empty stays as it is."""

    # Django drops an inherited field that is None.
    website = time_zone = takes_guide = None  # type: ignore[assignment]
    phone = phone_field(required=False)
    email = PlainEmailField(
        label=_("Email"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )
    may_email = forms.BooleanField(required=False)
    # Whether we have asked about a slip in their email: nobody is asked twice.
    email_asked = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, consultation_request: ConsultationRequest, **kwargs: Any
    ) -> None:
        initial = {"may_email": consultation_request.may_email}
        super().__init__(*args, initial=initial, **kwargs)
        self.fields["may_email"].label = self.consent_versions[ConsentKey.EMAIL].text
        known = {
            "phone": draw_masked(consultation_request.phone),
            "email": suppressions.mask_email(consultation_request.email),
        }
        for name, masked in known.items():
            self.fields[name].help_text = (
                _now("We have %(known)s. Leave this empty to keep it.") % {"known": masked}
                if masked
                else _now("We have none. You can add one.")
            )
        self.helper = FieldsHelper()

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        email = data.get("email")
        if not email and not data.get("phone") and not self.errors:
            self.add_error("phone", _("Type the right number or email."))
        if email and not data.get("may_email"):
            self.add_error(
                "may_email", _("Check this box so that we can write to you, or clear the email.")
            )
        if email and not data.get("email_asked"):
            self.ask_about_slip(email)
        return data

    def ask_about_slip(self, email: str) -> None:
        """Did you mean gmail.com? Whoever sends the form again as it is meant what they typed."""
        meant = email_typos.suggest_address(email)
        if not meant:
            return
        words = _("Did you mean %(email)s? If yours is right, send the form as it is.")
        self.add_error("email", words % {"email": meant})
        sent: Any = self.data
        asked = sent.copy()
        asked["email_asked"] = "True"
        self.data = asked

    def contact(self) -> dict[str, Any]:
        """The columns of the request that were typed."""
        return {name: self.cleaned_data[name] for name in ("phone", "email")}
