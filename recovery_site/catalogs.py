"""The file of each language that translators write, and what Django reads of it.

Needs polib, and no gettext tools.
"""

from difflib import get_close_matches
from pathlib import Path

import polib
from django.conf import settings

from .translated_texts import TranslatableText, collect_texts

WRAP_WIDTH = 98
# As alike as msgmerge asks two texts to be before it takes the one for the other, changed.
SIMILARITY = 0.6


def catalog_path(language: str) -> Path:
    return settings.LOCALE_PATHS[0] / language / "LC_MESSAGES" / "django.po"


def compiled_path(language: str) -> Path:
    return catalog_path(language).with_suffix(".mo")


def other_languages() -> list[str]:
    """Every language of the site but the one that its code is written in."""
    return [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def read_catalog(language: str) -> polib.POFile:
    """The file, or an empty one for a new language."""
    path = catalog_path(language)
    if path.exists():
        return polib.pofile(str(path), wrapwidth=WRAP_WIDTH)
    catalog = polib.POFile(wrapwidth=WRAP_WIDTH)
    catalog.metadata = {
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    return catalog


def merge_catalog(catalog: polib.POFile, *, keeps_obsolete: bool = True) -> polib.POFile:
    """Bring a catalog in line with the code; return it.

    A text that has changed takes along the words of the one before, marked as fuzzy: translators
    see both, and Django shows neither. Words of a text that is gone stay as obsolete.
    """
    known = {entry_key(entry): entry for entry in catalog}
    asked = collect_texts()
    gone = {key: entry for key, entry in known.items() if key not in asked and has_words(entry)}
    catalog.clear()
    for text, places in asked.items():
        entry = known.get(text) or changed_entry(text, gone) or blank_entry(text)
        entry.occurrences = [(place, "") for place in places]
        entry.obsolete = False
        set_flags(entry)
        catalog.append(entry)
    for entry in gone.values() if keeps_obsolete else ():
        entry.obsolete = True
        catalog.append(entry)
    return catalog


def entry_key(entry: polib.POEntry) -> TranslatableText:
    return TranslatableText(entry.msgctxt or "", entry.msgid, entry.msgid_plural or "")


def words_of(entry: polib.POEntry) -> list[str]:
    """The translation: one text, or one for each plural form."""
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def has_words(entry: polib.POEntry) -> bool:
    return any(words_of(entry))


def lacks_words(entry: polib.POEntry) -> bool:
    """Whether visitors would read English: no words, or only those of another text."""
    return not entry.obsolete and (entry.fuzzy or not all(each.strip() for each in words_of(entry)))


def changed_entry(
    text: TranslatableText, gone: dict[TranslatableText, polib.POEntry]
) -> polib.POEntry | None:
    """Take the text that is most like this one out of those that are gone; None if none is."""
    alike = {
        key.text: key
        for key in gone
        if (key.context, bool(key.plural)) == (text.context, bool(text.plural))
    }
    found = get_close_matches(text.text, alike, n=1, cutoff=SIMILARITY)
    if not found:
        return None
    entry = gone.pop(alike[found[0]])
    if entry.previous_msgid is None:
        # Words that were fuzzy already are still those of the text before that.
        entry.previous_msgid = entry.msgid
        entry.previous_msgid_plural = entry.msgid_plural or None
    entry.msgid, entry.msgid_plural = text.text, text.plural
    entry.fuzzy = True
    return entry


def blank_entry(text: TranslatableText) -> polib.POEntry:
    words = {"msgstr_plural": {0: "", 1: ""}} if text.plural else {}
    return polib.POEntry(
        msgid=text.text, msgid_plural=text.plural, msgctxt=text.context or None, **words
    )


def set_flags(entry: polib.POEntry) -> None:
    """A translator takes out the flag `fuzzy`; what the text was before goes with it."""
    if not entry.fuzzy:
        entry.previous_msgid = entry.previous_msgid_plural = None
    is_format = "%(" in entry.msgid + entry.msgid_plural
    entry.flags = ["fuzzy"] * entry.fuzzy + ["python-format"] * is_format
