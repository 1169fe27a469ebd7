"""The form of a contact plan: as many ways as there are addresses. It checks and never writes."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from admissions.intake import suppressions
from admissions.intake.models import ConsultationRequest
from programs.forms.layout import Fieldset, FieldsHelper, Hint

from .form_base import ConsentKey, PublicForm
from .form_fields import voicemail_field

PHONE_FIELDS = ("may_call", "may_text", "voicemail", "good_time")
EMAIL_FIELDS = ("may_email", "is_discreet")


class ContactPlanForm(PublicForm):
    """How we may contact someone who has told us who they are."""

    # Django drops an inherited field that is None.
    website = time_zone = takes_guide = None  # type: ignore[assignment]
    may_call = forms.BooleanField(label=_("You may call me."), required=False)
    may_text = forms.BooleanField(required=False)
    may_email = forms.BooleanField(required=False)
    voicemail = voicemail_field()
    good_time = forms.ChoiceField(
        label=_("Good times to call you"), choices=ConsultationRequest.GoodTime
    )
    is_discreet = forms.BooleanField(
        label=_("Keep emails discreet: no name of the center, no reason."), required=False
    )
    language = forms.ChoiceField(
        label=_("Language of our emails"),
        choices=settings.LANGUAGES,
        help_text=_("We also look for someone who speaks it."),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        consultation_request: ConsultationRequest,
        owns_email: bool,
        **kwargs: Any,
    ) -> None:
        initial = initial_plan(consultation_request, owns_email=owns_email)
        super().__init__(data, initial=initial, **kwargs)
        self.consultation_request = consultation_request
        self.fields["may_text"].label = self.consent_versions[ConsentKey.TEXT].text
        self.fields["may_email"].label = self.consent_versions[ConsentKey.EMAIL].text
        for name in unreachable_fields(consultation_request):
            del self.fields[name]
        self.helper = self.build_helper()

    def build_helper(self) -> FieldsHelper:
        """The ways first; what a call or a letter is like, after the ways."""
        shown = [name for name in ("may_call", "may_text", "may_email") if name in self.fields]
        rest = [name for name in self.fields if name not in shown]
        only_wait = Hint(_("If you check none, we can only wait for your call."))
        return FieldsHelper(Fieldset(_("How may we contact you?"), *shown, only_wait), *rest)

    def clean_may_call(self) -> bool:
        consultation = self.consultation_request.standing_consultation()
        may_call = self.cleaned_data["may_call"]
        if not may_call and consultation and consultation.is_by_phone:
            raise ValidationError(
                _(
                    "Your appointment is a call. Leave this checked, or cancel the appointment"
                    " first."
                )
            )
        return may_call

    def plan_fields(self) -> dict:
        """Columns of the request, for the ways that there are."""
        return {name: self.cleaned_data[name] for name in self.fields}


def initial_plan(consultation_request: ConsultationRequest, *, owns_email: bool) -> dict:
    """What the form starts with; to its owner, an address that is suppressed is not written to."""
    names = (*PHONE_FIELDS, *EMAIL_FIELDS, "language")
    return {name: getattr(consultation_request, name) for name in names} | {
        "may_email": suppressions.may_email_requester(consultation_request, owns_email=owns_email)
    }


def unreachable_fields(consultation_request: ConsultationRequest) -> list[str]:
    """The fields of ways that this person does not have, or that do not arrive."""
    gone = [] if consultation_request.phone else [*PHONE_FIELDS]
    if not consultation_request.email or suppressions.is_email_undeliverable(consultation_request):
        gone += EMAIL_FIELDS
    return gone
