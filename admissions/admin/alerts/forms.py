"""The forms of “My alerts”."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from admissions.alerts.catalog import CATALOG, SWITCHABLE, Channels, Kind
from admissions.alerts.devices import MAX_ENDPOINT, MAX_KEY

CHANNELS = ("on_desk", "by_email", "by_push")


class DeviceForm(forms.Form):
    """What a script fills in of the browser's own subscription."""

    endpoint = forms.CharField(max_length=MAX_ENDPOINT, widget=forms.HiddenInput)
    public_key = forms.CharField(max_length=MAX_KEY, widget=forms.HiddenInput)
    auth_secret = forms.CharField(max_length=MAX_KEY, widget=forms.HiddenInput)


class ChannelsForm(forms.Form):
    """How one person is told one kind; on the page its prefix names the kind."""

    on_desk = forms.BooleanField(label=_("Desk"), required=False)
    by_email = forms.BooleanField(label=_("Email"), required=False)
    by_push = forms.BooleanField(label=_("Push"), required=False)

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        kind: Kind,
        channels: Channels,
        prefix: str | None = None,
    ) -> None:
        initial = {name: getattr(channels, name) for name in CHANNELS}
        super().__init__(data, prefix=prefix, initial=initial, label_suffix="")
        self.kind, self.entry = kind, CATALOG[kind]
        for name in CHANNELS:
            self.fields[name].widget.attrs["aria-label"] = (
                f"{kind.label}: {self.fields[name].label}"
            )

    @property
    def channels(self) -> Channels:
        return Channels(**{name: self.cleaned_data[name] for name in CHANNELS})


def build_channel_forms(
    data: Mapping[str, Any] | None, channels: Mapping[Kind, Channels]
) -> list[ChannelsForm]:
    """One for each kind that somebody may choose about."""
    return [
        ChannelsForm(data, kind=kind, channels=channels[kind], prefix=kind.value)
        for kind in SWITCHABLE
    ]
