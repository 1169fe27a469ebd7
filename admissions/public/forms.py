"""The public forms: they check and never write. What was typed is never lost."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from admissions.form_fields import PlainEmailField, PlainTextField
from admissions.intake.models import ConsultationRequest
from admissions.scheduling.models import Mode
from programs.forms.layout import Details, FieldsHelper, Include
from programs.models import Program

from . import email_typos
from .form_base import ConsentKey, PublicForm
from .form_fields import mark_optional, name_field, parse_yes_no, phone_field, voicemail_field

NO_PHONE_FOR_CALL = _("Enter a phone number. You chose to talk by phone.")


class DetailsForm(PublicForm):
    """Who to talk with and how, for a time already chosen."""

    is_in_danger = forms.TypedChoiceField(
        label=_("Is anyone in danger right now?"),
        choices=[("no", _("No")), ("yes", _("Yes, or not sure"))],
        coerce=parse_yes_no,
        widget=forms.RadioSelect,
        error_messages={"required": _("Tell us if anyone is in danger right now.")},
    )
    for_whom = forms.ChoiceField(
        label=_("Who is this for?"),
        choices=[("", _("Choose one")), *ConsultationRequest.ForWhom.choices],
        error_messages={"required": _("Tell us who this is for.")},
    )
    is_adult = forms.TypedChoiceField(
        label=_("Is the person who needs help 18 or older?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        coerce=parse_yes_no,
        widget=forms.RadioSelect,
        help_text=_("Our programs are for adults."),
        error_messages={"required": _("Tell us if the person is 18 or older.")},
    )
    preferred_name = name_field()
    phone = phone_field(required=False)
    email = PlainEmailField(
        label=_("Email"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )
    may_call = forms.BooleanField(label=_("You may call me."), required=False, initial=True)
    may_text = forms.BooleanField(required=False)
    voicemail = voicemail_field()
    is_discreet = forms.BooleanField(
        label=_("Keep emails discreet: no name of the center, no reason."),
        required=False,
        initial=True,
    )
    good_time = forms.ChoiceField(
        label=_("Good times to reach you"),
        choices=ConsultationRequest.GoodTime,
        initial=ConsultationRequest.GoodTime.ANY,
        required=False,
    )
    program_interest = forms.ModelChoiceField(
        label=_("Program you are thinking about"),
        queryset=Program.objects.published(),
        required=False,
        empty_label=_("Not sure yet"),
    )
    interpreter = PlainTextField(
        label=_("Another language, or an interpreter"), max_length=80, required=False
    )
    access_need = PlainTextField(
        label=_("Anything that makes talking easier for you"),
        max_length=200,
        required=False,
        help_text=_("For example: a relay service, a slower pace, no stairs."),
    )
    payment = forms.ChoiceField(
        label=_("How care may be paid"), choices=ConsultationRequest.Payment, required=False
    )
    note = PlainTextField(
        label=_("Anything we should know before we talk"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "maxlength": 500}),
        help_text=_("Please leave out medical details."),
    )
    agrees_to_contact = forms.BooleanField(
        error_messages={"required": _("We need your permission to answer you.")}
    )
    wants_news = forms.BooleanField(required=False)
    # Whether we have asked about a slip in their email: nobody is asked twice.
    email_asked = forms.BooleanField(required=False, widget=forms.HiddenInput)
    suggested_email = ""

    CONSENT_FIELDS = {
        ConsentKey.CONTACT: "agrees_to_contact",
        ConsentKey.TEXT: "may_text",
        ConsentKey.NEWS: "wants_news",
    }

    PHONE_HINTS = {
        Mode.PHONE: _("We will call you here. Use a number only you answer."),
        Mode.VIDEO: _("A phone or an email is enough. Use one that only you check."),
        Mode.IN_PERSON: _("A phone or an email is enough. Use one that only you check."),
    }
    EMAIL_HINTS = {
        Mode.PHONE: _("We will send your confirmation here. Typing it means: “%(consent)s”"),
        Mode.VIDEO: _("We will send the link to join here. Typing it means: “%(consent)s”"),
        Mode.IN_PERSON: _("We will send your confirmation here. Typing it means: “%(consent)s”"),
    }

    def __init__(self, *args: Any, mode: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mode = mode
        if self.data.get("email_instead"):
            self.fill_in("email", self.data["email_instead"])
        for key, name in self.CONSENT_FIELDS.items():
            self.fields[name].label = self.consent_versions[key].text
        self.fit_to_mode()
        self.helper = self.build_helper()

    def fit_to_mode(self) -> None:
        """Say what this kind of talk needs, and mark what it does not."""
        phone, email = self.fields["phone"], self.fields["email"]
        phone.help_text = self.PHONE_HINTS[Mode(self.mode)]
        email.help_text = self.EMAIL_HINTS[Mode(self.mode)] % {
            "consent": self.consent_versions[ConsentKey.EMAIL].text
        }
        if self.mode == Mode.PHONE:
            # The call is the talk itself: there is nothing to permit.
            del self.fields["may_call"]
            phone.required = True
            phone.error_messages["required"] = NO_PHONE_FOR_CALL
            mark_optional(email)
        for name in ("program_interest", "interpreter", "access_need", "payment", "note"):
            mark_optional(self.fields[name])

    def fill_in(self, name: str, value: str) -> None:
        """Go on as if this had been sent."""
        sent: Any = self.data
        changed = sent.copy()
        changed[name] = value
        self.data = changed

    def build_helper(self) -> FieldsHelper:
        return FieldsHelper(
            Include("admissions/_form_safety.html"),
            "is_in_danger",
            Include("admissions/_danger_help.html"),
            "for_whom",
            Include("admissions/_whom_help.html"),
            "is_adult",
            Include("admissions/_youth_help.html"),
            "preferred_name",
            "phone",
            "email",
            self.contact_plan_layout(),
            Details(
                _("Tell us more (optional)"),
                "program_interest",
                "interpreter",
                "access_need",
                "payment",
                "note",
                "wants_news",
                css_class="more",
            ),
            *self.guide_layout(),
            "agrees_to_contact",
            *self.trap_layout(),
            "email_asked",
            "time_zone",
        )

    def contact_plan_layout(self) -> Details:
        """What we do unless they say otherwise, in one sentence that opens."""
        rest = ("may_text", "voicemail", "is_discreet", "good_time")
        if self.mode == Mode.PHONE:
            calls = _(
                "Unless you change this, we will call you, leave no voicemail, and keep emails"
                " discreet."
            )
            return Details(calls, *rest, css_class="more")
        may = _(
            "Unless you change this, we may call you, leave no voicemail, and keep emails discreet."
        )
        return Details(may, "may_call", *rest, css_class="more")

    def clean_is_adult(self) -> bool:
        is_adult = self.cleaned_data["is_adult"]
        if is_adult is False:
            raise ValidationError(
                _("Our programs are for adults. Please call us: we will help you find care.")
            )
        return is_adult

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        phone, email = data.get("phone"), data.get("email")
        if "phone" not in self.errors and not phone:
            if self.mode == Mode.PHONE:
                self.add_error("phone", NO_PHONE_FOR_CALL)
            elif not email and "email" not in self.errors:
                self.add_error(
                    "phone", _("Enter a phone number or an email, so that we can reach you.")
                )
        self.check_channels(data, phone, email)
        if email and "email_asked" in self.fields and not data.get("email_asked"):
            self.ask_about_slip(email)
        return data

    def ask_about_slip(self, email: str) -> None:
        """Did you mean gmail.com? Whoever sends the form again as it is meant what they typed."""
        self.suggested_email = email_typos.suggest_address(email)
        if self.suggested_email:
            self.add_error(
                "email",
                _("Did you mean %(email)s? If yours is right, send the form as it is.")
                % {"email": self.suggested_email},
            )
            self.fill_in("email_asked", "True")

    def check_channels(self, data: dict[str, Any], phone: Any, email: str | None) -> None:
        """Each channel needs its address. An email is there to be used: it needs no second act."""
        if data.get("may_text") and not phone and "phone" not in self.errors:
            self.add_error("may_text", _("Enter a phone number above, or clear this box."))

    def permits_email(self) -> bool:
        """Whoever types an address below what is said of email chooses to be written to."""
        return bool(self.cleaned_data["email"])

    def permits_call(self) -> bool:
        data = self.cleaned_data
        return bool(data["phone"]) and (self.mode == Mode.PHONE or data["may_call"])

    def request_fields(self) -> dict[str, Any]:
        """The columns of the request, from checked answers."""
        data = self.cleaned_data
        columns = (
            "is_in_danger", "for_whom", "is_adult", "preferred_name", "phone", "email",
            "may_text", "voicemail", "is_discreet", "program_interest",
            "interpreter", "access_need", "payment", "note", "time_zone",
        )  # fmt: skip
        return {
            **{name: data[name] for name in columns},
            "good_time": data["good_time"] or ConsultationRequest.GoodTime.ANY,
            "may_call": self.permits_call(),
            "may_email": self.permits_email(),
            "language": get_language(),
            "guide_answers": self.guide_answers(),
        }

    def consent_answers(self) -> dict[str, bool]:
        """Consent keys to granted or not, for each text that stood on the page."""
        given: dict[str, bool] = {
            key: self.cleaned_data[name] for key, name in self.CONSENT_FIELDS.items()
        }
        return given | {ConsentKey.EMAIL: self.permits_email()}


class CancelForm(forms.Form):
    """An optional word about why."""

    reason = PlainTextField(
        label=_("Why? (optional)"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
