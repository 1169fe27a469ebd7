"""Add a colleague on one page: who, what they may do, their hours, and what they sign as."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from admissions.accounts.colleagues import onboarding, user_management
from admissions.accounts.reauthentication import require_recent_authentication
from admissions.accounts.staff_request import StaffRequest
from admissions.admin.action_form import set_choices
from admissions.exceptions import ActionNotAllowed
from admissions.form_fields import BoundedTextField, PlainEmailField, PlainTextField
from admissions.public.form_base import LinkedErrors
from admissions.scheduling import hours_templates
from admissions.scheduling.models import Counselor, Mode
from programs.forms.layout import FieldsHelper, Include, Section
from programs.models import Location
from users.models import User

COUNSELORS_NAME = cast(int, Counselor._meta.get_field("public_name").max_length)
COLLEAGUE = "admin:users_user_change"


class LinkField(BoundedTextField, forms.URLField):
    """A web address whose length is checked first."""


class NewColleagueForm(LinkedErrors, forms.Form):
    """It checks and never writes; `by` decides which roles are offered."""

    first_name = PlainTextField(
        label=gettext_lazy("First name"),
        max_length=COUNSELORS_NAME,
        error_messages={"required": gettext_lazy("Enter their first name.")},
    )
    last_name = PlainTextField(label=gettext_lazy("Last name"), max_length=150, required=False)
    email = PlainEmailField(
        label=gettext_lazy("Email"),
        max_length=254,
        error_messages={"required": gettext_lazy("Enter their email: the invitation goes there.")},
    )
    groups = forms.ModelMultipleChoiceField(
        queryset=Group.objects.none(),
        label=gettext_lazy("Role"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Some roles wait until a second person agrees."),
    )
    credential_title = PlainTextField(
        label=gettext_lazy("Credential"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("As it is written behind the name: LAADC, LMFT."),
    )
    credential_number = PlainTextField(
        label=gettext_lazy("Its number"), max_length=40, required=False
    )
    credential_expires_on = forms.DateField(
        label=gettext_lazy("Its last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    hours = forms.ChoiceField(
        label=gettext_lazy("Hours for consultations"),
        required=False,
        help_text=gettext_lazy("By the clock of their location. They can be changed any day."),
    )
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages"),
        choices=settings.LANGUAGES,
        initial=["en"],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    modes = forms.MultipleChoiceField(
        label=gettext_lazy("Ways to talk"),
        choices=Mode.choices,
        initial=[Mode.PHONE.value],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    meeting_link = LinkField(
        label=gettext_lazy("Meeting link"),
        required=False,
        max_length=200,
        assume_scheme="https",
        help_text=gettext_lazy("Their own video room. Only for video."),
    )
    location = forms.ModelChoiceField(
        queryset=Location.objects.none(),
        label=gettext_lazy("Location"),
        empty_label=None,
        required=False,
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, by: User) -> None:
        super().__init__(data, label_suffix="")
        roles = user_management.assignable_roles(by).order_by("name")
        places = Location.objects.open()
        cast(forms.ModelMultipleChoiceField, self.fields["groups"]).queryset = roles
        cast(forms.ModelChoiceField, self.fields["location"]).queryset = places
        self.fields["location"].initial = places.first()
        if len(places) < 2:
            self.fields["location"].widget = forms.HiddenInput()
        set_choices(self, "hours", list_hours())
        for each in self.fields.values():
            each.widget.attrs["autocomplete"] = "off"
        self.fields["first_name"].widget.attrs["autofocus"] = True
        self.helper = build_helper()

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        if other := User.objects.filter(email__iexact=email).first():
            self.add_taken(other)
        return email

    def add_taken(self, other: User) -> None:
        self.taken_by = other
        taken = forms.ValidationError(_("A colleague has this address already."), code="taken")
        self.add_error("email", taken)

    taken_by: User | None = None

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if data.get("hours"):
            self.check_consultations(data)
        names = ("credential_title", "credential_number", "credential_expires_on")
        if any(data.get(name) for name in names):
            self.require("credential_title", _("Enter what the credential is called."))
            self.require("credential_number", _("Enter the number of the credential."))
            self.require("credential_expires_on", _("Enter the last day of the credential."))
        expires = data.get("credential_expires_on")
        if expires and expires < timezone.localdate():
            self.add_error("credential_expires_on", _("This day is over. Enter the renewed one."))
        return data

    def check_consultations(self, data: dict[str, Any]) -> None:
        self.require("languages", _("Choose at least one language."))
        self.require("modes", _("Choose at least one way to talk."))
        self.require("location", _("Choose a location."))
        if Mode.VIDEO in data.get("modes", []):
            self.require("meeting_link", _("Video needs a meeting link."))

    def require(self, name: str, words: str) -> None:
        """Say what is missing where a field is empty and nothing else is wrong with it."""
        if not self.cleaned_data.get(name) and name not in self.errors:
            self.add_error(name, words)

    def told(self) -> onboarding.NewColleague:
        data = self.cleaned_data
        consultations = credential = None
        if data["hours"]:
            consultations = onboarding.Consultations(
                hours=data["hours"],
                languages=tuple(data["languages"]),
                modes=tuple(data["modes"]),
                location=data["location"],
                meeting_link=data["meeting_link"],
            )
        if data["credential_title"]:
            credential = onboarding.CredentialAnswers(
                title=data["credential_title"],
                number=data["credential_number"],
                expires_on=data["credential_expires_on"],
            )
        return onboarding.NewColleague(
            first_name=data["first_name"],
            last_name=data["last_name"],
            email=data["email"],
            roles=tuple(each.name for each in data["groups"]),
            consultations=consultations,
            credential=credential,
        )


def build_helper() -> FieldsHelper:
    return FieldsHelper(
        Section(
            gettext_lazy("Who"),
            *("first_name", "last_name", "email", "groups"),
            *("credential_title", "credential_number", "credential_expires_on"),
            css_id="who",
            css_class="card stack",
        ),
        Section(
            gettext_lazy("Consultations"),
            *("hours", "languages", "modes", "meeting_link", "location"),
            Include("admin/users/user/_save.html"),
            css_id="consultations",
            css_class="card stack",
        ),
    )


def list_hours() -> list[tuple[str, Any]]:
    """What may be chosen for hours: none, a usual week, a colleague's, or later."""
    like = [
        (f"{hours_templates.LIKE_PREFIX}{each.pk}", _("Like %(who)s") % {"who": each.public_name})
        for each in hours_templates.find_models_to_copy()
    ]
    return [
        ("", _("None: they hold no consultations")),
        *((each.code, each.label) for each in hours_templates.TEMPLATES),
        *like,
        (hours_templates.LATER, _("They will hold some; hours come later")),
    ]


