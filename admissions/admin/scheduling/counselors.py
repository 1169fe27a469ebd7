"""Who holds consultations and when: counselors, closures and rules."""

from datetime import date, time
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey, Model, Q, QuerySet
from django.forms import BaseFormSet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from admissions.admin.action_form import set_choices
from admissions.admin.native_widgets import TIME_WIDGET
from admissions.admin.staff_requests import as_staff
from admissions.scheduling.models import Counselor, ExtraHours, Mode, ModeRules, WeeklyHours
from admissions.scheduling.models.working_hours import MIDNIGHT, ExtraHoursQuerySet
from programs.models import Location
from users.models import User

from . import absences
from .availability_check import availability_check_view

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class CounselorForm(forms.ModelForm):
    languages = forms.MultipleChoiceField(
        label=_("Languages"), choices=settings.LANGUAGES, widget=forms.CheckboxSelectMultiple
    )
    modes = forms.MultipleChoiceField(
        label=_("Modes"), choices=Mode.choices, widget=forms.CheckboxSelectMultiple
    )
    meeting_link = forms.URLField(
        label=_("Meeting link"),
        required=False,
        max_length=200,
        assume_scheme="https",
        help_text=_("Their own video room, sent by email. Needed for video."),
    )


class ClosingTimeField(forms.TimeField):
    """A time of day; 24:00 is taken for midnight, as some people write the end of a day."""

    def to_python(self, value: Any) -> time | None:
        return MIDNIGHT if str(value).strip() in ("24:00", "24:00:00") else super().to_python(value)


class HoursForm(forms.ModelForm):
    closes = ClosingTimeField(
        label=_("Closes"),
        widget=TIME_WIDGET,
        help_text=_("Midnight is the end of the day: 12:00 am, 00:00 or 24:00."),
    )


class WeeklyHoursForm(HoursForm):
    modes = forms.MultipleChoiceField(
        label=_("Only for"),
        choices=Mode.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None: every mode that the counselor takes."),
    )


class HoursFormSet(BaseInlineFormSet):
    """Hours of one counselor must not overlap on one day."""

    @cached_property
    def location_choices(self) -> "list[tuple[Any, StrOrPromise]]":
        """The choices of a place, asked for once and not for each row."""
        rows = Location.objects.all()
        return [("", _("Their own")), *((place.pk, str(place)) for place in rows)]

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        if "location" in form.fields:
            set_choices(form, "location", self.location_choices)

    def clean(self) -> None:
        super().clean()
        filled = [form for form in self.forms if form.is_valid() and form.cleaned_data]
        kept = [form.instance for form in filled if form not in self.deleted_forms]
        for one, other in combinations(kept, 2):
            if one.overlaps(other):
                raise ValidationError(_("Hours overlap on %(day)s."), params={"day": one.day_name})


class WeeklyHoursInline(admin.TabularInline):
    model = WeeklyHours
    form = WeeklyHoursForm
    formset = HoursFormSet
    extra = 1


class ExtraHoursInline(admin.TabularInline):
    """Hours of one date or several, from today on."""

    model = ExtraHours
    form = HoursForm
    formset = HoursFormSet
    extra = 1

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return cast(ExtraHoursQuerySet, super().get_queryset(request)).between(
            timezone.localdate(), date.max
        )


@admin.register(Counselor)
class CounselorAdmin(admin.ModelAdmin):
    form = CounselorForm
    inlines = [WeeklyHoursInline, ExtraHoursInline]
    list_display = ["public_name", "location", "is_taking", "language_names", "mode_names"]
    list_filter = ["is_taking_consultations"]
    list_select_related = ["location"]
    search_fields = ["public_name"]
    when_empty = _("Nobody can be booked yet. Add the first counselor, then their weekly hours.")
    fields = [
        "user", "public_name", "is_taking_consultations", "languages", "modes",
        "meeting_link", "location", "daily_cap", "share",
    ]  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        why = self.admin_site.admin_view(require_safe(partial(availability_check_view, self)))
        return [
            path("why/", why, name="admissions_counselor_availability_check"),
            *absences.absence_urls(self.admin_site),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The counselor, with the way to time away for those who may hand over."""
        counselor = self.get_object(request, object_id)
        may = counselor is not None and absences.may_reassign_consultations(
            as_staff(request).user, counselor
        )
        extra = {"may_hand_over": may, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, extra)

    def save_related(
        self, request: HttpRequest, form: forms.ModelForm, formsets: list[BaseFormSet], change: bool
    ) -> None:
        """Hours and modes are kept by now: whoever stands outside them is named."""
        super().save_related(request, form, formsets, change)
        absences.warn_of_gaps(request, form.instance)

    @admin.display(description=_("taking consultations"), boolean=True)
    def is_taking(self, counselor: Counselor) -> bool:
        return counselor.is_taking_consultations

    @admin.display(description=_("languages"))
    def language_names(self, counselor: Counselor) -> str:
        names = dict(settings.LANGUAGES)
        return ", ".join(str(names.get(code, code)) for code in counselor.languages)

    @admin.display(description=_("modes"))
    def mode_names(self, counselor: Counselor) -> str:
        return ", ".join(str(Mode(mode).label) for mode in counselor.modes)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField | None:
        """Only staff who still work here can become counselors."""
        if db_field.name == "user":
            users = User.objects.filter(
                Q(is_staff=True, is_active=True) | Q(counselor__isnull=False)
            )
            kwargs["queryset"] = users.order_by("username")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ModeRulesForm(forms.ModelForm):
    length = forms.IntegerField(
        label=_("Length"), min_value=5, max_value=480, help_text=_("Minutes of conversation.")
    )
    start_grid = forms.IntegerField(
        label=_("Start grid"),
        min_value=5,
        max_value=240,
        help_text=_("A consultation may start every so many minutes."),
    )
    horizon = forms.IntegerField(
        label=_("Horizon"), min_value=1, max_value=90, help_text=_("Days ahead that are offered.")
    )


@admin.register(ModeRules)
class ModeRulesAdmin(admin.ModelAdmin):
    """One row per mode, made by a migration: changed, never added or deleted."""

    form = ModeRulesForm
    list_display = [
        "mode", "length", "buffer_before", "buffer_after", "minimum_notice", "start_grid",
        "horizon", "move_until", "cancel_until",
    ]  # fmt: skip
    readonly_fields = ["mode"]
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
