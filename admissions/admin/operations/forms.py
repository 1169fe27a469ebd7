"""The form that has held emails sent again."""

from django import forms
from django.utils.translation import gettext_lazy as _

EVERYTHING = "all"


class ReleaseForm(forms.Form):
    """Whether what is due goes whole, or without what is older than some hours."""

    skip_older_than = forms.ChoiceField(
        label=_("What to do with emails that are due"),
        choices=[
            ("1", _("Skip those that were due more than an hour ago")),
            ("24", _("Skip those that were due more than a day ago")),
            ("0", _("Skip all that are due by now")),
            (EVERYTHING, _("Send all of them")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one.")},
    )

    @property
    def hours(self) -> int | None:
        """How old what is skipped has to be; None where nothing is."""
        chosen = self.cleaned_data["skip_older_than"]
        return None if chosen == EVERYTHING else int(chosen)
