"""The one form of the public pages: it checks, and nothing that comes with it is kept."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from programs import guide

from .layout import FieldsHelper


class AnswerSelect(forms.RadioSelect):
    """The answers to a question; those that mean danger are marked, for help to stand below."""

    def __init__(self, answers: list[guide.GuideAnswer]) -> None:
        super().__init__()
        self.dangers = {each.key for each in answers if each.is_danger}

    def create_option(self, name: str, value: Any, *args: Any, **options: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **options)
        option["is_danger"] = value in self.dangers
        option["attrs"]["data-danger"] = value in self.dangers
        return option


class GuideForm(forms.Form):
    """The guide's questions; all but the one about danger may stay open."""

    helper = FieldsHelper(field_template="programs/_guide_question.html")

    def __init__(self, *args: Any, for_whom: str, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.for_whom = for_whom
        for question in guide.QUESTIONS:
            self.fields[question.key] = forms.ChoiceField(
                label=question.text(for_whom),
                choices=[(each.key, each.text) for each in question.answers],
                widget=AnswerSelect(question.answers),
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
    def error_links(self) -> list[tuple[str, str]]:
        """(anchor, message) for the summary above the form."""
        return [(f"id_{name}_0", str(each)) for name in self.errors for each in self.errors[name]]