@require_recent_authentication
def add_colleague_view(request: StaffRequest, *, admin_site: AdminSite) -> HttpResponse:
    """Adds them and leads to their page, or says why not and keeps what was typed."""
    if not request.user.has_perm(onboarding.MAY_ADD):
        raise PermissionDenied
    form = NewColleagueForm(request.POST if request.method == "POST" else None, by=request.user)
    if request.method == "POST":
        if form.is_valid() and (user := try_to_add(request, form)):
            return redirect(COLLEAGUE, user.pk)
        other = form.taken_by
        if other and onboarding.was_just_added(other, by=request.user):
            messages.info(request, _("They were added a moment ago. This is their page."))
            return redirect(COLLEAGUE, other.pk)
    context = {
        **admin_site.each_context(request),
        "title": _("Add a colleague"),
        "form": form,
    }
    return TemplateResponse(request, "admin/users/user/add.html", context)


def try_to_add(request: StaffRequest, form: NewColleagueForm) -> User | None:
    """The new colleague; None if somebody was quicker, or may not, which the form says then."""
    try:
        user, is_waiting = onboarding.add_colleague(by=request.user, told=form.told())
    except onboarding.EmailTaken as taken:
        form.add_taken(taken.user)
    except ActionNotAllowed as refused:
        form.add_error(None, str(refused))
    else:
        messages.success(request, _("They are added, and an invitation is on its way to them."))
        if is_waiting:
            messages.warning(
                request,
                _("This takes a second person. Other directors are asked, and have two days."),
            )
        return user
    return None
