"""The forms of assessment, recommendation, admission and referral: they check and never write."""

from dataclasses import dataclass

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from programs.models import LevelOfCare

from .. import assessing, care, dimensions, recommending
from ..fields import PlainLinesField, PlainTextField
from ..models import ConsultationRequest, Finding, Recommendation
from ..models.assessment import IOP
from .forms import StepForm

Disposition = ConsultationRequest.Disposition
LONGEST = 4000
CHANGED = _(
    "A colleague has saved a newer version while you were writing. Yours is kept below:"
    " save again to make it the newest."
)


def lines_field(label, *, rows=2, required=False, **options):
    """A text of some lines, kept encrypted."""
    attrs = {"rows": rows, "autocomplete": "off", "maxlength": LONGEST}
    wrong = {"max_length": _("Keep it to 4000 characters.")} | options.pop("wrong", {})
    return PlainLinesField(
        label=label,
        required=required,
        max_length=LONGEST,
        widget=forms.Textarea(attrs=attrs),
        error_messages=wrong,
        **options,
    )


def because_field():
    return PlainTextField(
        label=_("Why it is amended"),
        max_length=200,
        help_text=_("A few words, like “we talked again”. The earlier version stays."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": 200}),
        error_messages={"required": _("Say in a few words why it is amended.")},
    )


class SeenForm(forms.Form):
    """A form that carries the version that its writer saw, and loses nothing when it has aged."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, data=None, *, latest, initial=None, **options):
        self.is_stale = False
        seen = {"seen": latest.version if latest else 0}
        super().__init__(data, initial=seen | (initial or {}), label_suffix="", **options)

    def clean_seen(self):
        if self.cleaned_data["seen"] != self.initial["seen"]:
            self.based_on_now()
        return self.cleaned_data["seen"]

    def based_on_now(self):
        """What was typed stays, and is based on what stands now: sent again, it counts."""
        self.is_stale = True
        self.data = self.data.copy()
        self.data["seen"] = self.initial["seen"]
        self.add_error(None, CHANGED)

    def age(self, latest):
        """A colleague was quicker by a moment."""
        self.initial["seen"] = latest.version
        self.based_on_now()


class VersionForm(SeenForm):
    """What becomes the next version; after the first, with a reason."""

    def __init__(self, data=None, *, latest, **options):
        super().__init__(data, latest=latest, **options)
        if latest:
            self.fields["because"] = because_field()

    def age(self, latest):
        self.fields.setdefault("because", because_field())
        super().age(latest)

    @property
    def why_amended(self):
        return self.cleaned_data.get("because", "")


@dataclass(frozen=True)
class Part:
    """One dimension of the form: its prompts, its three fields, and what stands meanwhile."""

    prompts: dimensions.Prompts
    concern: forms.BoundField
    source: forms.BoundField
    note: forms.BoundField
    stands: Finding | None


class AssessmentForm(VersionForm):
    """Concern, source and note for each dimension, saved as a whole."""

    def __init__(self, data=None, *, asked, latest):
        self.asked = asked
        self.found = {each.dimension: each for each in latest.findings.all()} if latest else {}
        initial = {
            f"{name}_{number}": getattr(each, name)
            for number, each in self.found.items()
            for name in ("concern", "source", "note")
        }
        super().__init__(data, latest=latest, initial=initial, auto_id="id_assessment_%s")
        for each in dimensions.DIMENSIONS:
            self.fields |= dimension_fields(each.number)
        if asked.is_for_someone_else:
            self.fields["has_agreed"] = forms.BooleanField(
                label=_("I talked with the person themselves, and they agree that I write it down"),
                error_messages={"required": _("Only the person themselves can agree.")},
            )

    def parts(self):
        return [
            Part(
                each,
                self[f"concern_{each.number}"],
                self[f"source_{each.number}"],
                self[f"note_{each.number}"],
                self.found.get(each.number) if self.is_stale else None,
            )
            for each in dimensions.DIMENSIONS
        ]

    @property
    def findings(self):
        data = self.cleaned_data
        return [
            assessing.Found(
                number, data[f"concern_{number}"], data[f"source_{number}"], data[f"note_{number}"]
            )
            for number in Finding.Dimension.values
        ]


def dimension_fields(number: int) -> dict:
    return {
        f"concern_{number}": forms.ChoiceField(
            label=_("Concern"),
            choices=Finding.Concern,
            widget=forms.RadioSelect,
            error_messages={"required": _("Choose how great the concern is.")},
        ),
        f"source_{number}": forms.ChoiceField(
            label=_("Whose words"), choices=Finding.Source, initial=Finding.Source.SELF
        ),
        f"note_{number}": lines_field(_("Note")),
    }


class AcknowledgeForm(SeenForm):
    """A clinician has looked, and says what is to be done."""

    action = lines_field(
        _("What is to be done now"),
        required=True,
        wrong={"required": _("Say what is to be done now.")},
    )


class LevelField(forms.ModelChoiceField):
    """A level of care in use, those that are offered here first; never chosen beforehand."""

    def __init__(self, **options):
        levels = LevelOfCare.objects.filter(is_active=True)
        super().__init__(levels.order_by("-is_offered_here", "scheme", "code"), **options)

    def label_from_instance(self, level):
        is_usual = level.scheme == LevelOfCare.Scheme.ASAM4
        named = f"{level}" if is_usual else f"{level.scheme} {level}"
        return _("%(level)s, offered here") % {"level": named} if level.is_offered_here else named


class RecommendationForm(VersionForm):
    """The level recommended and agreed, and why."""

    assessment = forms.IntegerField(widget=forms.HiddenInput)
    recommended_level = LevelField(
        label=_("Level you recommend"),
        empty_label=_("Choose a level"),
        error_messages={"required": _("Choose the level that you recommend.")},
    )
    rationale = lines_field(
        _("Why"),
        rows=3,
        required=True,
        help_text=_("In your words, from what you heard."),
        wrong={"required": _("Say why you recommend it.")},
    )
    agreed_level = LevelField(
        label=_("Level agreed with the person"), empty_label=_("Nothing agreed yet"), required=False
    )
    reason_if_different = forms.ChoiceField(
        label=_("Why another level was agreed"),
        choices=[
            ("", _("Same level, or none agreed")),
            *Recommendation.Different.choices,
        ],
        required=False,
    )
    is_step_down = forms.BooleanField(
        label=_("IOP after residential: they step down from a stay"), required=False
    )
    immediate_action = lines_field(
        _("What has to happen at once (optional)"),
        help_text=_("Such as a doctor’s visit today, or naloxone."),
    )

    def __init__(self, data=None, *, latest, assessment):
        self.standing = assessment
        names = [
            "recommended_level", "rationale", "agreed_level", "reason_if_different",
            "is_step_down", "immediate_action",
        ]  # fmt: skip
        initial = {name: getattr(latest, name) for name in names} if latest else {}
        initial["assessment"] = assessment.version
        super().__init__(data, latest=latest, initial=initial, auto_id="id_recommendation_%s")

    def clean_assessment(self):
        if self.cleaned_data["assessment"] != self.standing.version:
            self.based_on_now()
            self.data["assessment"] = self.standing.version
        return self.cleaned_data["assessment"]

    def clean(self):
        data = super().clean()
        recommended, agreed = data.get("recommended_level"), data.get("agreed_level")
        is_different = bool(agreed and recommended and agreed != recommended)
        if is_different and not data.get("reason_if_different"):
            self.add_error("reason_if_different", _("Choose why another level was agreed."))
        if not is_different and recommended:
            data["reason_if_different"] = ""
        chosen = agreed or recommended
        if data.get("is_step_down") and chosen and chosen.code != IOP:
            self.add_error("is_step_down", _("IOP after residential goes with level 2.1 only."))
        return data

    @property
    def advice(self):
        names = recommending.Advice.__dataclass_fields__
        return recommending.Advice(**{name: self.cleaned_data[name] for name in names})


class ReferForm(StepForm):
    """Where else they are led; the name of the place, not their story."""

    to_whom = PlainTextField(
        label=_("Where to"),
        max_length=120,
        help_text=_("The name of the place or line."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": 120}),
        error_messages={"required": _("Say where they are referred to.")},
    )
    level = LevelField(label=_("Level of care"), empty_label=_("Not known"), required=False)


class ReferWithNoteForm(ReferForm):
    """The same for those who may read assessments."""

    note = lines_field(_("What was said there (optional)"))


class ConfirmForm(StepForm):
    """One hand-over that somebody there has confirmed."""

    referral_id = forms.IntegerField(widget=forms.HiddenInput)


class BeginForm(StepForm):
    """When they are to come in, if that is known."""

    on = forms.DateField(
        label=_("Day they come in (optional)"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Enter a day.")},
    )

    def clean_on(self):
        on = self.cleaned_data["on"]
        if on and on < timezone.localdate():
            raise forms.ValidationError(_("That day is over. Choose another."))
        return on


class AdmitForm(StepForm):
    """They have come in, to the level that was agreed."""

    disposition = forms.ChoiceField(widget=forms.HiddenInput)

    def __init__(self, data=None, *, request, now):
        super().__init__(data, request=request, now=now)
        made = care.latest_recommendation(request)
        fitting = made.admits_to() if made else ""
        self.admitted = Disposition(fitting).label if fitting else ""
        self.fields["disposition"].choices = [
            (each.value, each.label) for each in Disposition if each in ConsultationRequest.ADMITTED
        ]
        self.fields["disposition"].initial = fitting

    def clean(self):
        return super().clean() | {"reason": ""}
