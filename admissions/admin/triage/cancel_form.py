"""The form by which staff cancel a consultation: it checks and never writes."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from admissions.admin.action_form import ActionForm, set_choices
from admissions.form_fields import PlainTextField
from admissions.intake import requests, suppressions
from admissions.intake.models import ConsultationRequest
from admissions.scheduling.models import CancelReason
from admissions.triage.cancellations import Cancellation, NextStep, Telling

from .forms import promise_field

CloseReason, Disposition = ConsultationRequest.CloseReason, ConsultationRequest.Disposition
# How a request ends whose consultation is canceled; a referral says more, and has its own form.
ENDS = [
    Disposition.DECLINED_BY_PERSON,
    Disposition.WITHDRAWN,
    Disposition.NOT_APPROPRIATE_HERE,
    Disposition.DUPLICATE,
]


class CancelConsultationForm(ActionForm):
    """Why, who tells them, and what comes next. It carries which consultation was looked at."""

    reason = forms.ChoiceField(
        label=_("Why is it canceled?"),
        choices=CancelReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose why.")},
    )
    note = PlainTextField(
        label=_("If another reason: which?"),
        required=False,
        max_length=120,
        help_text=_("A few words. No clinical details."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": 120}),
    )
    telling = forms.ChoiceField(
        label=_("How do they hear of it?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose how they hear of it."),
            "invalid_choice": _("No email reaches them. Choose a call, or say that they know."),
        },
    )
    next_step = forms.ChoiceField(
        label=_("What comes next?"),
        choices=NextStep.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what comes next.")},
    )
    promise_by = promise_field()
    disposition = forms.ChoiceField(
        label=_("If it closes: how it ended"),
        required=False,
        choices=[("", _("Choose one")), *((each.value, each.label) for each in ENDS)],
    )
    close_reason = forms.ChoiceField(
        label=_("If it closes: the main reason"),
        required=False,
        choices=[("", _("Choose one")), *CloseReason.choices],
    )
    consultation_id = forms.IntegerField(
        widget=forms.HiddenInput, error_messages={"required": _("Open this page again.")}
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        consultation_request: ConsultationRequest,
        now: datetime,
    ) -> None:
        super().__init__(data, consultation_request=consultation_request, now=now)
        may_email = suppressions.may_email_requester(consultation_request)
        ways = [each for each in Telling if may_email or each != Telling.EMAIL]
        set_choices(self, "telling", [(each.value, each.label) for each in ways])
        self.fields["telling"].initial = ways[0].value
        self.fields["promise_by"].label = _("If a call is promised: by when")
        standing = requests.find_standing_consultation(consultation_request)
        self.fields["consultation_id"].initial = standing.pk if standing else None

    def clean(self) -> dict[str, Any]:
        """What belongs to another choice is left out; what its choice needs is asked for."""
        data, step = self.cleaned_data, self.cleaned_data.get("next_step")
        if data.get("reason") != CancelReason.OTHER:
            data["note"] = ""
        elif not data.get("note"):
            self.add_error("note", _("Say in a few words what the other reason is."))
        if step != NextStep.PROMISE:
            data["promise_by"] = None
        elif not data.get("promise_by") and "promise_by" not in self.errors:
            self.add_error("promise_by", _("Say by when you promised to call."))
        if step == NextStep.CLOSE and data.get("telling") == Telling.CALL:
            self.add_error("telling", _("A closed request has no tasks. Tell them first."))
        for name in ("disposition", "close_reason"):
            if step != NextStep.CLOSE:
                data[name] = ""
            elif not data.get(name) and name not in self.errors:
                self.add_error(name, _("Choose one, since the request closes."))
        return data

    def answers(self) -> Cancellation:
        """What was said, once it is valid."""
        names = [each.name for each in fields(Cancellation)]
        return Cancellation(**{name: self.cleaned_data[name] for name in names})
