"""The form that asks for a call. It checks and never writes."""

from datetime import datetime, timedelta
from typing import Any, cast

from crispy_forms.layout import Div
from django import forms
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from admissions.intake.models import ConsultationRequest
from programs.forms.layout import Details, FieldsHelper, Include

from .callback_promise import PromiseWords
from .form_base import ConsentKey, PublicForm
from .form_fields import ForWhomField, name_field, phone_field, voicemail_field

ForWhom, GoodTime = ConsultationRequest.ForWhom, ConsultationRequest.GoodTime


class CallbackForm(PublicForm):
    """Ask for a call: a name, a number, and what a caller may leave behind."""

    preferred_name = name_field()
    phone = phone_field(help_text=_("Use a number only you answer."))
    for_whom = ForWhomField(required=False)
    minutes_together = forms.TypedChoiceField(
        label=_("Is the person with you now?"),
        choices=[
            ("", _("No")),
            ("30", _("Yes, for half an hour")),
            ("60", _("Yes, for an hour")),
            ("120", _("Yes, for two hours")),
            ("240", _("Yes, for four hours")),
        ],
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("We will try to call while they are with you."),
    )
    voicemail = voicemail_field()
    good_time = forms.ChoiceField(
        label=_("When is a good time?"),
        choices=[("", _("As soon as you have time")), *GoodTime.choices[1:]],
        required=False,
    )
    agrees_to_contact = forms.BooleanField(
        error_messages={"required": _("We need your permission to call you.")}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].error_messages["required"] = _("Enter a number we can call.")
        self.fields["agrees_to_contact"].label = self.consent_versions[ConsentKey.CONTACT].text
        self.helper = FieldsHelper(
            Include("admissions/_form_safety.html"),
            "preferred_name",
            "phone",
            "for_whom",
            Include("admissions/_whom_help.html"),
            Div("minutes_together", css_class="when-professional"),
            Details(
                _("Unless you change this, we will call as soon as we can and leave no voicemail."),
                "voicemail",
                "good_time",
                css_class="more",
            ),
            *self.guide_layout(),
            "agrees_to_contact",
            *self.trap_layout(),
            "time_zone",
        )

    def name_soonest_time(self, promise: PromiseWords | None) -> None:
        """Say "as soon as you can" only where that is now, else by when it is."""
        soonest = str(_("As soon as you have time"))
        if promise:
            soonest = str(_("As soon as you can")) if promise.is_now else capfirst(promise.by)
        choices = [("", soonest), *GoodTime.choices[1:]]
        cast(forms.ChoiceField, self.fields["good_time"]).choices = choices

    def find_together_until(self) -> datetime | None:
        """Until when the person is with a professional who asks; None of anyone else."""
        minutes = self.cleaned_data["minutes_together"]
        if self.cleaned_data["for_whom"] != ForWhom.PROFESSIONAL or minutes is None:
            return None
        return timezone.now() + timedelta(minutes=minutes)

    def request_fields(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "preferred_name": data["preferred_name"],
            "phone": data["phone"],
            "voicemail": data["voicemail"],
            "for_whom": data["for_whom"],
            "together_until": self.find_together_until(),
            "good_time": data["good_time"] or GoodTime.ANY,
            "time_zone": data["time_zone"],
            "language": get_language(),
            "guide_answers": self.guide_answers(),
        }

    def consent_answers(self) -> dict[str, bool]:
        return {ConsentKey.CONTACT: self.cleaned_data["agrees_to_contact"]}
