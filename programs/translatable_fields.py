"""The short lines of rows that visitors read, and which of them a language lacks."""

from typing import cast

from django.conf import settings
from django.db.models import Field, Model
from django.forms import ModelForm
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from .models import (
    FALLBACK_LANGUAGE,
    ComparisonCell,
    ComparisonRow,
    Credential,
    CrisisLine,
    Facility,
    Location,
    Program,
    ScheduleRow,
    Translation,
)

# What a template says with `say`; a field more is a name more.
TRANSLATABLE_FIELDS: dict[type[Model], list[str]] = {
    Facility: ["promise", "summary", "video_note"],
    Location: ["arrival_note", "entrance_note", "access_note", "parking_note"],
    CrisisLine: ["situation", "action", "note", "compact_situation", "compact_action"],
    Program: ["name", "tag", "summary", "lede", "link_text", "schedule_caption"],
    ScheduleRow: ["label", "times", "activity"],
    ComparisonRow: ["label"],
    ComparisonCell: ["text"],
}


def find_lines() -> dict[str, str]:
    """Every short line in English that asks for words, and a field where it stands.

    A number alone asks for none.
    """
    places = dict.fromkeys(Credential.PHRASES.values(), str(_("The state's words")))
    for model, names in TRANSLATABLE_FIELDS.items():
        labels = [field_label(model, name) for name in names]
        for row in model._default_manager.values_list(*names):
            for line, label in zip(row, labels, strict=True):
                places.setdefault(line, label)
    return {line: place for line, place in places.items() if has_words(line)}


def crisis_line_lines() -> set[str]:
    """Every line in English that a crisis line says."""
    rows = CrisisLine.objects.values_list(*TRANSLATABLE_FIELDS[CrisisLine])
    return {line for row in rows for line in row if has_words(line)}


def has_words(line: str) -> bool:
    """Whether a line asks for words in another language; a number alone asks for none."""
    return any(each.isalpha() for each in line)


def field_label(model: type[Model], name: str) -> str:
    """A field as the desk names it: "Program: tag"."""
    field = cast(Field, model._meta.get_field(name))
    return f"{capfirst(model._meta.verbose_name)}: {field.verbose_name}"


def untranslated_lines(language: str) -> list[str]:
    """The lines that a language shows in English: without words, or with those of older English."""
    current = Translation.objects.current(language).values_list("english", flat=True)
    return sorted(find_lines().keys() - set(current))


def lines_in_english() -> set[str]:
    """The lines that some language of the site shows in English."""
    others = [code for code, _name in settings.LANGUAGES if code != FALLBACK_LANGUAGE]
    return {line for language in others for line in untranslated_lines(language)}


def carry_translations(form: ModelForm) -> list[str]:
    """Let translations follow the lines that a saved form has changed; return the new lines.

    Each is stored for the new line too, with the English that it was made from, and is shown to
    nobody until an editor has looked at it. The one of the old line stays: another row may say
    it, or an editor go back to it.
    """
    names = TRANSLATABLE_FIELDS.get(type(form.instance), [])
    # A row that is deleted along with another may have lines that were not accepted.
    lines = {name: form.cleaned_data.get(name, "") for name in names if name in form.changed_data}
    for name, line in lines.items():
        carry_line(before=form.initial.get(name, ""), after=line)
    return list(lines.values())


def carry_line(*, before: str, after: str) -> None:
    """Store each translation of a line for the line that has taken its place."""
    if not (before and after):
        return
    carried = [
        Translation(
            language=each.language,
            english=after,
            text=each.text,
            translated_from=each.translated_from or before,
        )
        for each in Translation.objects.filter(english=before)
    ]
    # A line that has words of its own keeps them.
    Translation.objects.bulk_create(carried, ignore_conflicts=True)
