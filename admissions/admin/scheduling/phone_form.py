"""The form for someone on the phone: the public one, in the words of whoever types it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from admissions import local_time, time_zones
from admissions.admin.action_form import set_choices
from admissions.admin.for_whom import CHOICES
from admissions.admin.triage.forms import promise_field
from admissions.exceptions import ActionNotAllowed
from admissions.public.form_base import ConsentKey
from admissions.public.forms import DetailsForm
from admissions.triage import promises
from programs.forms.layout import Details, Fieldset, FieldsHelper, Section

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class PhoneBookingForm(DetailsForm):
    """Who they are and how we may reach them, as they say it; consents as read out."""

    # Django drops an inherited field that is None.
    website = wants_news = takes_guide = email_asked = None  # type: ignore[assignment]
    for_whom = forms.ChoiceField(
        label=_("Who is it for?"),
        choices=CHOICES,
        widget=forms.RadioSelect,
        error_messages={"required": _("Tell us who this is for.")},
    )
    # A permission of its own: what is said of email is read out to them.
    may_email = forms.BooleanField(required=False)
    language = forms.ChoiceField(label=_("Language of the talk"), choices=settings.LANGUAGES)
    promise_by = promise_field()
    # A choice, where the browser of a requester tells it.
    time_zone = forms.ChoiceField(label=_("Their clock"))  # type: ignore[assignment]

    CONSENT_FIELDS = {
        ConsentKey.CONTACT: "agrees_to_contact",
        ConsentKey.EMAIL: "may_email",
        ConsentKey.TEXT: "may_text",
    }
    LABELS: "dict[str, tuple[StrOrPromise, StrOrPromise]]" = {
        "is_in_danger": (_("Is anyone in danger right now?"), _("If yes: 911 first. Book anyway.")),
        "is_adult": (_("Is the person who needs help 18 or older?"), ""),
        "preferred_name": (_("What to call them"), _("A first name or nickname is fine.")),
        "phone": (_("Phone"), _("A number only they can see.")),
        "email": (_("Email"), _("For a confirmation, and a link to change the time.")),
        "may_call": (_("They may be called."), ""),
        "voicemail": (_("If they miss our call, may we leave a voicemail?"), ""),
        "is_discreet": (_("Keep emails discreet: no name of the center, no reason."), ""),
        "good_time": (_("Good times to reach them"), ""),
        "program_interest": (_("Program they think of"), ""),
        "access_need": (_("Anything that makes talking easier"), ""),
        "note": (_("Note"), _("What helps the counselor. No medical details.")),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ours = {settings.TIME_ZONE: time_zones.format_time_zone(local_time.center_zone())}
        set_choices(self, "time_zone", (ours | time_zones.FAMILIAR_ZONE_NAMES).items())
        for name, (label, help_text) in self.LABELS.items():
            field = self.fields[name]
            field.label, field.help_text = label, help_text
        for each in self.fields.values():
            each.widget.attrs["autocomplete"] = "off"

    def fit_to_mode(self) -> None:
        """Leave everything to be asked: whoever types it sees the kind of talk above."""

    def build_helper(self) -> FieldsHelper:
        more = Details(
            _("More, if they say it"), "program_interest", "interpreter", "access_need", "payment"
        )
        read_out = Fieldset(
            _("Read out, and tick what they agree to"),
            *("agrees_to_contact", "may_email", "may_text"),
            css_class="titled",
        )
        return FieldsHelper(
            Section(
                _("Who"),
                *("preferred_name", "is_in_danger", "for_whom", "is_adult"),
                *("language", "time_zone", "note", more),
                css_id="who",
                css_class="card stack",
            ),
            Section(
                _("How we may reach them"),
                *("phone", "may_call", "voicemail", "good_time", "promise_by"),
                *("email", "is_discreet"),
                read_out,
                css_id="reach",
                css_class="card stack",
            ),
        )

    def clean_is_adult(self) -> bool:
        if self.cleaned_data["is_adult"] is False:
            raise ValidationError(
                _("Our programs are for adults. Help them find care elsewhere; book nothing.")
            )
        return True

    def check_channels(self, data: dict[str, Any], phone: Any, email: str | None) -> None:
        super().check_channels(data, phone, email)
        if data.get("may_email") and not email and "email" not in self.errors:
            self.add_error("may_email", _("Enter an email above, or clear this box."))
        if email and not data.get("may_email"):
            self.add_error(
                "may_email", _("Check this box so that we can write to you, or clear the email.")
            )

    def permits_email(self) -> bool:
        return self.cleaned_data["may_email"]

    def request_fields(self) -> dict[str, Any]:
        data = self.cleaned_data
        return super().request_fields() | {
            "language": data["language"],
            "promised_call_by": data["promise_by"],
        }

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if call_by := data.get("promise_by"):
            self.check_promise(call_by, data)
        return data

    def check_promise(self, call_by: datetime, data: dict[str, Any]) -> None:
        """A promise needs a number that we may call, and a time that can be kept."""
        if not (data.get("phone") and data.get("may_call", True)):
            self.add_error("promise_by", _("We may not call them: leave this empty."))
            return
        zone = ZoneInfo(data.get("time_zone") or settings.TIME_ZONE)
        try:
            promises.check_promise_time(call_by, zone=zone, now=timezone.now())
        except ActionNotAllowed as refused:
            self.add_error("promise_by", str(refused))
