"""What may be typed on the way in: allauth's forms in our words, with bounds; they never write,
but for a try that failed."""

import struct
import unicodedata
from collections.abc import Callable
from typing import Any

from allauth.account import forms as account_forms
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as factor_forms
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from allauth.mfa.webauthn.forms import (
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
    SignupWebAuthnForm,
)
from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from . import authentication, throttling, two_factor

LONGEST_PASSWORD = 500
LONGEST_CREDENTIAL = 20_000
MALFORMED = (
    AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError, struct.error,
)  # fmt: skip


class BoundedPasswords:
    """For forms of others, whose passwords may be of any length."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.CharField) and field.max_length is None:
                field.max_length = LONGEST_PASSWORD
                field.validators.append(MaxLengthValidator(LONGEST_PASSWORD))


class NewPasswordForm(BoundedPasswords, SetPasswordForm):
    """A new password of one's own."""


class ForgottenPasswordForm(forms.Form):
    """Whose link: who they are is told to nobody."""

    name = forms.CharField(
        label=_("Your username or email address"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


class PlainFields(BoundedPasswords):
    """For allauth's forms: no text inside a field, and the first one is ready to type in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        next(iter(self.fields.values())).widget.attrs["autofocus"] = True


class PasswordForm(PlainFields, account_forms.LoginForm):
    """Username and password."""


class PasswordAgainForm(PlainFields, account_forms.ReauthenticateForm):
    """The password of who is signed in."""


def to_plain_digits(code: str) -> str:
    """The code in ASCII digits, where a keyboard of East Asia typed wide ones."""
    return unicodedata.normalize("NFKC", code)


class CountedCodes:
    """For forms with a code: each try counts before it is made, and a failure is recorded."""

    user: Any
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        self.cleaned_data["code"] = to_plain_digits(self.cleaned_data["code"])
        counted = throttling.count_code_attempt(context.request, self.user)
        self.authenticator = two_factor.use_recovery_code(self.user, self.cleaned_data["code"])
        try:
            code = self.cleaned_data["code"] if self.authenticator else super().clean_code()  # type: ignore[misc]
        except ValidationError:
            authentication.record_failure(context.request, "code", user=self.user)
            raise
        throttling.forgive(counted)
        return code


class CodeForm(CountedCodes, PlainFields, factor_forms.AuthenticateForm):
    """A code of the app, or a recovery code, on the way in."""


class CodeAgainForm(CountedCodes, PlainFields, factor_forms.ReauthenticateForm):
    """The same of who is signed in."""


class AppForm(PlainFields, ActivateTOTPForm):
    """The first code of a new app. Its secret stays the same until it is used, in every tab."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        shown = context.request.session.get(SECRET_SESSION_KEY)
        super().__init__(*args, **kwargs)
        if shown:
            self.secret = context.request.session[SECRET_SESSION_KEY] = shown

    def clean_code(self) -> str:
        self.cleaned_data["code"] = to_plain_digits(self.cleaned_data["code"])
        return super().clean_code()


class CredentialField(forms.JSONField):
    """What a passkey's device answers, as JSON of bounded length; all else is a plain error."""

    widget = forms.HiddenInput

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # Without the validator, which would ask the length of what was read.
        self.max_length = LONGEST_CREDENTIAL

    def to_python(self, value: Any) -> Any:
        try:
            if isinstance(value, str) and len(value) > LONGEST_CREDENTIAL:
                raise ValueError
            return super().to_python(value)
        except (ValueError, RecursionError):
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None


class RefusesJunk:
    """For allauth's forms with a credential: its parser takes for granted what a stranger sends."""

    def clean_credential(self) -> Any:
        return read_or_refuse(super().clean_credential)  # type: ignore[misc]


def read_or_refuse(read: Callable[[], Any]) -> Any:
    """What allauth reads, or the error of a wrong code for what is no credential at all."""
    try:
        return read()
    except MALFORMED:
        raise get_adapter().validation_error("incorrect_code") from None


class PasskeySignInForm(RefusesJunk, LoginWebAuthnForm):
    credential = CredentialField()


class PasskeyCodeForm(RefusesJunk, AuthenticateWebAuthnForm):
    credential = CredentialField()


class PasskeyAgainForm(RefusesJunk, ReauthenticateWebAuthnForm):
    credential = CredentialField()


class PasskeyForm(SignupWebAuthnForm):
    """A new passkey, under a name by which its owner finds it again."""

    name = forms.CharField(
        label=_("A name for it, such as “My laptop”"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
    credential = CredentialField()

    def clean(self) -> dict:
        return read_or_refuse(super().clean)
