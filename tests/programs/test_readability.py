"""What people read is easy to read and puts the person first, in every language of the site."""

import ast
import re
import tomllib
from html.parser import HTMLParser

import polib
import pytest
from django.conf import settings

from programs.readability import AVOIDED_WORDS, MAX_GRADE, find_avoided_words, reading_grade

BASE = settings.BASE_DIR
CONTENT = BASE / "programs/content"
LANGUAGES = [code for code, _name in settings.LANGUAGES]
# Lists of words to look for, which no one reads as a text.
LISTS = {BASE / "admissions/messaging/disclosure.py", BASE / "programs/readability.py"}
TEMPLATES = [*(BASE / "templates").rglob("*.html"), *(BASE / "templates").rglob("*.txt")]
MODULES = [
    path
    for room in ("admissions", "programs", "recovery_site")
    for path in (BASE / room).rglob("*.py")
    if path not in LISTS
]
SCRIPTS = [*(BASE / "static").glob("*.js")]
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
READ_ALOUD = {"alt", "aria-label", "content", "placeholder", "title", "value"}


def content(language, *endings):
    return [path for path in (CONTENT / language).rglob("*.*") if path.suffix in endings]


def name(path):
    return str(path.relative_to(BASE))


def catalog(language):
    file = BASE / f"recovery_site/locale/{language}/LC_MESSAGES/django.po"
    return polib.pofile(str(file))


def texts_of_module(source: str) -> str:
    """The strings of a Python module; docstrings, comments and names are for engineers."""
    nodes = list(ast.walk(ast.parse(source)))
    docstrings = {
        id(node.body[0].value)
        for node in nodes
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None
    }
    return "\n".join(
        node.value
        for node in nodes
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
    )


def texts_of_script(source: str) -> str:
    """The strings of a JavaScript file."""
    code = re.sub(r"^\s*//[^\n]*|/\*.*?\*/", "", source, flags=re.M | re.S)
    return "\n".join(text for _quote, text in re.findall(r"""(["'`])(.*?)\1""", code, re.S))


class Page(HTMLParser):
    """What a template shows or has read aloud, and no name of a tag, class or variable."""

    def __init__(self, template: str):
        super().__init__()
        self.texts = []
        bare = re.sub(
            r"{#.*?#}|{% comment.*?endcomment %}|<style.*?</style>", "", template, flags=re.S
        )
        self.feed(re.sub(r"{[%{].*?[%}]}", self.keep_strings, bare, flags=re.S))
        self.close()

    @staticmethod
    def keep_strings(tag) -> str:
        return " ".join(text for _quote, text in re.findall(r"""(["'])(.*?)\1""", tag[0], re.S))

    def handle_starttag(self, tag, attrs):
        self.texts += [value for name, value in attrs if value and name in READ_ALOUD]

    def handle_data(self, data):
        self.texts.append(data)


def texts_of_template(source: str) -> str:
    return "\n".join(Page(source).texts)


# Words


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("en", "An addict who got clean is cured.", ["addict", "got clean", "cured"]),
        ("en", "Addiction is a health condition; a clean bed is not.", []),
        (
            "es",
            "Un adicto que fracasó: cura garantizada.",
            ["adicto", "fracasó", "cura", "garantizada"],
        ),
        ("es", "La adicción es un problema de salud. Procure descansar.", []),
        ("vi", "Xin chào", []),
    ],
)
def test_list_of_avoided_words_finds_them_and_no_others(language, text, found):
    assert find_avoided_words(text, language) == found


def test_texts_of_a_module_are_its_strings_alone():
    source = (
        '''"""The cured."""\naddict = 1  # dirty\nsaid = _("An " "alcoholic")\nf"{addict} junkie"'''
    )

    assert find_avoided_words(texts_of_module(source)) == ["alcoholic", "junkie"]


def test_texts_of_a_script_are_its_strings_alone():
    source = '// dirty\nconst addict = "An alcoholic"; /* cured */ say(`junkie`);'

    assert find_avoided_words(texts_of_script(source)) == ["alcoholic", "junkie"]


def test_texts_of_a_template_are_what_people_read():
    source = (
        '{# cured #}{% load dirty %}<p class="addict" title="An alcoholic">{{ habit }}a junkie</p>'
        '<b aria-label="{% translate "abused" %}">{% translate "Get clean" %}</b>'
    )

    found = find_avoided_words(texts_of_template(source))

    assert found == ["alcoholic", "junkie", "abused", "Get clean"]


def test_templates_put_the_person_first():
    found = {
        name(path): find_avoided_words(texts_of_template(path.read_text(encoding="utf-8")))
        for path in TEMPLATES
    }

    assert {path: words for path, words in found.items() if words} == {}


def test_modules_put_the_person_first():
    """Emails, errors, labels of forms, consents: whatever a module may say."""
    texts = {name(path): texts_of_module(path.read_text(encoding="utf-8")) for path in MODULES}
    texts |= {name(path): texts_of_script(path.read_text(encoding="utf-8")) for path in SCRIPTS}
    found = {
        (path, language): find_avoided_words(text, language)
        for path, text in texts.items()
        for language in AVOIDED_WORDS
    }

    assert {path: words for path, words in found.items() if words} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_content_puts_the_person_first(language):
    found = {
        name(path): find_avoided_words(path.read_text(encoding="utf-8"), language)
        for path in content(language, ".md", ".toml")
    }

    assert {path: words for path, words in found.items() if words} == {}


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_translations_put_the_person_first(language):
    found = {entry.msgid: find_avoided_words(entry.msgstr, language) for entry in catalog(language)}

    assert {text: words for text, words in found.items() if words} == {}


# Reading level


@pytest.mark.parametrize(
    ("language", "text", "grade"),
    [
        ("en", "The cat sat on the mat.", -1.45),
        ("en", "- The cat sat on the mat.\n- [The cat sat](/a/long/address/) on the mat.", -1.45),
        ("es", "El gato está en la mesa y mira el sol. Luego come.", 4),
        ("es", "La responsabilidad institucional determina procedimientos administrativos.", 16),
        ("vi", "Xin chào.", None),
        ("en", "", 0),
    ],
)
def test_reading_grade_of_a_known_text(language, text, grade):
    assert reading_grade(text, language) == (grade if grade is None else pytest.approx(grade))


@pytest.mark.parametrize("language", LANGUAGES)
def test_long_texts_read_easily(language):
    """Programs, articles and legal pages, each by itself."""
    bodies = {
        name(path): path.read_text(encoding="utf-8").split("+++\n", 2)[2]
        for path in content(language, ".md")
    }
    grades = {path: reading_grade(body, language) or 0 for path, body in bodies.items()}

    assert {path: grade for path, grade in grades.items() if grade > MAX_GRADE} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_answers_read_easily_together(language):
    rows = tomllib.loads((CONTENT / language / "questions.toml").read_text(encoding="utf-8"))

    answers = "\n".join(row["answer"] for row in rows["question"])

    assert (reading_grade(answers, language) or 0) <= MAX_GRADE


@pytest.mark.parametrize("language", LANGUAGES)
def test_short_texts_of_the_pages_read_easily_together(language):
    """Labels, helps, errors and emails: all that requesters read outside the long texts."""
    said = [
        (entry.msgstr or entry.msgid) if language != "en" else entry.msgid
        for entry in catalog(language if language != "en" else "es")
    ]

    assert (reading_grade("\n".join(said), language) or 0) <= MAX_GRADE
