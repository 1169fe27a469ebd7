"""The one form of the public pages: it checks, and nothing that comes with it is kept."""

from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from . import guide


class GuideForm(forms.Form):
    """The guide's questions; all but the one about danger may stay open."""

    def __init__(self, *args: Any, for_whom: str, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.for_whom = for_whom
        for question in guide.QUESTIONS:
            self.fields[question.key] = forms.ChoiceField(
                label=question.text(for_whom),
                choices=[(each.key, each.text) for each in question.answers],
                widget=forms.RadioSelect,
                help_text=question.why,
                required=question.key == "danger",
                error_messages={"required": _("Tell us if anyone is in danger right now.")},
            )

    @property
    def answers(self) -> dict[str, str]:
        """What was answered, as keys of the table; also where something else is missing."""
        asked = {each.key: self.data.get(each.key, "") for each in guide.QUESTIONS}
        return {
            each.key: asked[each.key] for each in guide.QUESTIONS if each.answer(asked[each.key])
        }

    @property
    def questions(self) -> list[tuple[BoundField, guide.GuideQuestion, str | None]]:
        """Each question with what was picked and what is wrong, ready to draw."""
        return [(self[each.key], each, self.answers.get(each.key)) for each in guide.QUESTIONS]

    @property
    def error_links(self) -> list[tuple[str, str]]:
        """(anchor, message) for the summary above the form."""
        return [(f"id_{name}_0", str(each)) for name in self.errors for each in self.errors[name]]
