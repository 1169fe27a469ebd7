"""The small forms of the request page: they check and never write."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from admissions.admin.action_form import ActionForm, set_choices
from admissions.form_fields import LONGEST_SEARCH, PlainTextField
from admissions.intake import requests
from admissions.intake.models import ConsultationRequest, ContactAttempt
from admissions.public.contact_plan_form import ContactPlanForm
from admissions.scheduling import availability, slot_display
from admissions.triage import search

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Channel, Result = ContactAttempt.Channel, ContactAttempt.Result
Disposition, CloseReason = ConsultationRequest.Disposition, ConsultationRequest.CloseReason

# What can come of a try, by channel; the most common first.
RESULTS_BY_CHANNEL = {
    Channel.CALL: [
        Result.NO_ANSWER,
        Result.VOICEMAIL,
        Result.REACHED,
        Result.WRONG_NUMBER,
        Result.ASKED_TO_STOP,
    ],
    Channel.TEXT: [Result.SENT, Result.REACHED, Result.ASKED_TO_STOP],
    Channel.EMAIL: [Result.SENT, Result.REACHED, Result.ASKED_TO_STOP],
    Channel.IN_PERSON: [Result.REACHED, Result.ASKED_TO_STOP],
}


# Those who hear what we promise.
RESULTS_THAT_PROMISE = {Result.REACHED, Result.REPLIED, Result.VOICEMAIL, Result.SENT}


def note_field(help_text: "StrOrPromise") -> PlainTextField:
    return PlainTextField(
        label=_("Note (optional)"),
        required=False,
        max_length=500,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "maxlength": 500}),
        error_messages={"max_length": _("Keep the note to 500 characters.")},
    )


def promise_field() -> forms.DateTimeField:
    return forms.DateTimeField(
        label=_("Promise a call by (optional)"),
        required=False,
        help_text=_("By the center’s clock. Colleagues are told if nobody has called by then."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": _("Enter a date and a time.")},
    )


def replace_field() -> forms.BooleanField:
    return forms.BooleanField(
        label=_("This replaces the earlier promise. (Else the earlier one stands.)"),
        required=False,
    )


class LogAttemptForm(ActionForm):
    """One try: channel and result in a single choice, so that one click logs it."""

    outcome = forms.ChoiceField(
        error_messages={
            "required": _("Choose what came of it."),
            "invalid_choice": _("The contact plan does not permit this. Choose another."),
        }
    )
    note = note_field(_("What helps the next caller. No clinical details."))
    next_at = forms.DateTimeField(
        label=_("Next try (optional)"),
        required=False,
        help_text=_("By the center’s clock. Left empty, the plan says when."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": _("Enter a date and a time.")},
    )
    promise_by = promise_field()
    replaces_promise = replace_field()

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        consultation_request: ConsultationRequest,
        now: datetime,
    ) -> None:
        super().__init__(data, consultation_request=consultation_request, now=now)
        self.channels = [
            (channel.label, [(f"{channel}:{result}", result.label) for result in results])
            for channel, results in permitted_outcomes(consultation_request).items()
        ] + [inbound_outcomes()]
        set_choices(self, "outcome", self.channels)

    def clean(self) -> dict[str, Any]:
        channel, _colon, result = self.cleaned_data.pop("outcome", "").partition(":")
        names = ("note", "next_at", "promise_by", "replaces_promise")
        kept = {name: self.cleaned_data.get(name) for name in names}
        if kept["promise_by"] and result not in RESULTS_THAT_PROMISE:
            self.add_error("promise_by", _("A call is promised to somebody who heard it."))
        if kept["promise_by"] and kept["next_at"]:
            self.add_error("next_at", _("The promised call is the next try: leave this empty."))
        return {"channel": channel, "result": result, **kept}


class MoveConsultationForm(ActionForm):
    """Another open time of the same mode, in the language of the person."""

    starts_at = forms.TypedChoiceField(
        label=_("New time"),
        coerce=availability.parse_stamp,
        error_messages={
            "required": _("Choose a time."),
            "invalid_choice": _("That time is no longer open. Choose another."),
        },
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        consultation_request: ConsultationRequest,
        now: datetime,
    ) -> None:
        super().__init__(data, consultation_request=consultation_request, now=now)
        set_choices(
            self,
            "starts_at",
            [
                ("", _("Choose a time")),
                *open_time_choices(consultation_request, now),
            ],
        )


class CloseRequestForm(ActionForm):
    """How the request ended, and the one reason."""

    disposition = forms.ChoiceField(
        label=_("How it ended"), error_messages={"required": _("Choose how it ended.")}
    )
    reason = forms.ChoiceField(
        label=_("Main reason"),
        choices=[("", _("Choose one")), *CloseReason.choices],
        error_messages={"required": _("Choose the main reason.")},
    )
    refer_to = PlainTextField(
        label=_("Referred where to (if elsewhere)"),
        required=False,
        max_length=120,
        help_text=_("The name of the place."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": 120}),
    )
    note = note_field(_("What “other” means. No clinical details."))

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        consultation_request: ConsultationRequest,
        now: datetime,
    ) -> None:
        super().__init__(data, consultation_request=consultation_request, now=now)
        offered = [
            each for each in Disposition if each not in ConsultationRequest.ADMITTED_DISPOSITIONS
        ]
        set_choices(
            self,
            "disposition",
            [
                ("", _("Choose one")),
                *((each.value, each.label) for each in offered),
            ],
        )

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if data.get("reason") == CloseReason.OTHER and not data.get("note"):
            self.add_error("note", _("Say in a few words what the other reason is."))
        if data.get("disposition") != Disposition.REFERRED_OUT:
            data["refer_to"] = ""
        elif not data.get("refer_to") and not self.consultation_request.referrals.exists():
            self.add_error("refer_to", _("Say where they are referred to."))
        return data


class StaffContactPlanForm(ContactPlanForm):
    """The contact plan as the person says it on the phone; what they agree to is read out."""

    LABELS = {
        "may_call": _("They may be called."),
        "voicemail": _("If they miss our call, may we leave a voicemail?"),
        "good_time": _("Good times to reach them"),
        "language": _("Language of letters and talks"),
    }

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        consultation_request: ConsultationRequest,
        now: datetime,
    ) -> None:
        super().__init__(
            data,
            consultation_request=consultation_request,
            owns_email=True,
            auto_id="id_planform_%s",
        )
        for name in self.LABELS.keys() & self.fields.keys():
            self.fields[name].label, self.fields[name].help_text = self.LABELS[name], ""

    def clean(self) -> dict[str, Any]:
        """The step takes the plan as a whole."""
        return {"plan": super().clean()}


class SearchForm(forms.Form):
    term = PlainTextField(label=_("Find a request"), max_length=LONGEST_SEARCH)

    def clean_term(self) -> str:
        if not search.says_anything(self.cleaned_data["term"]):
            raise forms.ValidationError(
                _("Type a word, or the last four digits of a phone, to search.")
            )
        return self.cleaned_data["term"]


def inbound_outcomes() -> tuple:
    """What people do by themselves can be logged whatever the contact plan permits."""
    words = {
        Channel.CALL: _("They called"),
        Channel.TEXT: _("They texted"),
        Channel.EMAIL: _("They wrote"),
        Channel.IN_PERSON: _("They came in"),
    }
    choices = [(f"{channel}:{Result.REPLIED}", label) for channel, label in words.items()]
    return _("They got in touch"), choices


def permitted_outcomes(consultation_request: ConsultationRequest) -> dict:
    """Channels that the contact plan permits, each with its possible results."""
    permitted = {
        Channel.CALL: consultation_request.phone and consultation_request.may_call,
        Channel.TEXT: consultation_request.phone and consultation_request.may_text,
        Channel.EMAIL: consultation_request.email and consultation_request.may_email,
        Channel.IN_PERSON: True,
    }
    without_voicemail = consultation_request.voicemail == ConsultationRequest.Voicemail.NO
    return {
        channel: [each for each in results if not (each == Result.VOICEMAIL and without_voicemail)]
        for channel, results in RESULTS_BY_CHANNEL.items()
        if permitted[channel]
    }


def open_time_choices(consultation_request: ConsultationRequest, now: datetime) -> list:
    """Open starts grouped by day, as a select takes them; none when nothing stands."""
    consultation = requests.find_standing_consultation(consultation_request)
    if consultation is None:
        return []
    slots = availability.open_slots(
        mode=consultation.mode,
        now=now,
        language=consultation_request.language,
        location=consultation.visit_location_id,
        freeing=consultation,
    )
    elsewhere = [slot for slot in slots if slot.starts_at != consultation.starts_at]
    return [
        (day.name, [(chip.stamp, chip.time) for chip in day.chips])
        for day in slot_display.chips_by_day(elsewhere, zone=consultation.location.zone)
    ]
