"""The forms of assessment, recommendation, admission and referral: they check and never write."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from admissions.care import assessments, dimensions, recommendations
from admissions.care.models import IOP_CODE, Assessment, Finding, Recommendation
from admissions.form_fields import PlainLinesField, PlainTextField
from admissions.intake.models import ConsultationRequest
from programs.models import LevelOfCare

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Disposition = ConsultationRequest.Disposition
MAX_LENGTH = 4000
NEWER_VERSION_EXISTS = _(
    "A colleague has saved a newer version while you were writing. Yours is kept below:"
    " save again to make it the newest."
)


def encrypted_lines_field(
    label: "StrOrPromise", *, rows: int = 2, required: bool = False, **options: Any
) -> PlainLinesField:
    """A text of some lines, kept encrypted."""
    attrs = {"rows": rows, "autocomplete": "off", "maxlength": MAX_LENGTH}
    wrong = {"max_length": _("Keep it to 4000 characters.")} | options.pop("wrong", {})
    return PlainLinesField(
        label=label,
        required=required,
        max_length=MAX_LENGTH,
        widget=forms.Textarea(attrs=attrs),
        error_messages=wrong,
        **options,
    )


def amendment_reason_field() -> PlainTextField:
    return PlainTextField(
        label=_("Why it is amended"),
        max_length=200,
        help_text=_("A few words, like “we talked again”. The earlier version stays."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": 200}),
        error_messages={"required": _("Say in a few words why it is amended.")},
    )


class VersionCheckedForm(forms.Form):
    """A form that carries the version that its writer saw, and loses nothing when it has aged."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        latest: Assessment | Recommendation | None,
        initial: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self.is_stale = False
        seen = {"seen": latest.version if latest else 0}
        super().__init__(data, initial=seen | (initial or {}), label_suffix="", **options)

    def clean_seen(self) -> int:
        if self.cleaned_data["seen"] != self.initial["seen"]:
            self.rebase()
        return self.cleaned_data["seen"]

    def rebase(self) -> None:
        """What was typed stays, and is based on what stands now: sent again, it counts."""
        self.is_stale = True
        self.change_sent("seen", self.initial["seen"])
        self.add_error(None, NEWER_VERSION_EXISTS)

    def change_sent(self, name: str, value: int) -> None:
        data = cast("MultiValueDict[str, Any]", self.data).copy()
        data[name] = value
        self.data = data

    def mark_stale(self, latest: Assessment | Recommendation | None) -> None:
        """A colleague was quicker by a moment."""
        self.initial["seen"] = latest.version if latest else 0
        self.rebase()


class NewVersionForm(VersionCheckedForm):
    """What becomes the next version; after the first, with a reason."""

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        latest: Assessment | Recommendation | None,
        **options: Any,
    ) -> None:
        super().__init__(data, latest=latest, **options)
        if latest:
            self.fields["because"] = amendment_reason_field()

    def mark_stale(self, latest: Assessment | Recommendation | None) -> None:
        self.fields.setdefault("because", amendment_reason_field())
        super().mark_stale(latest)

    @property
    def why_amended(self) -> str:
        return self.cleaned_data.get("because", "")


@dataclass(frozen=True)
class DimensionFields:
    """One dimension of the form: its prompts, its three fields, and what stands meanwhile."""

    prompts: dimensions.DimensionPrompts
    concern: forms.BoundField
    source: forms.BoundField
    note: forms.BoundField
    stands: Finding | None


class AssessmentForm(NewVersionForm):
    """Concern, source and note for each dimension, saved as a whole."""

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        consultation_request: ConsultationRequest,
        latest: Assessment | None,
    ) -> None:
        self.consultation_request = consultation_request
        self.found = {each.dimension: each for each in latest.findings.all()} if latest else {}
        initial = {
            f"{name}_{number}": getattr(each, name)
            for number, each in self.found.items()
            for name in ("concern", "source", "note")
        }
        super().__init__(data, latest=latest, initial=initial, auto_id="id_assessment_%s")
        for each in dimensions.DIMENSIONS:
            self.fields |= build_dimension_fields(each.number)
        if consultation_request.is_for_someone_else:
            self.fields["has_agreed"] = forms.BooleanField(
                label=_("I talked with the person themselves, and they agree that I write it down"),
                error_messages={"required": _("Only the person themselves can agree.")},
            )

    def parts(self) -> list[DimensionFields]:
        return [
            DimensionFields(
                each,
                self[f"concern_{each.number}"],
                self[f"source_{each.number}"],
                self[f"note_{each.number}"],
                self.found.get(each.number) if self.is_stale else None,
            )
            for each in dimensions.DIMENSIONS
        ]

    @property
    def findings(self) -> list[assessments.FindingInput]:
        data = self.cleaned_data
        return [
            assessments.FindingInput(
                number, data[f"concern_{number}"], data[f"source_{number}"], data[f"note_{number}"]
            )
            for number in Finding.Dimension.values
        ]


