"""Why is nothing offered on Tuesday? Each counselor's day, with the rule behind every gap."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions.accounts.staff_request import StaffRequest
from admissions.scheduling import availability_explainer, explainer_context
from admissions.scheduling.models import Counselor, Mode

REQUIRED_PERMISSIONS = ["admissions.view_counselor", "admissions.view_consultation"]
EVERYONE, ANY_LANGUAGE = _("Everyone"), _("Any language")


class AvailabilityQuestionForm(forms.Form):
    """For whom, how and when; without a time it asks about the whole day."""

    on = forms.DateField(
        label=_("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    time = forms.TimeField(
        label=_("Time, or empty for the whole day"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    mode = forms.ChoiceField(label=_("How"), choices=Mode.choices)
    language = forms.ChoiceField(
        label=_("Language"), choices=[("", ANY_LANGUAGE), *settings.LANGUAGES], required=False
    )
    counselor = forms.ModelChoiceField(
        label=_("Counselor"), queryset=Counselor.objects.none(), required=False,
        empty_label=EVERYONE,
    )  # fmt: skip

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)
        who = cast(forms.ModelChoiceField, self.fields["counselor"])
        who.queryset = Counselor.objects.order_by("public_name", "pk")


def availability_check_view(desk: admin.ModelAdmin, request: StaffRequest) -> HttpResponse:
    """The question by GET, and its answer below it; nothing changes."""
    if not request.user.has_perms(REQUIRED_PERMISSIONS):
        raise PermissionDenied
    today = {"on": timezone.localdate(), "mode": Mode.PHONE}
    form = AvailabilityQuestionForm(request.GET or today)
    context = {
        **desk.admin_site.each_context(request),
        "title": _("Why is a time not offered?"),
        "form": form,
        "answers": answer_question(form.cleaned_data, timezone.now()) if form.is_valid() else [],
    }
    return TemplateResponse(request, "admin/admissions/counselor/availability_check.html", context)


def answer_question(question: dict, now: datetime) -> list[dict]:
    """For each counselor asked about: the reasons at one time, or the stretches of the day."""
    counselors = explainer_context.counselors_to_explain()
    if question["counselor"]:
        counselors = counselors.filter(pk=question["counselor"].pk)
    search = {"mode": question["mode"], "language": question["language"], "on": question["on"]}
    return [
        {"counselor": each.counselor, **answer_for_counselor(each, question)}
        for each in explainer_context.load_contexts(list(counselors), **search, now=now)
    ]


def answer_for_counselor(context: explainer_context.ExplainerContext, question: dict) -> dict:
    if question["time"] is None:
        return {"stretches": availability_explainer.explain_day(context, question["on"])}
    return {
        "stretches": availability_explainer.explain_time(context, question["on"], question["time"])
    }
