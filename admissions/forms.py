"""The public forms: they check and never write. What was typed is never lost."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Field, Fieldset, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from programs.models import Program

from .fields import (
    BoundedTextField,
    PlainEmailField,
    PlainTextField,
    TimeZoneField,
    WhomField,
    name_field,
    phone_field,
    voicemail_field,
    yes_or_no,
)
from .models import ConsentVersion, ConsultationRequest, Mode

Request = ConsultationRequest
Consent = ConsentVersion.Key


class PublicForm(forms.Form):
    """What every public form carries: a zone found by the browser, and a trap for robots."""

    time_zone = TimeZoneField(required=False)
    website = BoundedTextField(
        label=_("Leave this empty"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )

    takes_guide = forms.BooleanField(
        label=_("Pass these answers on to the counselor."), required=False, initial=True
    )

    def __init__(self, *args, guide=None, **kwargs):
        """`guide` is what the visitor took along from there, or None."""
        super().__init__(*args, label_suffix="", **kwargs)
        self.guide = guide
        self.consent_versions = ConsentVersion.objects.current(language=get_language())
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.form_show_errors = True

    def guide_parts(self):
        """The answers taken along, and the box to leave them out; nothing without any."""
        if self.guide is None:
            return []
        return [HTML('{% include "admissions/_guide_answers.html" %}'), "takes_guide"]

    def guide_answers(self):
        return self.guide.words if self.guide and self.cleaned_data["takes_guide"] else ""

    def clean_website(self):
        if self.cleaned_data["website"]:
            raise ValidationError(_("Leave this field empty, so that we know you are a person."))
        return ""

    @property
    def error_links(self):
        """(anchor, message) for the summary above the form, in the order of the fields."""
        links = [("", error) for error in self.non_field_errors()]
        for name in self.fields:
            if name in self.errors:
                is_group = isinstance(self.fields[name].widget, forms.RadioSelect)
                anchor = f"id_{name}_0" if is_group else f"id_{name}"
                links += [(anchor, error) for error in self.errors[name]]
        return links


class DetailsForm(PublicForm):
    """Who to talk with and how, for a time already chosen."""

    is_in_danger = forms.TypedChoiceField(
        label=_("Is anyone in danger right now?"),
        choices=[("no", _("No")), ("yes", _("Yes, or not sure"))],
        coerce=yes_or_no,
        widget=forms.RadioSelect,
        help_text=_("You can book either way. If yes, we put you first."),
        error_messages={"required": _("Tell us if anyone is in danger right now.")},
    )
    for_whom = forms.ChoiceField(
        label=_("Who is this for?"),
        choices=Request.ForWhom,
        widget=forms.RadioSelect,
        error_messages={"required": _("Tell us who this is for.")},
    )
    is_adult = forms.TypedChoiceField(
        label=_("Is the person who needs help 18 or older?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        coerce=yes_or_no,
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
        label=_("Keep emails discreet: no name of the centre, no reason."),
        required=False,
        initial=True,
    )
    good_time = forms.ChoiceField(
        label=_("Good times to reach you"), choices=Request.GoodTime, required=False
    )
    program_interest = forms.ModelChoiceField(
        label=_("Program you are thinking of"),
        queryset=Program.objects.none(),
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
        label=_("How care may be paid"), choices=Request.Payment, required=False
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

    CONSENTS = {
        Consent.CONTACT: "agrees_to_contact",
        Consent.EMAIL: "may_email",
        Consent.TEXT: "may_text",
        Consent.NEWS: "wants_news",
    }

    def __init__(self, *args, mode, **kwargs):
        super().__init__(*args, **kwargs)
        self.mode = mode
        self.fields["program_interest"].queryset = Program.objects.published()
        for key, name in self.CONSENTS.items():
            self.fields[name].label = self.consent_versions[key].text
        self.helper.layout = self.layout()

    def layout(self):
        return Layout(
            HTML('{% include "programs/_safety_block.html" %}'),
            Field("is_in_danger"),
            HTML('{% include "admissions/_danger_help.html" %}'),
            Field("for_whom"),
            HTML('{% include "admissions/_loved_one_help.html" %}'),
            Field("is_adult"),
            HTML('{% include "admissions/_youth_help.html" %}'),
            Field("preferred_name"),
            Field("phone"),
            Field("email"),
            Fieldset(
                _("How may we contact you?"),
                "may_call",
                "may_text",
                "may_email",
                "voicemail",
                "is_discreet",
                "good_time",
                css_class="plan",
            ),
            HTML('<details class="more"{% if form.has_extras %} open{% endif %}><summary>'),
            HTML(_("Tell us more (optional)")),
            HTML("</summary>"),
            "program_interest",
            "interpreter",
            "access_need",
            "payment",
            "note",
            HTML("</details>"),
            *self.guide_parts(),
            Field("agrees_to_contact"),
            Field("wants_news"),
            Div("website", css_class="trap"),
            "time_zone",
        )

    @property
    def has_extras(self):
        """Whether the optional part holds something that must not be folded away."""
        extras = ("program_interest", "interpreter", "access_need", "payment", "note")
        known = self.data if self.is_bound else self.initial
        return any(known.get(name) or name in self.errors for name in extras)

    def clean_is_adult(self):
        is_adult = self.cleaned_data["is_adult"]
        if is_adult is False:
            raise ValidationError(
                _("Our programs are for adults. Please call us: we will help you find care.")
            )
        return is_adult

    def clean(self):
        data = super().clean()
        phone, email = data.get("phone"), data.get("email")
        has_bad = {"phone", "email"} & set(self.errors)
        if not phone and not email and not has_bad:
            self.add_error(
                "phone", _("Enter a phone number or an email, so that we can reach you.")
            )
        elif self.mode == Mode.PHONE and not phone and "phone" not in self.errors:
            self.add_error("phone", _("Enter a phone number: you chose a talk by phone."))
        self.check_channels(data, phone, email)
        return data

    def check_channels(self, data, phone, email):
        """Each channel needs its address, and an email typed in needs its permission."""
        if data.get("may_text") and not phone and "phone" not in self.errors:
            self.add_error("may_text", _("Enter a phone number above, or clear this box."))
        if data.get("may_email") and not email and "email" not in self.errors:
            self.add_error("may_email", _("Enter an email above, or clear this box."))
        if email and not data.get("may_email"):
            self.add_error(
                "may_email", _("Tick this box so that we may write to you, or clear the email.")
            )

    def details(self):
        """The columns of the request, from checked answers."""
        data = self.cleaned_data
        columns = (
            "is_in_danger", "for_whom", "is_adult", "preferred_name", "phone", "email",
            "may_text", "may_email", "voicemail", "is_discreet", "program_interest",
            "interpreter", "access_need", "payment", "note", "time_zone",
        )  # fmt: skip
        return {
            **{name: data[name] for name in columns},
            "good_time": data["good_time"] or Request.GoodTime.ANY,
            "may_call": bool(data["phone"]) and (data["may_call"] or self.mode == Mode.PHONE),
            "language": get_language(),
            "guide_answers": self.guide_answers(),
        }

    def consents(self):
        """Consent keys to granted or not, for each text that stood on the page."""
        return {key: self.cleaned_data[name] for key, name in self.CONSENTS.items()}


class CallbackForm(PublicForm):
    """Ask for a call: a name, a number, and what a caller may leave behind."""

    for_whom = WhomField(required=False)
    preferred_name = name_field()
    phone = phone_field(
        help_text=_("Use one only you can see."),
    )
    voicemail = voicemail_field()
    good_time = forms.ChoiceField(
        label=_("When is a good time?"),
        choices=[("", _("As soon as you can")), *Request.GoodTime.choices[1:]],
        required=False,
    )
    agrees_to_contact = forms.BooleanField(
        error_messages={"required": _("We need this agreement to call you.")}
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["phone"].error_messages["required"] = _("Enter a number we can call.")
        self.fields["agrees_to_contact"].label = self.consent_versions[Consent.CONTACT].text
        self.helper.layout = Layout(
            "preferred_name",
            "phone",
            "voicemail",
            "good_time",
            *self.guide_parts(),
            "agrees_to_contact",
            Div("website", css_class="trap"),
            "for_whom",
            "time_zone",
        )

    def details(self):
        data = self.cleaned_data
        return {
            "preferred_name": data["preferred_name"],
            "phone": data["phone"],
            "voicemail": data["voicemail"],
            "for_whom": data["for_whom"],
            "good_time": data["good_time"] or Request.GoodTime.ANY,
            "time_zone": data["time_zone"],
            "language": get_language(),
            "guide_answers": self.guide_answers(),
        }

    def consents(self):
        return {Consent.CONTACT: self.cleaned_data["agrees_to_contact"]}


class CancelForm(forms.Form):
    """An optional word about why."""

    reason = PlainTextField(
        label=_("Why? (optional)"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "form-control"}),
    )
