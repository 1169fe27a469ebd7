"""What every public form carries."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from admissions import counters
from admissions.counters import Refusal
from admissions.form_fields import BoundedTextField, TimeZoneField
from admissions.intake.models import ConsentVersion
from programs.forms.layout import Include, Trap

from .guide_answers import GuideAnswers

ConsentKey = ConsentVersion.Key


class LinkedErrors(forms.BaseForm):
    """What the summary above a form needs of it."""

    @property
    def error_links(self) -> list[tuple[str, str]]:
        """(anchor, message) for the summary above the form, in the order of the fields."""
        links = [("", str(error)) for error in self.non_field_errors()]
        for name in self.fields:
            if name in self.errors:
                is_group = isinstance(self.fields[name].widget, forms.RadioSelect)
                anchor = f"id_{name}_0" if is_group else f"id_{name}"
                links += [(anchor, str(error)) for error in self.errors[name]]
        return links


class PublicForm(LinkedErrors, forms.Form):
    """What every public form carries: a zone found by the browser, and a trap for robots.

    Whatever fills the trap is asked to send once more. It is no field of a form that was sent:
    on the page that comes back, nothing on a person's device finds it to fill it again.
    """

    time_zone = TimeZoneField(required=False)
    website = BoundedTextField(
        label=_("Leave this empty"),
        required=False,
        max_length=200,
        widget=forms.TextInput(
            attrs={
                "tabindex": "-1",
                "autocomplete": "off",
                # Each is how one password manager is told to leave a field alone.
                "data-1p-ignore": True,
                "data-bwignore": True,
                "data-lpignore": "true",
                "data-form-type": "other",
            }
        ),
    )

    takes_guide = forms.BooleanField(
        label=_("Pass these answers on to the counselor."), required=False, initial=True
    )

    def __init__(self, *args: Any, guide: GuideAnswers | None = None, **kwargs: Any) -> None:
        """`guide` is what the visitor took along from there, or None."""
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.guide = guide
        self.has_trap = "website" in self.fields
        if self.is_bound:
            self.fields.pop("website", None)
        self.consent_versions = ConsentVersion.objects.current(language=get_language())

    def guide_layout(self) -> list[Include | str]:
        """The answers taken along, and the box to leave them out; nothing without any."""
        if self.guide is None:
            return []
        return [Include("admissions/_guide_answers.html"), "takes_guide"]

    def guide_answers(self) -> str:
        return self.guide.as_json if self.guide and self.cleaned_data["takes_guide"] else ""

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and self.errors:
            reason = Refusal.TRAP if self.is_trapped else Refusal.INVALID_FORM
            counters.count_refusal(reason)

    @property
    def is_trapped(self) -> bool:
        """Whether a field was filled that people do not see."""
        return self.has_trap and bool(self.data.get("website", "").strip())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.is_trapped:
            self.add_error(
                None,
                _(
                    "Something on this device, such as a password manager, filled in a hidden"
                    " field. We cleared it. Nothing was sent yet. Please send the form once"
                    " more."
                ),
            )
        return data

    def trap_layout(self) -> list[Trap]:
        """Nothing in a form that was sent."""
        return [Trap("website")] if "website" in self.fields else []
