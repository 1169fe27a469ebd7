"""Who answers the line when no counselor has hours."""

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from admissions.scheduling.models import AfterHours


class AfterHoursForm(forms.ModelForm):
    otherwise = forms.ChoiceField(
        label=_("And while nobody is on the on-call rota"),
        choices=[
            (each.value, each.label)
            for each in (AfterHours.AnsweredBy.NOBODY, AfterHours.AnsweredBy.SERVICE)
        ],
        required=False,
        help_text=_("Only with someone on call: pages say this while the rota names nobody."),
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        choices=settings.LANGUAGES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Of the languages of this site. Leave these two empty with nobody."),
    )


@admin.register(AfterHours)
class AfterHoursAdmin(admin.ModelAdmin):
    """The one row, made with the site."""

    form = AfterHoursForm
    fields = ["answered_by", "task", "languages", "otherwise"]
    list_display = ["__str__", "answered_by", "task", "languages"]
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
