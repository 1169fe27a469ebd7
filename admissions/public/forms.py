"""The public forms: they check and never write. What was typed is never lost."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from admissions.form_fields import PlainEmailField, PlainTextField
from admissions.intake.models import ConsultationRequest
from admissions.scheduling.models import Mode
from programs.forms.layout import Details, Fieldset, FieldsHelper, Include
from programs.models import Program

from . import email_typos
from .callback_promise import PromiseWords
from .form_base import ConsentKey, PublicForm
from .form_fields import ForWhomField, name_field, parse_yes_no, phone_field, voicemail_field


class DetailsForm(PublicForm):
    """Who to talk with and how, for a time already chosen."""

    is_in_danger = forms.TypedChoiceField(
        label=_("Is anyone in danger right now?"),
        choices=[("no", _("No")), ("yes", _("Yes, or not sure"))],
        coerce=parse_yes_no,
        widget=forms.RadioSelect,
        help_text=_("You can book either way. If yes, we put you first."),
        error_messages={"required": _("Tell us if anyone is in danger right now.")},
    )
    for_whom = forms.ChoiceField(
        label=_("Who is this for?"),
        choices=ConsultationRequest.ForWhom,
        widget=forms.RadioSelect,
        error_messages={"required": _("Tell us who this is for.")},
    )
    is_adult = forms.TypedChoiceField(
        label=_("Is the person who needs help 18 or older?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        coerce=parse_yes_no,
        widget=forms.RadioSelect,
        help_text=_("We ask because our programs are for adults."),
        error_messages={"required": _("Tell us if the person is 18 or older.")},
    )
    preferred_name = name_field()
    phone = phone_field(
        required=False, help_text=_("Use one only you can see. A phone or an email is enough.")
    )
    email = PlainEmailField(
        label=_("Email"),
        required=False,
        max_length=254,
        help_text=_("For a confirmation, and a link to change your time."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )
    may_call = forms.BooleanField(label=_("You may call me."), required=False, initial=True)
    may_text = forms.BooleanField(required=False)
    may_email = forms.BooleanField(required=False)
    voicemail = voicemail_field()
    is_discreet = forms.BooleanField(
        label=_("Keep emails discreet: no name of the center, no reason."),
        required=False,
        initial=True,
    )
    good_time = forms.ChoiceField(
        label=_("Good times to reach you"), choices=ConsultationRequest.GoodTime, required=False
    )
    program_interest = forms.ModelChoiceField(
        label=_("Program you are thinking of"),
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
        error_messages={"required": _("We need this agreement to answer you.")}
    )
    wants_news = forms.BooleanField(required=False)
    # Whether we have asked about a slip in their email: nobody is asked twice.
    email_asked = forms.BooleanField(required=False, widget=forms.HiddenInput)
    suggested_email = ""

    CONSENT_FIELDS = {
        ConsentKey.CONTACT: "agrees_to_contact",
        ConsentKey.EMAIL: "may_email",
        ConsentKey.TEXT: "may_text",
        ConsentKey.NEWS: "wants_news",
    }

    def __init__(self, *args: Any, mode: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mode = mode
        if self.data.get("email_instead"):
            self.fill_in("email", self.data["email_instead"])
        for key, name in self.CONSENT_FIELDS.items():
            self.fields[name].label = self.consent_versions[key].text
        self.helper = self.build_helper()

    def fill_in(self, name: str, value: str) -> None:
        """Go on as if this had been sent."""
        sent: Any = self.data
        changed = sent.copy()
        changed[name] = value
        self.data = changed

    def build_helper(self) -> FieldsHelper:
        return FieldsHelper(
            Include("programs/_safety_block.html"),
            "is_in_danger",
            Include("admissions/_danger_help.html"),
            "for_whom",
            Include("admissions/_loved_one_help.html"),
            "is_adult",
            Include("admissions/_youth_help.html"),
            "preferred_name",
            "phone",
            "email",
            Fieldset(
                _("How may we contact you?"),
                "may_call",
                "may_text",
                "may_email",
                "voicemail",
                "is_discreet",
                "good_time",
            ),
            Details(
                _("Tell us more (optional)"),
                "program_interest",
                "interpreter",
                "access_need",
                "payment",
                "note",
                css_class="more",
            ),
            *self.guide_layout(),
            "agrees_to_contact",
            "wants_news",
            *self.trap_layout(),
            "email_asked",
            "time_zone",
        )

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
        has_bad = {"phone", "email"} & set(self.errors)
        if not phone and not email and not has_bad:
            self.add_error(
                "phone", _("Enter a phone number or an email, so that we can reach you.")
            )
        elif self.mode == Mode.PHONE and not phone and "phone" not in self.errors:
            self.add_error("phone", _("Enter a phone number: you chose a talk by phone."))
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
        """Each channel needs its address, and an email typed in needs its permission."""
        if data.get("may_text") and not phone and "phone" not in self.errors:
            self.add_error("may_text", _("Enter a phone number above, or clear this box."))
        if data.get("may_email") and not email and "email" not in self.errors:
            self.add_error("may_email", _("Enter an email above, or clear this box."))
        if email and not data.get("may_email"):
            self.add_error(
                "may_email", _("Tick this box so that we may write to you, or clear the email.")
            )

    def request_fields(self) -> dict[str, Any]:
        """The columns of the request, from checked answers."""
        data = self.cleaned_data
        columns = (
            "is_in_danger", "for_whom", "is_adult", "preferred_name", "phone", "email",
            "may_text", "may_email", "voicemail", "is_discreet", "program_interest",
            "interpreter", "access_need", "payment", "note", "time_zone",
        )  # fmt: skip
        return {
            **{name: data[name] for name in columns},
            "good_time": data["good_time"] or ConsultationRequest.GoodTime.ANY,
            "may_call": bool(data["phone"]) and (data["may_call"] or self.mode == Mode.PHONE),
            "language": get_language(),
            "guide_answers": self.guide_answers(),
        }

    def consent_answers(self) -> dict[str, bool]:
        """Consent keys to granted or not, for each text that stood on the page."""
        return {key: self.cleaned_data[name] for key, name in self.CONSENT_FIELDS.items()}


class CallbackForm(PublicForm):
    """Ask for a call: a name, a number, and what a caller may leave behind."""

    for_whom = ForWhomField(required=False)
    preferred_name = name_field()
    phone = phone_field(
        help_text=_("Use one only you can see."),
    )
    voicemail = voicemail_field()
    good_time = forms.ChoiceField(
        label=_("When is a good time?"),
        choices=[("", _("The first time you can")), *ConsultationRequest.GoodTime.choices[1:]],
        required=False,
    )
    agrees_to_contact = forms.BooleanField(
        error_messages={"required": _("We need this agreement to call you.")}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].error_messages["required"] = _("Enter a number we can call.")
        self.fields["agrees_to_contact"].label = self.consent_versions[ConsentKey.CONTACT].text
        self.helper = FieldsHelper(
            "preferred_name",
            "phone",
            "voicemail",
            "good_time",
            *self.guide_layout(),
            "agrees_to_contact",
            *self.trap_layout(),
            "for_whom",
            "time_zone",
        )

    def name_soonest_time(self, promise: PromiseWords | None) -> None:
        """Say "as soon as you can" only where that is now, else by when it is."""
        soonest = str(_("The first time you can"))
        if promise:
            soonest = str(_("As soon as you can")) if promise.is_now else capfirst(promise.by)
        choices = [("", soonest), *ConsultationRequest.GoodTime.choices[1:]]
        cast(forms.ChoiceField, self.fields["good_time"]).choices = choices

    def request_fields(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "preferred_name": data["preferred_name"],
            "phone": data["phone"],
            "voicemail": data["voicemail"],
            "for_whom": data["for_whom"],
            "good_time": data["good_time"] or ConsultationRequest.GoodTime.ANY,
            "time_zone": data["time_zone"],
            "language": get_language(),
            "guide_answers": self.guide_answers(),
        }

    def consent_answers(self) -> dict[str, bool]:
        return {ConsentKey.CONTACT: self.cleaned_data["agrees_to_contact"]}


class CancelForm(forms.Form):
    """An optional word about why."""

    reason = PlainTextField(
        label=_("Why? (optional)"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
