"""The forms of handing over, setting aside, notes and reopening: they check and never write."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions import formatting
from admissions.admin.action_form import ActionForm, set_choices
from admissions.exceptions import ActionNotAllowed
from admissions.form_fields import PlainLinesField, PlainTextField
from admissions.intake import contact_hours
from admissions.intake.models import ConsultationRequest
from admissions.triage import ownership, snoozing

from .forms import note_field

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

NINE_AM, TWO_PM = time(9), time(14)


class OwnerCheckedForm(ActionForm):
    """Carries whose the request was on the page that was looked at."""

    owner_id = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        consultation_request: ConsultationRequest,
        now: datetime,
    ) -> None:
        super().__init__(data, consultation_request=consultation_request, now=now)
        self.fields["owner_id"].initial = consultation_request.owner_id


class HandOverForm(OwnerCheckedForm):
    to: forms.ModelChoiceField = forms.ModelChoiceField(
        label=_("To whom"),
        queryset=None,
        empty_label=_("Choose a colleague"),
        error_messages={
            "required": _("Choose a colleague."),
            "invalid_choice": _("This colleague cannot work on requests any more."),
        },
    )
    note = note_field(_("What they should know. It becomes a note. No clinical details."))

    field_order = ["to", "note", "owner_id"]

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        consultation_request: ConsultationRequest,
        now: datetime,
    ) -> None:
        super().__init__(data, consultation_request=consultation_request, now=now)
        to = cast(forms.ModelChoiceField, self.fields["to"])
        to.queryset = ownership.find_assignable_staff(besides=consultation_request.owner)
        # As Django has it done: a label is made by another function.
        to.label_from_instance = formatting.staff_name  # type: ignore[assignment, method-assign]


class SnoozeForm(ActionForm):
    """Until when: one click for the usual times, or a day and time by the center's clock."""

    when = forms.ChoiceField(error_messages={"required": _("Choose until when.")})
    at = forms.DateTimeField(
        label=_("Or until"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": _("Enter a date and a time.")},
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        consultation_request: ConsultationRequest,
        now: datetime,
    ) -> None:
        super().__init__(data, consultation_request=consultation_request, now=now)
        self.now = now
        self.usual = suggested_times(consultation_request, now)
        self.offered = [
            (key, f"{name}, {formatting.format_time(timezone.localtime(until))}")
            for key, name, until in self.usual
        ]
        set_choices(self, "when", [*self.offered, ("at", "")])

    def clean(self) -> dict[str, Any]:
        """Only until when, as the service takes it."""
        super().clean()
        data = self.cleaned_data
        times = {key: until for key, _name, until in self.usual} | {"at": data.get("at")}
        until = times.get(data.get("when", ""))
        if until is None and not self.errors:
            self.add_error("at", _("Enter a date and a time."))
        elif until is not None:
            self.check(until)
        return {"until": until}

    def check(self, until: datetime) -> None:
        try:
            snoozing.check_snooze_time(self.consultation_request, until, now=self.now)
        except ActionNotAllowed as refused:
            self.add_error("at", ValidationError(str(refused)))


class NoteForm(ActionForm):
    text = PlainLinesField(
        label=_("Note"),
        max_length=4000,
        help_text=_("No clinical details. It stays as you write it."),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "maxlength": 4000}),
        error_messages={
            "required": _("Write what your colleagues should know."),
            "max_length": _("Keep the note to 4000 characters."),
        },
    )


class ReopenForm(ActionForm):
    reason = PlainTextField(
        label=_("Why it is open again"),
        max_length=500,
        help_text=_("It becomes a note. No clinical details."),
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "maxlength": 500}),
        error_messages={
            "required": _("Say in a few words why."),
            "max_length": _("Keep the reason to 500 characters."),
        },
    )


def suggested_times(
    consultation_request: ConsultationRequest, now: datetime
) -> "list[tuple[str, StrOrPromise, datetime]]":
    """What most people choose, later than now and never in the person's night."""
    local, zone = timezone.localtime(now), ZoneInfo(consultation_request.time_zone)
    tomorrow = local_datetime(local.date() + timedelta(days=1), NINE_AM, local.tzinfo)
    found: list[tuple[str, StrOrPromise, datetime]] = [
        ("hour", _("In an hour"), now + timedelta(hours=1)),
        ("afternoon", _("This afternoon"), local_datetime(local.date(), TWO_PM, local.tzinfo)),
    ]
    day = [
        each
        for each in found
        if each[2] > now and not contact_hours.is_in_quiet_hours(each[2], zone)
    ]
    return [*day, ("tomorrow", _("Tomorrow"), contact_hours.move_past_quiet_hours(tomorrow, zone))]


def local_datetime(day: date, clock: time, zone: tzinfo | None) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone)
