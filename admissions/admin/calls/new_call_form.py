"""The form of a call that is under way; it checks and never writes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from admissions.admin.for_whom import CHOICES
from admissions.admin.triage.forms import note_field, promise_field, replace_field
from admissions.calls.models import Call
from admissions.calls.taking import CallAnswers
from admissions.form_fields import PlainTextField
from admissions.intake.models import ConsultationRequest
from admissions.public.form_base import LinkedErrors
from admissions.public.form_fields import parse_yes_no, phone_field
from programs.forms.layout import FieldsHelper, Include, Section

Outcome = Call.Outcome
SOMEONE_NEW = "new"


class NewCallForm(LinkedErrors, forms.Form):
    """The number first; then what decides who is told, and how the call ended."""

    number = phone_field(required=False)
    is_in_danger = forms.TypedChoiceField(
        label=_("Is anyone in danger right now?"),
        choices=[("no", _("No")), ("yes", _("Yes, or not sure"))],
        coerce=parse_yes_no,
        widget=forms.RadioSelect,
        help_text=_("If yes: 911 first. Saving this rings whoever is on call."),
        error_messages={"required": _("Say if anyone is in danger right now.")},
    )
    name = PlainTextField(
        label=_("What to call them (optional)"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"maxlength": 80}),
    )
    for_whom = forms.ChoiceField(
        label=_("Who is it for?"),
        choices=CHOICES,
        required=False,
        widget=forms.RadioSelect,
    )
    heard_from = forms.ChoiceField(
        label=_("How did they hear of us? (optional)"), choices=Call.HeardFrom, required=False
    )
    language = forms.ChoiceField(
        label=_("Language of the talk"), choices=settings.LANGUAGES, initial="en"
    )
    outcome = forms.ChoiceField(
        label=_("How does the call end?"),
        choices=[
            (Outcome.BOOKED, _("Book a time now")),
            (Outcome.PROMISED, _("Promise a call, which they agree to")),
            (Outcome.ANSWERED, _("Answered, nothing further")),
            (Outcome.UNDER_18, _("Under 18: sent elsewhere")),
            (Outcome.NOT_FOR_US, _("Not for us: sent elsewhere")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say how the call ends.")},
    )
    promised_by = promise_field()
    replaces_promise = replace_field()
    sent_to = PlainTextField(
        label=_("Sent where"),
        required=False,
        max_length=120,
        help_text=_("The name of the place, such as OC Links, or a school counselor."),
        widget=forms.TextInput(attrs={"maxlength": 120}),
    )
    note = note_field(_("What helps whoever calls next. No clinical details."))
    request = forms.CharField(required=False, max_length=36, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        initial: Mapping[str, Any] | None = None,
        promise_by: datetime | None = None,
    ) -> None:
        """`promise_by` is when we could call at the soonest."""
        super().__init__(
            data, initial={"promised_by": promise_by} | dict(initial or {}), label_suffix=""
        )
        self.fields["number"].label = _("Phone number")
        self.fields["promised_by"].label = _("Promise a call by")
        self.fields["number"].widget.attrs["autofocus"] = True
        for each in self.fields.values():
            each.widget.attrs["autocomplete"] = "off"
        self.helper = self.build_helper()

    def build_helper(self) -> FieldsHelper:
        known = Include("admin/admissions/call/_known.html")
        return FieldsHelper(
            Section(
                _("Who calls"),
                *("number", known, "is_in_danger", "name", "for_whom"),
                *("language", "heard_from"),
                css_id="who",
                css_class="card stack",
            ),
            Section(
                _("How it ends"),
                *("outcome", "promised_by", "replaces_promise", "sent_to", "note"),
                Include("admin/admissions/call/_save.html"),
                css_id="ends",
                css_class="card stack",
            ),
        )

    def clean(self) -> dict[str, Any]:
        super().clean()
        data, outcome = self.cleaned_data, self.cleaned_data.get("outcome")
        if not data.get("for_whom"):
            self.take_over_for_whom()
        if outcome == Outcome.PROMISED:
            if not data.get("number") and "number" not in self.errors:
                self.add_error("number", _("Enter the number that we promise to call."))
            if not data.get("promised_by") and "promised_by" not in self.errors:
                self.add_error("promised_by", _("Say by when we call them."))
        if outcome in Call.SENT_ELSEWHERE and not data.get("sent_to"):
            self.add_error("sent_to", _("Say where you sent them."))
        return data

    def take_over_for_whom(self) -> None:
        """Whoever is known calls for whom they asked; of anyone else it has to be said."""
        pk = self.known_id
        known = ConsultationRequest.objects.filter(pk=pk).first() if pk else None
        if known is None:
            self.add_error("for_whom", _("Say who this is for."))
        else:
            self.cleaned_data["for_whom"] = known.for_whom

    @property
    def known_id(self) -> UUID | None:
        """The request that was chosen; None for someone new, or what is no id."""
        try:
            return UUID(self.cleaned_data.get("request", ""))
        except ValueError:
            return None

    @property
    def is_someone_new(self) -> bool:
        return self.cleaned_data["request"] == SOMEONE_NEW

    def answers(self) -> CallAnswers:
        data, outcome = self.cleaned_data, self.cleaned_data["outcome"]
        return CallAnswers(
            outcome=outcome,
            for_whom=data["for_whom"],
            number=data["number"] or "",
            name=data["name"],
            is_in_danger=data["is_in_danger"],
            heard_from=data["heard_from"],
            language=data["language"],
            promised_by=data["promised_by"] if outcome == Outcome.PROMISED else None,
            sent_to=data["sent_to"] if outcome in Call.SENT_ELSEWHERE else "",
            note=data["note"],
        )
