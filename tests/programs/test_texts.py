"""Markdown by editors reaches the page without code, and plain enough to read."""

import re

import pytest
from django.conf import settings

from programs.models import Article, Program, ProgramSection, Question
from programs.seed import CONTENT
from programs.templatetags.programs_text import markdown

AVOIDED = re.compile(
    r"\b(addicts?|alcoholics?|abus\w+|habits?|dirty|non-?compliant|rehab stint|cured?|guarantee\w*"
    r"|medical detox|got clean|stay clean|get clean|100% confidential|HIPAA compliant"
    r"|success rates?|must be sober)\b",
    re.IGNORECASE,
)
WRITTEN = sorted(
    [
        *CONTENT.rglob("*/*.md"),
        *CONTENT.rglob("*.toml"),
        *(settings.BASE_DIR / "templates").rglob("*.html"),
        *(settings.BASE_DIR / "templates").rglob("*.txt"),
    ]
)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"),
        ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>\n"),
        ("[x](javascript:alert)", "<p>[x](javascript:alert)</p>\n"),
        ("[x](JAVASCRIPT:alert)", "<p>[x](JAVASCRIPT:alert)</p>\n"),
        ("[x](data:text/html,x)", "<p>[x](data:text/html,x)</p>\n"),
        ("![x](https://example.org/x.png)", '<p>!<a href="https://example.org/x.png">x</a></p>\n'),
        ("[x](tel:911)", '<p><a href="tel:911">x</a></p>\n'),
        ("[x](https://example.org)", '<p><a href="https://example.org">x</a></p>\n'),
        ("[x](/learn/)", '<p><a href="/learn/">x</a></p>\n'),
        ("", ""),
    ],
)
def test_markdown_lets_through_words_and_safe_links_only(text, html):
    assert markdown(text) == html


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_words_put_the_person_first(path):
    found = [found[0] for found in AVOIDED.finditer(path.read_text(encoding="utf-8"))]

    assert found == []


def syllables(word: str) -> int:
    """Groups of vowels, less a silent e; at least one."""
    groups = len(re.findall(r"[aeiouy]+", word))
    return max(1, groups - (word.endswith("e") and not word.endswith("le")))


def reading_grade(text: str) -> float:
    """The Flesch-Kincaid grade of Markdown; each list item and heading is a sentence."""
    plain = re.sub(r"\]\([^)]*\)", "", text)
    plain = re.sub(r"^\s*(?:[-*>#]+|\d+\.)\s*", "", plain, flags=re.MULTILINE)
    sentences = [part for part in re.split(r"[.!?:]+\s|\n+", plain) if re.search(r"[a-z]", part)]
    words = re.findall(r"[a-z]+(?:[’'][a-z]+)?", plain.lower())
    per_word = sum(syllables(word) for word in words) / len(words)
    return 0.39 * len(words) / len(sentences) + 11.8 * per_word - 15.59


def test_reading_grade_of_a_known_text():
    assert round(reading_grade("The cat sat on the mat."), 1) == -1.4


def test_articles_read_easily(db):
    grades = {
        article.slug: reading_grade(article.body)
        for article in Article.objects.filter(language="en")
    }

    assert {slug: grade for slug, grade in grades.items() if grade > 8.5} == {}


def test_programs_read_easily(db):
    grades = {
        program.slug: reading_grade(
            "\n".join(
                [
                    program.lede,
                    *program.sections.filter(language="en").values_list("body", flat=True),
                ]
            )
        )
        for program in Program.objects.all()
    }

    assert {slug: grade for slug, grade in grades.items() if grade > 8.5} == {}


def test_answers_read_easily(db):
    answers = "\n".join(Question.objects.filter(language="en").values_list("answer", flat=True))

    assert reading_grade(answers) <= 8.5


def test_no_sentence_is_copied_from_the_old_page(db):
    """Phrases of the page that this site replaces; its promise alone is kept."""
    old = [
        "comes in many forms",
        "a little less rigorous",
        "always get to go home and sleep in your own bed",
        "the go-to method",
        "completely break free",
        "The bottom line is",
        "mastering some basic life skills",
        "seeking freedom from addiction",
        "getting sober",
    ]
    said = " ".join(
        [
            *Article.objects.values_list("body", flat=True),
            *ProgramSection.objects.values_list("body", flat=True),
            *Question.objects.values_list("answer", flat=True),
        ]
    )

    assert [phrase for phrase in old if phrase.lower() in said.lower()] == []
