"""The texts that are translated, as the code asks for them, and the file of each language.

`python -m recovery_site.translations` brings the files in line with the code: new texts are
added without words, those that nobody asks for go, and what Django reads is compiled. It
needs nothing but Python.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import django
import polib
from django.conf import settings
from django.template import engines
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

# Whatever stands in these is translated as a whole; a file or a folder more is a line more.
# Mail to staff is in English, and its frame is not here.
COVERED = [
    "admissions/wordings.py",
    "admissions/letters.py",
    "admissions/calendars.py",
    "templates/emails/letter.*",
    "templates/emails/_*",
    "admissions/forms.py",
    "admissions/plan_forms.py",
    "admissions/contact_plan.py",
    "admissions/fields.py",
    "admissions/times.py",
    "admissions/booking.py",
    "admissions/waitlist.py",
    "admissions/views",
    "admissions/models/requests.py",
    "admissions/models/consultations.py",
    "admissions/models/schedule.py",
    "templates/admissions",
    "templates/base.html",
    "templates/error_base.html",
    *(f"templates/{status}.html" for status in (400, 403, 404, 405, 410, 429, 500, 503)),
    "templates/programs",
    "programs/feeds.py",
    "programs/guide.py",
    "programs/forms.py",
]
# The places of (context, text, plural) among the arguments of each function.
PLACES = {
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}


class Text(NamedTuple):
    """One text to translate; `context` and `plural` are empty where there is none."""

    context: str
    text: str
    plural: str


def asked_for(covered: list[str]) -> dict[Text, list[str]]:
    """Every text in these files and folders, and the files that ask for it, in their order."""
    found = {}
    for path in files(covered):
        texts = in_python(path) if path.suffix == ".py" else in_template(path)
        for text in texts:
            places = found.setdefault(text, [])
            places += [named(path)] if named(path) not in places else []
    return found


def files(covered: list[str]) -> Iterator[Path]:
    for name in covered:
        for path in sorted(settings.BASE_DIR.glob(name)):
            yield from [path] if path.is_file() else sorted(path.rglob("*.*"))


def named(path: Path) -> str:
    return str(path.relative_to(settings.BASE_DIR))


def in_python(path: Path) -> Iterator[Text]:
    """What a module marks, under whatever names it imports Django's functions."""
    tree = ast.parse(path.read_text())
    names = {
        alias.asname or alias.name: PLACES[alias.name]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in PLACES
    }
    for node in ast.walk(tree):
        called = node.func.id if isinstance(node, ast.Call) and hasattr(node.func, "id") else ""
        if called in names:
            yield Text(*("" if at is None else node.args[at].value for at in names[called]))


def in_template(path: Path) -> Iterator[Text]:
    """What a template asks for when it is drawn, to the letter."""
    nodes = engines["django"].from_string(path.read_text()).template.nodelist
    for node in nodes.get_nodes_by_type((TranslateNode, BlockTranslateNode)):
        context = node.message_context.var if node.message_context else ""
        if isinstance(node, TranslateNode):
            yield Text(context, node.filter_expression.var.literal, "")
        else:
            yield Text(context, said(node, node.singular), said(node, node.plural))


def said(node: BlockTranslateNode, tokens: list) -> str:
    return node.render_token_list(tokens)[0] if tokens else ""


def key(entry: polib.POEntry) -> Text:
    return Text(entry.msgctxt or "", entry.msgid, entry.msgid_plural or "")


def path_of(language: str) -> Path:
    return settings.LOCALE_PATHS[0] / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> polib.POFile:
    return polib.pofile(str(path_of(language)), wrapwidth=98)


def update(language: str) -> None:
    """The file with exactly the texts that are asked for, in their order, and what Django reads."""
    catalogue = read(language)
    known = {key(entry): entry for entry in catalogue}
    catalogue.clear()
    for text, places in asked_for(COVERED).items():
        entry = known.get(text) or blank(text)
        entry.occurrences = [(place, "") for place in places]
        entry.flags = ["python-format"] if "%(" in text.text + text.plural else []
        catalogue.append(entry)
    catalogue.save()
    catalogue.save_as_mofile(str(path_of(language).with_suffix(".mo")))


def blank(text: Text) -> polib.POEntry:
    words = {"msgstr_plural": {0: "", 1: ""}} if text.plural else {}
    return polib.POEntry(
        msgid=text.text, msgid_plural=text.plural, msgctxt=text.context or None, **words
    )


if __name__ == "__main__":
    django.setup()
    for language, _name in settings.LANGUAGES:
        if language != settings.LANGUAGE_CODE:
            update(language)
