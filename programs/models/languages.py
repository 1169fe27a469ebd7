"""How rows read in the language of the page, and in English where nothing else exists."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

FALLBACK_LANGUAGE = settings.LANGUAGE_CODE


def page_language() -> str:
    """The language of the page being drawn: "en", "es"."""
    return (get_language() or FALLBACK_LANGUAGE).split("-")[0]


def site_languages() -> "Sequence[tuple[str, StrOrPromise]]":
    """Codes and names, asked for when needed: another language is no migration."""
    return settings.LANGUAGES


class LanguageField(models.CharField):
    """One of the site's languages.

    Migrations hold a plain CharField without the choices, so that they import no code of ours.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        defaults: dict[str, Any] = {"max_length": 8, "choices": site_languages}
        super().__init__(*args, **defaults | options)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _path, args, options = super().deconstruct()
        options.pop("choices", None)
        return name, "django.db.models.CharField", args, options


def language_field(default: str = FALLBACK_LANGUAGE) -> models.CharField:
    """The language that a text is written in."""
    return models.CharField(_("language"), max_length=10, default=default)


class LocalizedTextQuerySet(models.QuerySet):
    """Texts with a row for each language, told apart by the model's TEXT_KEY."""

    def in_page_language(self) -> list:
        """One text per key: in the page's language if there is one, else in English."""
        return best_language_texts(self.filter(language__in={FALLBACK_LANGUAGE, page_language()}))


def best_language_texts(texts: Iterable[Any]) -> list:
    """Of texts in several languages, the one to read for each TEXT_KEY."""
    best = {}
    for text in texts:
        key = getattr(text, text.TEXT_KEY)
        if text.language == page_language() or (
            text.language == FALLBACK_LANGUAGE and key not in best
        ):
            best[key] = text
    return list(best.values())


class TranslationQuerySet(models.QuerySet):
    def lines(self) -> dict[str, str]:
        """English line to its line in the page's language; no query on English pages."""
        if page_language() == FALLBACK_LANGUAGE:
            return {}
        return dict(self.current(page_language()).values_list("english", "text"))

    def current(self, language: str) -> Self:
        """Those of a language that were made from the English as it stands."""
        return self.filter(language=language, translated_from="")


class Translation(models.Model):
    """How one short English line of any row reads in another language."""

    language = language_field(default="es")
    english = models.CharField(
        _("English line"),
        max_length=500,
        help_text=_("Exactly as it stands in the row."),
    )
    text = models.CharField(_("translation"), max_length=700)
    translated_from = models.CharField(
        _("made from"),
        max_length=500,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text=_(
            "The English line was changed, and this translation is of the one before. Visitors read"
            " the new line in English until you save a translation of it, or this one once more."
        ),
    )

    objects = TranslationQuerySet.as_manager()

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        ordering = ["language", "english"]
        constraints = [
            models.UniqueConstraint(
                fields=["language", "english"], name="translation_once_per_language"
            )
        ]

    def __str__(self) -> str:
        return f"{self.language}: {self.english[:60]}"
