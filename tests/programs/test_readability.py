"""What people read is easy to read and puts the person first, in every language of the site."""

import tomllib

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
] + list((BASE / "static").glob("*.js"))


def content(language, *endings):
    return [path for path in (CONTENT / language).rglob("*.*") if path.suffix in endings]


def name(path):
    return str(path.relative_to(BASE))


def catalog(language):
    file = BASE / f"recovery_site/locale/{language}/LC_MESSAGES/django.po"
    return polib.pofile(str(file))


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


def test_templates_put_the_person_first():
    found = {name(path): find_avoided_words(path.read_text(encoding="utf-8")) for path in TEMPLATES}

    assert {path: words for path, words in found.items() if words} == {}


def test_modules_put_the_person_first():
    """Emails, errors, labels of forms, consents: whatever a module may say."""
    found = {
        (name(path), language): find_avoided_words(path.read_text(encoding="utf-8"), language)
        for path in MODULES
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