def build_dimension_fields(number: int) -> dict:
    return {
        f"concern_{number}": forms.ChoiceField(
            label=_("Concern in dimension %(number)s") % {"number": number},
            choices=Finding.Concern,
            widget=forms.RadioSelect,
            error_messages={"required": _("Choose how great the concern is.")},
        ),
        f"source_{number}": forms.ChoiceField(
            label=_("Whose words"), choices=Finding.Source, initial=Finding.Source.SELF
        ),
        f"note_{number}": encrypted_lines_field(_("Note")),
    }


class AcknowledgeConcernForm(VersionCheckedForm):
    """A clinician has looked, and says what is to be done."""

    action = encrypted_lines_field(
        _("What is to be done now"),
        required=True,
        wrong={"required": _("Say what is to be done now.")},
    )


class LevelOfCareField(forms.ModelChoiceField):
    """A level of care in use, those that are offered here first; never chosen beforehand."""

    def __init__(self, **options: Any) -> None:
        levels = LevelOfCare.objects.filter(is_active=True)
        super().__init__(levels.order_by("-is_offered_here", "scheme", "code"), **options)

    def label_from_instance(self, level: LevelOfCare) -> str:
        is_usual = level.scheme == LevelOfCare.Scheme.ASAM4
        named = f"{level}" if is_usual else f"{level.scheme} {level}"
        return _("%(level)s, offered here") % {"level": named} if level.is_offered_here else named


class RecommendationForm(NewVersionForm):
    """The level recommended and agreed, and why."""

    assessment = forms.IntegerField(widget=forms.HiddenInput)
    recommended_level = LevelOfCareField(
        label=_("Level you recommend"),
        empty_label=_("Choose a level"),
        error_messages={"required": _("Choose the level that you recommend.")},
    )
    rationale = encrypted_lines_field(
        _("Why"),
        rows=3,
        required=True,
        help_text=_("In your words, from what you heard."),
        wrong={"required": _("Say why you recommend it.")},
    )
    agreed_level = LevelOfCareField(
        label=_("Level agreed with the person"), empty_label=_("Nothing agreed yet"), required=False
    )
    reason_if_different = forms.ChoiceField(
        label=_("Why another level was agreed"),
        choices=[
            ("", _("Same level, or none agreed")),
            *Recommendation.DifferenceReason.choices,
        ],
        required=False,
    )
    is_step_down = forms.BooleanField(
        label=_("IOP after residential: they step down from a stay"), required=False
    )
    immediate_action = encrypted_lines_field(
        _("What has to happen at once (optional)"),
        help_text=_("Such as a doctor’s visit today, or naloxone."),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        latest: Assessment | Recommendation | None,
        assessment: Assessment,
    ) -> None:
        self.standing = assessment
        names = [
            "recommended_level", "rationale", "agreed_level", "reason_if_different",
            "is_step_down", "immediate_action",
        ]  # fmt: skip
        initial = {name: getattr(latest, name) for name in names} if latest else {}
        initial["assessment"] = assessment.version
        super().__init__(data, latest=latest, initial=initial, auto_id="id_recommendation_%s")

    def clean_assessment(self) -> int:
        if self.cleaned_data["assessment"] != self.standing.version:
            self.rebase()
            self.change_sent("assessment", self.standing.version)
        return self.cleaned_data["assessment"]

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        recommended, agreed = data.get("recommended_level"), data.get("agreed_level")
        is_different = bool(agreed and recommended and agreed != recommended)
        if is_different and not data.get("reason_if_different"):
            self.add_error("reason_if_different", _("Choose why another level was agreed."))
        if not is_different and recommended:
            data["reason_if_different"] = ""
        chosen = agreed or recommended
        if data.get("is_step_down") and chosen and chosen.code != IOP_CODE:
            self.add_error("is_step_down", _("IOP after residential goes with level 2.1 only."))
        return data

    @property
    def advice(self) -> recommendations.RecommendationInput:
        names = recommendations.RecommendationInput.__dataclass_fields__
        return recommendations.RecommendationInput(
            **{name: self.cleaned_data[name] for name in names}
        )


def add_refusal(form: forms.BaseForm, refused: Exception) -> bool:
    form.add_error(None, str(refused))
    return False


def add_stale_version(form: VersionCheckedForm, latest: Assessment | Recommendation | None) -> bool:
    form.mark_stale(latest)
    return False
