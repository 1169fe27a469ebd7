"""Hears which texts the site asks for in a language that has no words for them."""

import gettext
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import trans_real


class Ear(gettext.NullTranslations):
    """Where Django looks for a text last; answers in English, as Django would."""

    def __init__(self):
        super().__init__()
        self.heard = set()

    def gettext(self, message):
        self.heard.add(message)
        return message

    def ngettext(self, singular, plural, n):
        self.heard.add(singular)
        return singular if n == 1 else plural


@contextmanager
def listening(language: str) -> Iterator[set[str]]:
    """The texts that are asked for in a language, and not found."""
    catalog, ear = trans_real.translation(language), Ear()
    kept, catalog._fallback = catalog._fallback, ear
    try:
        yield ear.heard
    finally:
        catalog._fallback = kept
