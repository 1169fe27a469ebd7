"""When a call suits somebody who has asked for one. The form checks and never writes."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from admissions.intake.models import ConsultationRequest
from admissions.public.form_base import PublicForm
from programs.forms.layout import FieldsHelper


class CallTimeForm(PublicForm):
    """One choice: the part of the day."""

    # Django drops an inherited field that is None.
    website = time_zone = takes_guide = None  # type: ignore[assignment]
    good_time = forms.ChoiceField(
        label=_("When is a good time?"),
        choices=[
            (ConsultationRequest.GoodTime.ANY, _("As soon as you can")),
            *ConsultationRequest.GoodTime.choices[1:],
        ],
    )

    def __init__(
        self, *args: Any, consultation_request: ConsultationRequest, **kwargs: Any
    ) -> None:
        super().__init__(*args, initial={"good_time": consultation_request.good_time}, **kwargs)
        self.helper = FieldsHelper()
