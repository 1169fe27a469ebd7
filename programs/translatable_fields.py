"""The short lines of rows that visitors read, and which of them a language lacks."""

from collections.abc import Iterator

from .models import (
    ComparisonCell,
    ComparisonRow,
    Credential,
    CrisisLine,
    Facility,
    Program,
    ScheduleRow,
    Translation,
)

# What a template says with `say`; a field more is a name more.
TRANSLATABLE_FIELDS = {
    Facility: ["promise", "summary", "discreet_sender_name"],
    CrisisLine: ["situation", "action", "note", "compact_situation", "compact_action"],
    Program: ["name", "tag", "summary", "lede", "link_text", "schedule_caption"],
    ScheduleRow: ["label", "times", "activity"],
    ComparisonRow: ["label"],
    ComparisonCell: ["text"],
}


def translatable_lines() -> Iterator[str]:
    """Every short line in English, as it stands in its row."""
    yield from Credential.PHRASES.values()
    for model, names in TRANSLATABLE_FIELDS.items():
        for row in model._default_manager.values_list(*names):
            yield from filter(None, row)


def untranslated_lines(language: str) -> list[str]:
    """The lines that have no words in a language yet; a number alone needs none."""
    known = set(Translation.objects.filter(language=language).values_list("english", flat=True))
    asked = {line for line in translatable_lines() if any(each.isalpha() for each in line)}
    return sorted(asked - known)
