"""The words people agree to: read, or added as a new version, never edited."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from admissions.intake.models import ConsentVersion


class ConsentVersionForm(forms.ModelForm):
    def clean(self):
        data = super().clean()
        same = {name: data.get(name) for name in ("key", "language", "text")}
        if ConsentVersion.objects.filter(**same).exists():
            raise ValidationError(_("These very words are a version already."))
        return data


@admin.register(ConsentVersion)
class ConsentVersionAdmin(admin.ModelAdmin):
    form = ConsentVersionForm
    list_display = ["key", "language", "effective_from", "text"]
    list_filter = ["key", "language"]
    ordering = ["key", "language", "-effective_from"]
    fields = ["key", "language", "text", "effective_from"]
    actions = None

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
