"""The form of a text in versions: it refuses to write over what a colleague saved meanwhile."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.text import slugify
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from users.models import User

from . import versioning

MAX_SLUG = 50


class VersionedTextForm(forms.ModelForm):
    """Words for the draft, written over the version that was seen."""

    seen = forms.CharField(max_length=40, widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen"] = self.instance.changed_at.isoformat()
        elif "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = _("Empty: made from the words of the title.")

    def clean(self) -> None:
        super().clean()
        if self.instance.pk:
            self.check_unseen_changes()
            return
        if "slug" in self.cleaned_data and not self.cleaned_data["slug"]:
            self.cleaned_data["slug"] = self.make_slug()
            if not self.cleaned_data["slug"]:
                self.add_error("slug", self.fields["slug"].error_messages["required"])
        if self.is_taken():
            raise ValidationError(_("There is such a text in this language. Open it to change it."))

    def make_slug(self) -> str:
        """The address that the first of its texts, its title or question, makes."""
        title = self.cleaned_data.get(self._meta.model.TEXT_FIELDS[0], "")
        return slugify(title)[:MAX_SLUG].strip("-")

    def check_unseen_changes(self) -> None:
        """Holds the versions, so that what stands now still does when this is saved."""
        newest = versioning.lock_newest(self.instance)
        if newest.pk != self.instance.pk:
            words = said(
                "%(who)s has begun version %(version)s meanwhile. Nothing of yours is saved, but"
                " it still stands below: copy what you need, then go on with that version."
            )
            raise ValidationError(words % {"who": author_label(newest.changed_by), **vars(newest)})
        if newest.changed_at.isoformat() != self.cleaned_data.get("seen"):
            data = cast(QueryDict, self.data).copy()
            data[self.add_prefix("seen")] = newest.changed_at.isoformat()
            self.data = data
            words = said(
                "%(who)s has saved this version meanwhile. Nothing of yours is saved, but it still"
                " stands below. To have it your way, save again."
            )
            raise ValidationError(words % {"who": author_label(newest.changed_by)})

    def is_taken(self) -> bool:
        names = [name.removesuffix("_id") for name in self._meta.model.TEXT_IDENTITY]
        key = {name: self.cleaned_data.get(name) for name in names}
        return all(key.values()) and self._meta.model.objects.filter(**key).exists()


def author_label(user: User | None) -> str:
    """Who, in words; what came with the site was written by nobody in particular."""
    return (user.get_full_name() or user.get_username()) if user else said("the site's makers")
