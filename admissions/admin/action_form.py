"""The form of one thing that staff do to a request, and what is set in forms as they are made."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from django import forms

from admissions.intake.models import ConsultationRequest


class ActionForm(forms.Form):
    """A step that needs nothing but the click."""

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        consultation_request: ConsultationRequest,
        now: datetime,
    ) -> None:
        super().__init__(data, auto_id=f"id_{type(self).__name__.lower()}_%s", label_suffix="")
        self.consultation_request = consultation_request


def set_choices(form: forms.BaseForm, name: str, choices: Iterable[Any]) -> None:
    """What one field of this form offers."""
    cast(forms.ChoiceField, form.fields[name]).choices = choices
