"""The form of one thing that staff do to a request or a message."""

from django import forms


class ActionForm(forms.Form):
    """A step that needs nothing but the click."""

    def __init__(self, data=None, *, consultation_request, now):
        super().__init__(data, auto_id=f"id_{type(self).__name__.lower()}_%s", label_suffix="")
        self.consultation_request = consultation_request
