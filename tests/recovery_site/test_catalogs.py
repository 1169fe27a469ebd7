"""Every text that is covered reads in every language, with the same blanks to fill."""

import re

import polib
import pytest
from django.core.management import call_command, get_commands

from recovery_site import translated_texts
from recovery_site.catalogs import (
    catalog_path,
    compiled_path,
    lacks_words,
    other_languages,
    read_catalog,
    words_of,
)
from recovery_site.translated_texts import TranslatableText

OTHERS = other_languages()
BLANK = re.compile(r"%\(\w+\)s|\{\w*\}|<[^>]+>|%%")


@pytest.mark.parametrize("language", OTHERS)
def test_file_holds_what_the_code_asks_for(language):
    """If not: manage.py makemessages."""
    call_command("makemessages", "-l", language, "--check")


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated(language):
    assert [entry.msgid for entry in read_catalog(language) if lacks_words(entry)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_translation_fills_in_the_same_as_the_text(language):
    others = [
        (entry.msgid, each)
        for entry in read_catalog(language)
        for each in words_of(entry)
        if sorted(BLANK.findall(each)) != sorted(BLANK.findall(entry.msgid_plural or entry.msgid))
    ]

    assert others == []


@pytest.mark.parametrize("language", OTHERS)
def test_what_django_reads_is_what_the_file_says(language):
    """If not: manage.py compilemessages."""
    assert compiled_path(language).read_bytes() == read_catalog(language).to_binary()


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

    assert set(translated_texts.texts_in_python(module)) == {
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

    assert set(translated_texts.texts_in_template(page)) == {
        TranslatableText("", "Yes", ""),
        TranslatableText("month", "May", ""),
        TranslatableText("", "Up to %(b)s, at 5 %%", ""),
        TranslatableText("", "%(n)s day", "%(n)s days"),
    }


# The commands


class House:
    """A project with one covered module, whose Spanish is in a file of its own."""

    def __init__(self, folder):
        self.folder = folder
        catalog_path("es").parent.mkdir(parents=True)

    def say(self, *texts):
        """The module marks these texts, and the file follows."""
        calls = "".join(f"_({text!r})\n" for text in texts)
        self.write(f"from django.utils.translation import gettext as _\n{calls}")
        call_command("makemessages")

    def write(self, code):
        (self.folder / "texts.py").write_text(code)

    def translate(self, **words):
        """A translator writes these words, and takes the mark off."""
        catalog = read_catalog("es")
        for text, translation in words.items():
            entry = catalog.find(text)
            entry.msgstr, entry.fuzzy = translation, False
        catalog.save(str(catalog_path("es")))

    @property
    def entries(self):
        return {entry.msgid: entry for entry in read_catalog("es")}

    @property
    def compiled(self):
        """What Django would show."""
        call_command("compilemessages")
        return {entry.msgid: entry.msgstr for entry in polib.mofile(str(compiled_path("es")))}


@pytest.fixture
def house(tmp_path, settings, monkeypatch):
    settings.BASE_DIR, settings.LOCALE_PATHS = tmp_path, [tmp_path / "locale"]
    monkeypatch.setattr(translated_texts, "TRANSLATED_PATHS", ["texts.py"])
    return House(tmp_path)


def test_new_text_waits_for_its_words(house):
    house.write(
        "from django.utils.translation import gettext as _, ngettext\n"
        'A = _("new %(n)s"), ngettext("day", "days", 2)\n'
    )

    call_command("makemessages")

    assert [(entry.msgid, words_of(entry), entry.flags) for entry in read_catalog("es")] == [
        ("new %(n)s", [""], ["python-format"]),
        ("day", ["", ""], []),
    ]


def test_words_stay_with_their_text(house):
    house.say("old")
    house.translate(old="viejo")

    house.say("new", "old")

    assert house.entries["old"].msgstr == "viejo"
    assert house.compiled == {"old": "viejo"}


CALL = "Call us at any hour."
CALL_NOW = "Call us now, at any hour."


def test_changed_text_keeps_its_words_for_the_translator_and_shows_them_to_nobody(house):
    house.say(CALL)
    house.translate(**{CALL: "Llámenos."})

    house.say(CALL_NOW)

    entry = house.entries[CALL_NOW]
    assert (entry.msgstr, entry.previous_msgid, entry.fuzzy) == ("Llámenos.", CALL, True)
    assert lacks_words(entry)
    assert [*house.entries] == [CALL_NOW]
    assert house.compiled == {}


def test_text_that_changes_twice_remembers_the_one_that_was_translated(house):
    house.say(CALL)
    house.translate(**{CALL: "Llámenos."})
    house.say(CALL_NOW)

    house.say("Call us now, at any hour of the day.")

    (entry,) = house.entries.values()
    assert (entry.msgstr, entry.previous_msgid, entry.fuzzy) == ("Llámenos.", CALL, True)


def test_translator_who_has_seen_the_change_takes_the_mark_off(house):
    house.say(CALL)
    house.translate(**{CALL: "Llámenos."})
    house.say(CALL_NOW)
    house.translate(**{CALL_NOW: "Llámenos ya."})

    house.say(CALL_NOW)

    entry = house.entries[CALL_NOW]
    assert (entry.msgstr, entry.previous_msgid, entry.flags) == ("Llámenos ya.", None, [])
    assert house.compiled == {CALL_NOW: "Llámenos ya."}


def test_changed_plural_keeps_its_words(house):
    code = "from django.utils.translation import ngettext\nngettext({!r}, {!r}, 2)\n"
    house.write(code.format("one day left", "%(n)s days left"))
    call_command("makemessages")
    catalog = read_catalog("es")
    catalog[0].msgstr_plural = {0: "un día", 1: "%(n)s días"}
    catalog.save(str(catalog_path("es")))

    house.write(code.format("one day is left", "%(n)s days are left"))
    call_command("makemessages")

    (entry,) = house.entries.values()
    assert entry.msgstr_plural == {0: "un día", 1: "%(n)s días"}
    assert (entry.previous_msgid, entry.previous_msgid_plural) == (
        "one day left",
        "%(n)s days left",
    )
    assert entry.flags == ["fuzzy", "python-format"]


def test_words_of_a_text_that_is_gone_stay_and_come_back_with_it(house):
    house.say("Yes", CALL)
    house.translate(**{CALL: "Llámenos."})

    house.say("Yes")
    gone = house.entries[CALL]
    house.say("Yes", CALL)

    assert (gone.obsolete, gone.msgstr) == (True, "Llámenos.")
    assert not house.entries[CALL].obsolete
    assert house.compiled == {CALL: "Llámenos."}


def test_words_of_a_text_that_is_gone_are_dropped_on_demand(house):
    house.say("Yes", CALL)
    house.translate(**{CALL: "Llámenos."})
    house.say("Yes")

    call_command("makemessages", "--no-obsolete")

    assert [*house.entries] == ["Yes"]


def test_text_without_words_that_is_gone_leaves_nothing(house):
    house.say("Yes", "No")

    house.say("Yes")

    assert [*house.entries] == ["Yes"]


def test_same_words_in_another_context_are_another_text(house):
    code = "from django.utils.translation import pgettext\npgettext({!r}, 'May')\n"
    house.write(code.format("month"))
    call_command("makemessages")
    house.translate(May="mayo")

    house.write(code.format("permission"))
    call_command("makemessages")

    entry = next(entry for entry in read_catalog("es") if not entry.obsolete)
    assert (entry.msgctxt, entry.msgstr, entry.fuzzy) == ("permission", "", False)


def test_check_fails_where_the_file_is_behind_and_writes_nothing(house):
    house.say("Yes")
    before = catalog_path("es").read_text()
    call_command("makemessages", "--check")
    house.write("from django.utils.translation import gettext as _\n_('No')\n")

    with pytest.raises(SystemExit) as ended:
        call_command("makemessages", "--check")

    assert ended.value.code == 1
    assert catalog_path("es").read_text() == before


def test_command_tells_what_there_is_to_translate(house, capsys):
    house.say(CALL)
    house.translate(**{CALL: "Llámenos."})

    house.say(CALL_NOW, "Yes")

    told = capsys.readouterr().out
    assert "es: up to date; texts: 2, to translate: 2\n" in told
    assert f"  {CALL_NOW} (was: {CALL})\n  Yes\n" in told


def test_languages_are_chosen_as_with_djangos_command(house):
    house.say("Yes")

    call_command("makemessages", "-l", "vi", "-l", "es", "-x", "es")
    call_command("compilemessages", "-l", "vi")

    assert [entry.msgid for entry in read_catalog("vi")] == ["Yes"]
    assert read_catalog("vi").metadata["Language"] == "vi"
    assert compiled_path("vi").exists()
    assert not compiled_path("es").exists()


def test_commands_of_the_site_take_the_place_of_djangos():
    commands = get_commands()

    assert commands["makemessages"] == commands["compilemessages"] == "recovery_site"
