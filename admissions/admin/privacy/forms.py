"""The forms of the privacy pages: they check and never write."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions.admin.action_form import set_choices
from admissions.admin.date_fields import date_field
from admissions.care.models import Referral
from admissions.exceptions import ActionNotAllowed
from admissions.form_fields import PlainLinesField, PlainTextField
from admissions.intake.models import ConsultationRequest
from admissions.intake.models.references import spell_reference
from admissions.privacy import schedule
from admissions.privacy.disclosures import DisclosureInput, check_when_told
from admissions.privacy.models import Disclosure, PrivacyRequest

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LONGEST = 1000


def text_field(
    label: "StrOrPromise", *, help_text: "StrOrPromise" = "", is_required: bool = True
) -> PlainLinesField:
    return PlainLinesField(
        label=label,
        required=is_required,
        help_text=help_text,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "maxlength": LONGEST}),
        error_messages={
            "required": _("Write it in a few words."),
            "max_length": _("Keep it to 1000 characters."),
        },
    )


class PrivacyForm(forms.Form):
    """Several stand on one page, so ids begin with the name of the form."""

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        options.setdefault("auto_id", f"id_{type(self).__name__.lower()}_%s")
        super().__init__(data, label_suffix="", **options)


class HoldForm(PrivacyForm):
    """Why, and on which requests of the person."""

    reason = text_field(_("Why it must be kept"), help_text=_("For example the name of the case."))
    requests = forms.MultipleChoiceField(
        label=_("Hold these requests"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one request.")},
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        consultation_request: ConsultationRequest,
        others: Iterable[ConsultationRequest] = (),
    ) -> None:
        super().__init__(data, initial={"requests": [str(consultation_request.pk)]})
        set_choices(
            self,
            "requests",
            [(str(each.pk), each.reference) for each in (consultation_request, *others)],
        )

    def clean_requests(self) -> list[UUID]:
        return [UUID(each) for each in self.cleaned_data["requests"]]


class LiftHoldForm(PrivacyForm):
    """Why; the words below it say what follows at once."""

    reason = text_field(
        _("Why it need not be kept any more"),
        help_text=_(
            "A removal that is ordered follows within a minute. Take it back first if not."
        ),
    )


class AskForm(PrivacyForm):
    """What a person asks of us about their own data."""

    kind = forms.ChoiceField(
        label=_("What they ask"),
        choices=PrivacyRequest.Kind.choices,
        error_messages={"required": _("Choose what they ask.")},
    )
    received_on = date_field(
        _("When they asked"),
        help_text=_("The day on which it reached us: the time to answer runs from then."),
        error_messages={"required": _("Enter a date."), "invalid": _("Enter a date.")},
    )
    details = text_field(
        _("In their words (optional)"),
        help_text=_("How they asked, and what exactly. No clinical details."),
        is_required=False,
    )

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial={"received_on": timezone.localdate()})


class IdentityForm(PrivacyForm):
    identity = forms.ChoiceField(
        label=_("How we know who asks"),
        choices=[each for each in PrivacyRequest.Identity.choices if each[0]],
        error_messages={"required": _("Choose how.")},
    )


class MatchForm(PrivacyForm):
    """One more request of the same person, by its reference, which has no place in an address."""

    reference = PlainTextField(
        label=_("Another request of theirs"),
        max_length=20,
        help_text=_("By its reference, for example NKW9-N32F."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter a reference.")},
    )

    def clean_reference(self) -> ConsultationRequest:
        text = spell_reference(self.cleaned_data["reference"])
        found = ConsultationRequest.objects.filter(reference=text).first()
        if found is None:
            raise forms.ValidationError(_("There is no request with this reference."))
        return found


class DecideForm(PrivacyForm):
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        choices=[each for each in PrivacyRequest.Outcome.choices if each[0]],
        error_messages={"required": _("Choose an outcome.")},
    )
    note = text_field(
        _("What was done, or why not"), help_text=_("It is kept with our records for six years.")
    )


class RemovalForm(PrivacyForm):
    """Why, and for what may be a clinical record why all the same."""

    reason = text_field(_("Why it is removed"))
    clinical_reason = text_field(
        _("Why a clinical record may go before its time"),
        help_text=_("Only where someone was assessed or admitted. Ask counsel first."),
        is_required=False,
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, is_clinical: bool = False) -> None:
        super().__init__(data)
        if not is_clinical:
            del self.fields["clinical_reason"]


class DisclosureForm(PrivacyForm):
    """What was told to whom, when and why."""

    disclosed_at = forms.DateTimeField(
        label=_("When"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={
            "required": _("Enter a date and a time."),
            "invalid": _("Enter a date and a time."),
        },
    )
    to_whom = PlainTextField(
        label=_("To whom"),
        max_length=200,
        help_text=_("Name and place, as the accounting must say."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Say to whom.")},
    )
    categories = forms.MultipleChoiceField(
        label=_("What was told"),
        choices=Disclosure.Category.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose what was told.")},
    )
    purpose = text_field(_("What for"))
    basis = forms.ChoiceField(
        label=_("On what basis"),
        choices=[
            each
            for each in Disclosure.Basis.choices
            if each[0] != Disclosure.Basis.NOT_STATED.value
        ],
        help_text=_("Subpoenas and court orders go to counsel before anything is told."),
        error_messages={"required": _("Choose a basis.")},
    )
    referral_id = forms.TypedChoiceField(
        label=_("Which referral it was (optional)"),
        required=False,
        coerce=int,
        empty_value=None,
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, referrals: Iterable[Referral] = ()
    ) -> None:
        super().__init__(data, initial={"disclosed_at": timezone.localtime()})
        choices = [(each.pk, f"{each.to_whom}, {each.made_at:%Y-%m-%d}") for each in referrals]
        if choices:
            set_choices(self, "referral_id", [("", _("None of them")), *choices])
        else:
            del self.fields["referral_id"]

    def clean_disclosed_at(self) -> datetime:
        at = self.cleaned_data["disclosed_at"]
        try:
            check_when_told(at)
        except ActionNotAllowed as refused:
            raise forms.ValidationError(str(refused)) from refused
        return at

    @property
    def told(self) -> DisclosureInput:
        return DisclosureInput(**self.cleaned_data)


class PeriodForm(PrivacyForm):
    """How long one kind of data is kept, and what that was when the page was drawn."""

    number = forms.IntegerField(
        min_value=1,
        max_value=100_000,
        error_messages={"required": _("Enter a number."), "invalid": _("Enter a whole number.")},
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=10_000_000)
    is_confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, rule: str, period: timedelta
    ) -> None:
        self.rule, bounds = rule, schedule.BOUNDS[schedule.Rule(rule)]
        self.unit = bounds.unit
        super().__init__(
            data, initial={"number": period // bounds.unit, "seen": period // schedule.HOUR}
        )
        number = self.fields["number"]
        number.label = (
            _("Kept for so many hours")
            if bounds.unit < schedule.DAY
            else _("Kept for so many days after it was closed")
        )
        number.help_text = _("Between %(shortest)s and %(longest)s.") % {
            "shortest": schedule.format_period(bounds.shortest),
            "longest": schedule.format_period(bounds.longest),
        }

    def clean_number(self) -> int:
        period = self.cleaned_data["number"] * self.unit
        try:
            schedule.check_within_bounds(self.rule, period)
        except ActionNotAllowed as refused:
            raise forms.ValidationError(str(refused)) from refused
        return self.cleaned_data["number"]

    @property
    def period(self) -> timedelta:
        return self.cleaned_data["number"] * self.unit

    @property
    def seen_period(self) -> timedelta:
        return self.cleaned_data["seen"] * schedule.HOUR
