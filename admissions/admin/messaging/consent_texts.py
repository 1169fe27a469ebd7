"""The words people agree to: read, or added as a new version, never edited."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from admissions.intake.models import ConsentVersion


class ConsentVersionForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        same = {name: data.get(name) for name in ("key", "language", "text")}
        if ConsentVersion.objects.filter(**same).exists():
            raise ValidationError(_("These very words are a version already."))
        return data


@admin.register(ConsentVersion)
class ConsentVersionAdmin(admin.ModelAdmin):
    form = ConsentVersionForm
    list_display = ["key", "language", "effective_from", "text"]
    list_filter = ["key", "language"]
    search_fields = ["text"]
    ordering = ["key", "language", "-effective_from"]
    fields = ["key", "language", "text", "effective_from"]
    actions = None

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
