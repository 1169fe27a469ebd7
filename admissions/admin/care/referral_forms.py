"""The forms to refer someone elsewhere and to confirm that they arrived."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions.admin.action_form import ActionForm, set_choices
from admissions.care import rules
from admissions.form_fields import PlainTextField
from admissions.intake.models import ConsultationRequest

from .forms import LevelOfCareField, encrypted_lines_field

Disposition = ConsultationRequest.Disposition


class ReferralForm(ActionForm):
    """Where else they are led; the name of the place, not their story."""

    to_whom = PlainTextField(
        label=_("Where to"),
        max_length=120,
        help_text=_("The name of the place or line."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": 120}),
        error_messages={"required": _("Say where they are referred to.")},
    )
    level = LevelOfCareField(label=_("Level of care"), empty_label=_("Not known"), required=False)


class ReferralWithNoteForm(ReferralForm):
    """The same for those who may read assessments."""

    note = encrypted_lines_field(_("What was said there (optional)"))


class ConfirmReferralForm(ActionForm):
    """One hand-over that somebody there has confirmed."""

    referral_id = forms.IntegerField(widget=forms.HiddenInput)


class BeginAdmissionForm(ActionForm):
    """When they are to come in, if that is known."""

    on = forms.DateField(
        label=_("Day they come in (optional)"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Enter a day.")},
    )

    def clean_on(self) -> date | None:
        on = self.cleaned_data["on"]
        if on and on < timezone.localdate():
            raise forms.ValidationError(_("That day is over. Choose another."))
        return on


class AdmitForm(ActionForm):
    """They have come in, to the level that was agreed."""

    disposition = forms.ChoiceField(widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        consultation_request: ConsultationRequest,
        now: datetime,
    ) -> None:
        super().__init__(data, consultation_request=consultation_request, now=now)
        made = rules.latest_recommendation(consultation_request)
        fitting = made.admission_disposition() if made else ""
        self.admitted = Disposition(fitting).label if fitting else ""
        set_choices(
            self,
            "disposition",
            [
                (each.value, each.label)
                for each in Disposition
                if each in ConsultationRequest.ADMITTED_DISPOSITIONS
            ],
        )
        self.fields["disposition"].initial = fitting

    def clean(self) -> dict[str, Any]:
        super().clean()
        return self.cleaned_data | {"reason": ""}
