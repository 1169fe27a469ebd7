"""Every text that is covered reads in every language, with the same blanks to fill."""

import re

import polib
import pytest
from django.conf import settings

from recovery_site.dev import translations
from recovery_site.dev.translations import (
    TRANSLATED_PATHS,
    TranslatableText,
    catalog_path,
    collect_texts,
    entry_key,
    read_catalog,
    update_catalog,
)

OTHERS = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
BLANK = re.compile(r"%\(\w+\)s|\{\w*\}|<[^>]+>|%%")


def said(entry):
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


@pytest.mark.parametrize("language", OTHERS)
def test_file_holds_what_the_code_asks_for_and_nothing_else(language):
    assert sorted(entry_key(entry) for entry in read_catalog(language)) == sorted(
        collect_texts(TRANSLATED_PATHS)
    )


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated(language):
    without = [
        entry.msgid
        for entry in read_catalog(language)
        if entry.fuzzy or entry.obsolete or not all(each.strip() for each in said(entry))
    ]

    assert without == []


@pytest.mark.parametrize("language", OTHERS)
def test_translation_fills_in_the_same_as_the_text(language):
    others = [
        (entry.msgid, each)
        for entry in read_catalog(language)
        for each in said(entry)
        if sorted(BLANK.findall(each)) != sorted(BLANK.findall(entry.msgid_plural or entry.msgid))
    ]

    assert others == []


@pytest.mark.parametrize("language", OTHERS)
def test_what_django_reads_is_what_the_file_says(language):
    compiled = catalog_path(language).with_suffix(".mo").read_bytes()

    assert compiled == read_catalog(language).to_binary()


# What finds the texts, and keeps the file


def test_texts_of_a_module_are_found_under_any_name(tmp_path):
    module = tmp_path / "module.py"
    module.write_text(
        "from django.utils.translation import gettext as _, gettext_lazy as later, ngettext\n"
        "from django.utils.translation import pgettext\n"
        'A = later("one " "and two")\n'
        "def f(n):\n"
        '    return _("three"), ngettext("a day", "days", n), pgettext("of a door", "open")\n'
        'B = print("nothing")\n'
    )

    assert set(translations.texts_in_python(module)) == {
        TranslatableText("", "one and two", ""),
        TranslatableText("", "three", ""),
        TranslatableText("", "a day", "days"),
        TranslatableText("of a door", "open", ""),
    }


def test_texts_of_a_template_are_found_as_they_are_asked_for(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        '{% load i18n %}{% block content %}{% if a %}{% translate "Yes" %}{% endif %}'
        '{% translate "May" context "month" %}'
        "{% blocktranslate with b=c trimmed %}\n    Up to {{ b }},\n    at 5 %\n"
        "{% endblocktranslate %}"
        "{% blocktranslate count n=a %}{{ n }} day{% plural %}{{ n }} days{% endblocktranslate %}"
        "{% endblock %}"
    )

    assert set(translations.texts_in_template(page)) == {
        TranslatableText("", "Yes", ""),
        TranslatableText("month", "May", ""),
        TranslatableText("", "Up to %(b)s, at 5 %%", ""),
        TranslatableText("", "%(n)s day", "%(n)s days"),
    }


@pytest.fixture
def house(tmp_path, settings, monkeypatch):
    """A project with one covered module, and a Spanish file that knows one text of it."""
    settings.BASE_DIR, settings.LOCALE_PATHS = tmp_path, [tmp_path / "locale"]
    monkeypatch.setattr(translations, "TRANSLATED_PATHS", ["texts.py"])
    catalog_path("es").parent.mkdir(parents=True)
    catalog = polib.POFile()
    catalog.append(polib.POEntry(msgid="gone", msgstr="ido"))
    catalog.append(polib.POEntry(msgid="old", msgstr="viejo"))
    catalog.save(str(catalog_path("es")))
    return tmp_path


def test_update_keeps_words_adds_blanks_and_drops_what_nobody_asks_for(house):
    (house / "texts.py").write_text(
        "from django.utils.translation import gettext as _, ngettext\n"
        'A = _("new %(n)s"), _("old"), ngettext("day", "days", 2)\n'
    )

    update_catalog("es")

    assert [(entry.msgid, said(entry), entry.flags) for entry in read_catalog("es")] == [
        ("new %(n)s", [""], ["python-format"]),
        ("old", ["viejo"], []),
        ("day", ["", ""], []),
    ]
    assert catalog_path("es").with_suffix(".mo").read_bytes() == read_catalog("es").to_binary()
