"""What a language still shows in English: short lines of rows, and long texts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Model, Q
from django.urls import reverse
from django.utils.text import capfirst

from .models import (
    FALLBACK_LANGUAGE,
    Article,
    Page,
    ProgramText,
    Question,
    Translation,
    VersionedText,
)
from .models.versions import VersionQuerySet
from .translatable_fields import find_lines

TEXTS: list[VersionQuerySet] = [
    ProgramText.objects.select_related("program"),
    Article.objects.all(),
    Question.objects.all(),
    Page.objects.all(),
]


@dataclass(frozen=True)
class MissingTranslation:
    """An English line or text whose words in a language are missing or of older English.

    `before` is the line that the words were made from; `url` is where an editor writes them.
    """

    english: str
    place: str
    url: str
    is_outdated: bool
    before: str = ""


def find_missing() -> dict[str, list[MissingTranslation]]:
    """For each other language what it lacks, long texts first; none where all is there."""
    lines = find_lines()
    found = {
        code: [*missing_texts(code), *missing_lines(code, lines)] for code in other_languages()
    }
    return {code: missing for code, missing in found.items() if missing}


def missing_lines(language: str, lines: dict[str, str]) -> Iterator[MissingTranslation]:
    """Short lines, in the order of the alphabet."""
    known = {each.english: each for each in Translation.objects.filter(language=language)}
    for english in sorted(lines):
        translation = known.get(english)
        if translation and not translation.translated_from:
            continue
        yield MissingTranslation(
            english=english,
            place=lines[english],
            url=admin_url(Translation, translation, language=language, english=english),
            is_outdated=translation is not None,
            before=translation.translated_from if translation else "",
        )


def missing_texts(language: str) -> Iterator[MissingTranslation]:
    """Long texts whose English was published after their own words, or without any."""
    for texts in TEXTS:
        for english, own, newest in compare_texts(texts, language):
            key = dict(identify_text(english))
            yield MissingTranslation(
                english=getattr(english, "title", str(english)),
                place=capfirst(str(english._meta.verbose_name)),
                url=admin_url(type(english), newest, **key, language=language),
                is_outdated=own is not None,
            )


class Lag(NamedTuple):
    """An English text that stands on the site, with what another language has of it.

    `own` is what its visitors read; `newest` may be a draft, or a version that was taken off.
    """

    english: VersionedText
    own: VersionedText | None
    newest: VersionedText | None


def compare_texts(texts: VersionQuerySet, language: str) -> Iterator[Lag]:
    """Each English text that a language lacks, or has in words that were published before it.

    Pages count before they take effect, so that both languages do on the same day.
    """
    published = texts.newest_of(Q(is_published=True)).filter(is_withdrawn=False)
    shown = list(published.filter(language__in={FALLBACK_LANGUAGE, language}))
    own = {identify_text(text): text for text in shown if text.language == language}
    newest = {identify_text(text): text for text in texts.newest().filter(language=language)}
    for english in shown:
        key = identify_text(english)
        if english.language != language and not is_current(own.get(key), english):
            yield Lag(english, own.get(key), newest.get(key))


def texts_behind(model: type[VersionedText]) -> dict[int, VersionedText]:
    """The newest version of each text whose English was published after its own words, by its
    key; and that English."""
    return {
        lag.newest.pk: lag.english
        for language in other_languages()
        for lag in compare_texts(model.objects.all(), language)
        if lag.own and lag.newest
    }


def other_languages() -> list[str]:
    return [code for code, _name in settings.LANGUAGES if code != FALLBACK_LANGUAGE]


def identify_text(text: VersionedText) -> tuple:
    """What a text's versions in every language share, as (field, value)."""
    names = {name: name.removesuffix("_id") for name in text.TEXT_IDENTITY if name != "language"}
    return tuple((field, getattr(text, name)) for name, field in names.items())


def is_current(own: VersionedText | None, english: VersionedText) -> bool:
    """Whether a text was published after its English; what came with the site came all at once."""
    if own is None:
        return False
    if english.published_at is None:
        return True
    return own.published_at is not None and own.published_at >= english.published_at


def admin_url(model: type[Model], row: Model | None, **asked: object) -> str:
    """Where an editor goes on with a row, or begins one with what is asked filled in."""
    name = f"admin:programs_{model._meta.model_name}"
    if row is None:
        return f"{reverse(f'{name}_add')}?{urlencode(asked)}"
    return reverse(f"{name}_change", args=[row.pk])
